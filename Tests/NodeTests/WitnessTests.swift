import Encoding
import Foundation
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Node

/// A node as a witness, over HTTP and on its disk.
@Suite struct WitnessTests {
    private func cosignature(_ answer: Answer, of text: String, by key: CosignatureVerifier) throws -> UInt64 {
        #expect(answer.status == 200, "\(answer)")
        let note = try SignedNote(Array(text.utf8) + [0x0A] + answer.body)
        return try #require(note.signatures.compactMap { key.time(of: $0, on: text) }.first)
    }

    @Test func aLogThatOnlyGrowsIsCosignedAndWhatItShowedLastIsThereToRead() async throws {
        try await WitnessKit.withWitness { node, key in
            let log = try MadeUpLog()
            var last: UInt64 = 0
            for size: UInt64 in [0, 1, 5, 5, 8, 21] {
                let time = try cosignature(try await node.addCheckpoint(try log.request(old: last, size: size)), of: log.checkpoint(size).text, by: key)
                #expect(time > 1_700_000_000)
                last = size
            }
            #expect(try await node.get("/witness/vkey").text == "\(key)\n")
            let shown = try await node.get("/witness/checkpoint?origin=log.example%2Fa")
            let note = try SignedNote(shown.body)
            #expect(try Checkpoint(note, log: log.signer.verifier) == log.checkpoint(21))
            #expect(note.signatures.contains { key.time(of: $0, on: note.text) != nil })
            let logs = try await node.get("/witness/logs").json["logs"]
            #expect(logs?[0]?["origin"]?.stringValue == MadeUpLog.origin)
            #expect(logs?[0]?["size"]?.integerValue == 21)
            #expect(logs?[0]?["root"]?.stringValue == log.checkpoint(21).root.description)
            let metrics = try await node.get("/metrics").text
            #expect(metrics.contains("hexi_cosignatures_total 6\n"))
        }
    }

    @Test func everyRefusalHasItsStatus() async throws {
        try await WitnessKit.withWitness { node, _ in
            let (log, stranger) = (try MadeUpLog(), try MadeUpLog(seed: 2, origin: "log.example/b"))
            #expect(try await node.get("/witness/checkpoint?origin=log.example%2Fa").status == 404)
            #expect(try await node.addCheckpoint(try log.request(old: 0, size: 7)).status == 200)
            var cases: [(String, AddCheckpointRequest, Int)] = [
                ("an unknown log", try stranger.request(old: 0, size: 7), 404),
                ("another key of the origin", try MadeUpLog(seed: 2).request(old: 7, size: 8), 403),
                ("a larger old size", try log.request(old: 9, size: 8), 400),
                ("a wrong proof", AddCheckpointRequest(oldSize: 7, proof: [.zero], note: try log.request(old: 7, size: 8).note), 422),
                ("a fork behind the known size", try log.request(old: 7, size: 9, branch: 1), 422),
                ("a fork at the known size", try log.request(old: 7, size: 7, branch: 1), 409),
            ]
            for old: UInt64 in [0, 3, 8] { cases.append(("old size \(old)", try log.request(old: old, size: 8), 409)) }
            for (what, request, status) in cases {
                let answer = try await node.addCheckpoint(request)
                #expect(answer.status == status, "\(what): \(answer)")
                #expect(!answer.text.contains("\u{2014}"), "\(what) was cosigned")
                if status == 409 {
                    #expect(answer.headers["Content-Type"] == "text/x.tlog.size")
                    #expect(answer.text == "7\n")
                } else {
                    #expect(answer.problem != nil)
                }
            }
            for body in ["", "old 7\n", "hello", "old 07\n\n"] { #expect(try await node.addCheckpoint(Array(body.utf8)).status == 400) }
            #expect(try await node.addCheckpoint([UInt8](repeating: 0x0A, count: AddCheckpointRequest.maximumLength + 1)).status == 413)
            // None of this has moved what the witness knows.
            #expect(try await node.addCheckpoint(try log.request(old: 7, size: 8)).status == 200)
        }
    }

    @Test func aNodeWithoutAWitnessKeyIsNone() async throws {
        try await withNode { node in
            for target in ["/witness/vkey", "/witness/logs", "/witness/checkpoint?origin=x"] {
                let answer = try await node.get(target)
                #expect(answer.status == 404 && answer.code == "not-a-witness")
            }
            #expect(try await node.addCheckpoint(try MadeUpLog().request(old: 0, size: 1)).code == "not-a-witness")
        }
    }

    @Test func misbehaviourIsKeptAsEvidenceThatStandsOnItsOwn() async throws {
        try await WitnessKit.withWitness { node, key in
            let log = try MadeUpLog()
            _ = try await node.addCheckpoint(try log.request(old: 0, size: 7))
            for _ in 0..<3 { _ = try await node.addCheckpoint(try log.request(old: 7, size: 7, branch: 1)) }
            _ = try await node.addCheckpoint(try log.request(old: 7, size: 9, branch: 1))
            let names = WitnessKit.evidence(node.directory)
            #expect(names.map { $0.prefix(5) } == ["fork-", "proof"])
            let path = "\(node.directory)/witness/evidence/\(try #require(names.first))"
            let document = try JSONValue.parse([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
            let before = try SignedNote(Array(try #require(document["cosignedBefore"]?.stringValue).utf8))
            let request = try AddCheckpointRequest(Array(try #require(document["request"]?.stringValue).utf8))
            let (first, second) = (try Checkpoint(before, log: log.signer.verifier), try Checkpoint(request.note, log: log.signer.verifier))
            #expect(first.size == second.size && first.root != second.root)
            #expect(try await node.get("/metrics").text.contains("hexi_witness_evidence_total 2\n"))
        }
    }

    @Test func whoSendsWrongProofsCannotFillTheDisk() async throws {
        try await WitnessKit.withWitness { node, _ in
            let log = try MadeUpLog()
            _ = try await node.addCheckpoint(try log.request(old: 0, size: 1))
            for size in UInt64(2)..<UInt64(WitnessEvidence.maximumCount + 10) {
                let answer = try await node.addCheckpoint(
                    AddCheckpointRequest(oldSize: 1, proof: [.zero, .zero], note: try log.request(old: 1, size: size).note))
                #expect(answer.status == 422)
            }
            #expect(WitnessKit.evidence(node.directory).count == WitnessEvidence.maximumCount)
        }
    }

    @Test func ofManyRequestsAtOnceOneIsCosignedForEachStep() async throws {
        try await WitnessKit.withWitness { node, _ in
            let log = try MadeUpLog()
            _ = try await node.addCheckpoint(try log.request(old: 0, size: 5))
            let requests = try (6..<26).map { try log.request(old: 5, size: $0) }
            let answers = try await withThrowingTaskGroup(of: Answer.self) { group in
                for request in requests { group.addTask { try await node.addCheckpoint(request) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0.status == 200 } == 1)
            #expect(answers.count { $0.status == 409 } == 19)
            let size = try await node.get("/witness/logs").json["logs"]?[0]?["size"]?.integerValue
            #expect(answers.filter { $0.status == 409 }.allSatisfy { $0.text == "\(size ?? 0)\n" })
        }
    }

    @Test func aRestartForgetsNothing() async throws {
        let (directory, _) = try await WitnessKit.makeHome(logs: [try MadeUpLog().signer.verifier])
        defer { WitnessKit.remove(directory) }
        let log = try MadeUpLog()
        try await WitnessKit.running(directory) { node in
            let first = try await node.addCheckpoint(try log.request(old: 0, size: 7))
            #expect(first.status == 200)
        }
        try await WitnessKit.running(directory) { node in
            let other = try await node.addCheckpoint(try log.request(old: 0, size: 7, branch: 1))
            #expect(other.text == "7\n")
            #expect(try await node.addCheckpoint(try log.request(old: 7, size: 7, branch: 1)).status == 409)
            #expect(try await node.addCheckpoint(try log.request(old: 7, size: 9)).status == 200)
        }
    }

    @Test func aDamagedStateIsRefusedAndNeverTakenForNone() async throws {
        let (directory, _) = try await WitnessKit.makeHome(logs: [try MadeUpLog().signer.verifier])
        defer { WitnessKit.remove(directory) }
        let log = try MadeUpLog()
        try await WitnessKit.running(directory) { _ = try await $0.addCheckpoint(try log.request(old: 0, size: 7)) }
        let path = try #require(try WitnessKit.stateFiles(directory).first)
        let sound = try Data(contentsOf: URL(fileURLWithPath: path))
        for place in stride(from: 0, to: sound.count, by: 7) {
            var damaged = sound
            damaged[place] ^= 4
            try damaged.write(to: URL(fileURLWithPath: path))
            let witness = try service(directory)
            // Only the log's signature line, which the cosignature does not cover, may change unnoticed.
            if (try? #require(witness.logs.first).latest()) != nil {
                #expect(String(decoding: sound, as: UTF8.self).utf8.dropFirst(place).contains(0x0A))
                #expect(try witness.logs.first?.latest()?.checkpoint == log.checkpoint(7))
            }
        }
        try Data().write(to: URL(fileURLWithPath: path))
        try await WitnessKit.running(directory) { node in
            for request in [try log.request(old: 0, size: 7), try log.request(old: 7, size: 9)] {
                let answer = try await node.addCheckpoint(request)
                #expect(answer.status == 500 && answer.code == "witness-state-damaged", "\(answer)")
            }
            #expect(try await node.get("/witness/logs").json["logs"]?[0]?["error"] != nil)
            // Put back from a copy, it counts at once.
            try sound.write(to: URL(fileURLWithPath: path))
            #expect(try await node.addCheckpoint(try log.request(old: 7, size: 9)).status == 200)
        }
    }

    @Test func aWitnessThatHasLostItsMemoryDoesNotStart() async throws {
        let (directory, _) = try await WitnessKit.makeHome(logs: [])
        defer { WitnessKit.remove(directory) }
        try FileManager.default.removeItem(atPath: "\(directory)/witness/state")
        #expect(throws: NodeError.self) { try TestNode.start(in: directory) }
    }

    @Test func aListOfLogsThatCannotBeReadStopsTheStart() async throws {
        let (directory, _) = try await WitnessKit.makeHome(logs: [try MadeUpLog().signer.verifier])
        defer { WitnessKit.remove(directory) }
        try Data("log nonsense\nquorum none\n".utf8).write(to: URL(fileURLWithPath: "\(directory)/witnessed-logs"))
        #expect(throws: NodeError.self) { try TestNode.start(in: directory) }
    }

    @Test func enablingTwiceKeepsTheKeyAndItsName() async throws {
        let (directory, key) = try await WitnessKit.makeHome(logs: [])
        defer { WitnessKit.remove(directory) }
        var home = try NodeHome(opening: directory)
        #expect(home.witnessName == "witness.example/w1")
        #expect(try home.enableWitness(name: nil) == key.description)
        #expect(throws: NodeError.self) { try home.enableWitness(name: "witness.example/other") }
        let log = try MadeUpLog().signer.verifier
        try home.addWitnessedLog(log.description, url: "http://log.example/")
        #expect(throws: NodeError.self) { try home.addWitnessedLog(log.description, url: nil) }
        #expect(throws: NodeError.self) { try home.addWitnessedLog(key.description, url: nil) }
        #expect(try service(directory).logs.map(\.url) == ["http://log.example/"])
    }

    // MARK: The disk and the clock

    private func service(
        _ directory: String, file: DurableFile = DurableFile(), now: @escaping @Sendable () -> UInt64 = { 1000 }
    ) throws -> WitnessService {
        try #require(
            try WitnessService.open(
                try NodeHome(opening: directory), metrics: Metrics(), log: StructuredLog(isOn: false), file: file, now: now))
    }

    @Test(arguments: DurableFile.Step.allCases) func noCosignatureLeavesBeforeItsStateIsDurable(_ failing: DurableFile.Step) async throws {
        let (directory, _) = try await WitnessKit.makeHome(logs: [try MadeUpLog().signer.verifier])
        defer { WitnessKit.remove(directory) }
        let log = try MadeUpLog()
        let isFailing = Mutex(false)
        let file = DurableFile { step in step == failing && isFailing.withLock { $0 } ? ENOSPC : 0 }
        let witness = try service(directory, file: file)
        _ = try await witness.add(try log.request(old: 0, size: 5).bytes)
        isFailing.withLock { $0 = true }
        await #expect(throws: WitnessError.self) { _ = try await witness.add(try log.request(old: 5, size: 6).bytes) }
        isFailing.withLock { $0 = false }
        // Where the new state has got its name in spite of the failure, the witness stands by it; else by the old one.
        let known: UInt64 = failing == .synchronizeFolder ? 6 : 5
        #expect(try witness.logs.first?.latest()?.checkpoint == log.checkpoint(known))
        #expect(try service(directory).logs.first?.latest()?.checkpoint == log.checkpoint(known))
        _ = try await witness.add(try log.request(old: known, size: 7).bytes)
        #expect(try service(directory).logs.first?.latest()?.checkpoint == log.checkpoint(7))
    }

    @Test func theStateOnTheDiskIsTheOneThatWasAnswered() async throws {
        let (directory, key) = try await WitnessKit.makeHome(logs: [try MadeUpLog().signer.verifier])
        defer { WitnessKit.remove(directory) }
        let log = try MadeUpLog()
        let witness = try service(directory)
        var last: UInt64 = 0
        for size in UInt64(1)..<12 {
            let signature = try await witness.add(try log.request(old: last, size: size).bytes)
            let path = try #require(try WitnessKit.stateFiles(directory).first)
            let stored = try SignedNote([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
            #expect(stored.signatures.contains(signature))
            #expect(stored.text == log.checkpoint(size).text)
            #expect(key.time(of: signature, on: stored.text) == 1000)
            last = size
        }
    }

    @Test func theTimeOfCosignaturesNeverGoesBack() async throws {
        let (directory, key) = try await WitnessKit.makeHome(logs: [try MadeUpLog().signer.verifier])
        defer { WitnessKit.remove(directory) }
        let log = try MadeUpLog()
        var last: UInt64 = 0
        for (clock, expected) in [(5000, 5000), (4000, 5000), (0, 5000), (6000, 6000), (10, 6000)] as [(UInt64, UInt64)] {
            // A new service each time: the time is remembered on the disk.
            let signature = try await service(directory, now: { clock }).add(try log.request(old: last, size: last + 1).bytes)
            last += 1
            #expect(key.time(of: signature, on: log.checkpoint(last).text) == expected)
        }
    }

    @Test func theSameCheckpointAgainWithinASecondCostsNoWriting() async throws {
        let (directory, key) = try await WitnessKit.makeHome(logs: [try MadeUpLog().signer.verifier])
        defer { WitnessKit.remove(directory) }
        let log = try MadeUpLog()
        let writes = Mutex(0)
        let clock = Mutex<UInt64>(1000)
        let file = DurableFile { step in
            if step == .rename { writes.withLock { $0 += 1 } }
            return 0
        }
        let witness = try service(directory, file: file, now: { clock.withLock { $0 } })
        let first = try await witness.add(try log.request(old: 0, size: 5).bytes)
        for _ in 0..<10 { #expect(try await witness.add(try log.request(old: 5, size: 5).bytes) == first) }
        #expect(writes.withLock { $0 } == 1)
        clock.withLock { $0 = 1001 }
        let later = try await witness.add(try log.request(old: 5, size: 5).bytes)
        #expect(key.time(of: later, on: log.checkpoint(5).text) == 1001)
        #expect(writes.withLock { $0 } == 2)
    }

    @Test func twoKeysOfOneOriginAreOneLogWhoseKeyIsChanged() async throws {
        let (old, new) = (try MadeUpLog(seed: 1), try MadeUpLog(seed: 2))
        let (directory, _) = try await WitnessKit.makeHome(logs: [old.signer.verifier, new.signer.verifier])
        defer { WitnessKit.remove(directory) }
        let witness = try service(directory)
        #expect(witness.logs.count == 1)
        _ = try await witness.add(try old.request(old: 0, size: 5).bytes)
        _ = try await witness.add(try new.request(old: 5, size: 8).bytes)
        #expect(try witness.logs.first?.latest()?.checkpoint == new.checkpoint(8))
        await #expect(throws: WitnessError.self) { _ = try await witness.add(try old.request(old: 8, size: 8, branch: 1).bytes) }
    }
}
