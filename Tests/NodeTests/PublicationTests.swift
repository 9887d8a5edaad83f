import Encoding
import Foundation
import HTTPTransport
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Node

/// A node that asks witnesses, which are real nodes, before it publishes.
@Suite struct PublicationTests {
    /// A ledger's home and those of its witnesses.
    private final class Stage {
        let directory: String
        private(set) var witnesses: [(directory: String, key: CosignatureVerifier)] = []

        init(witnesses count: Int, knowing: Int? = nil) async throws {
            directory = try await TestNode.makeHome()
            let log = try NoteVerifier(try NodeHome(opening: directory).ledgerVerifierKey())
            for number in 0..<count {
                witnesses.append(
                    try await WitnessKit.makeHome(name: "witness.example/w\(number)", logs: number < knowing ?? count ? [log] : []))
            }
        }

        deinit {
            for directory in [directory] + witnesses.map(\.directory) { WitnessKit.remove(directory) }
        }

        var vkey: String { get throws { try NodeHome(opening: directory).ledgerVerifierKey() } }

        /// Writes the policy: witnesses w0, w1 … at these ports.
        func writePolicy(_ ports: [UInt16], quorum: String) throws {
            var text = "log \(try vkey)\n"
            for (number, port) in ports.enumerated() {
                text += "witness w\(number) \(witnesses[number].key) http://127.0.0.1:\(port)/witness/\n"
            }
            try Data((text + quorum).utf8).write(to: URL(fileURLWithPath: "\(directory)/witness-policy"))
        }

        /// Starts the ledger's node, which publishes only when it is told to, after the round at its start.
        func running(seconds: Int = 60, _ body: (TestNode) async throws -> Void) async throws {
            try await WitnessKit.running(
                directory,
                configure: {
                    $0.publicationMilliseconds = 3_600_000
                    $0.witnessSeconds = seconds
                }, body)
        }

        /// Runs a test while witnesses serve; gives their nodes.
        func witnessing(_ numbers: [Int], _ body: ([TestNode]) async throws -> Void) async throws {
            let nodes = try numbers.map { try TestNode.start(in: witnesses[$0].directory) }
            do { try await body(nodes) } catch {
                for node in nodes { await node.server.stop() }
                throw error
            }
            for node in nodes { await node.server.stop() }
        }
    }

    private func published(_ node: TestNode, _ stage: Stage) async throws -> (note: SignedNote, checkpoint: Checkpoint, cosigners: [Int]) {
        let note = try SignedNote(try await node.get("/ledger/checkpoint").body)
        let checkpoint = try Checkpoint(note, log: try NoteVerifier(try stage.vkey))
        let cosigners = stage.witnesses.indices.filter { number in
            note.signatures.contains { stage.witnesses[number].key.time(of: $0, on: note.text) != nil }
        }
        return (note, checkpoint, cosigners)
    }

    private func grow(_ node: TestNode, _ name: String = "Applicant") async throws {
        _ = try await TestMarket.apply(name, [.buyer], node)
    }

    /// Waits for something that happens behind the scenes, however slow the machine.
    private func eventually(_ what: String, _ condition: () async throws -> Bool) async throws {
        for _ in 0..<1200 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        Issue.record("\(what) did not happen within a minute")
    }

    @Test func withoutAPolicyTheLedgersLatestCheckpointIsPublished() async throws {
        try await withNode { node in
            for number in 0..<3 {
                try await grow(node, "Applicant \(number)")
                #expect(node.services.publication.note == node.services.ledger.checkpoint())
                #expect(node.services.publication.checkpoint.size == node.services.ledger.size)
            }
            let view = try await node.get("/ledger/witnesses").json
            #expect(view["quorum"] == "none" && view["isQuorumReached"] == true && view["witnesses"] == [])
        }
    }

    @Test func whatIsPublishedCarriesTheWitnesssCosignature() async throws {
        let stage = try await Stage(witnesses: 1)
        try await stage.witnessing([0]) { witnesses in
            try stage.writePolicy(witnesses.map(\.port), quorum: "quorum w0\n")
            try await stage.running { node in
                for number in 0..<3 {
                    try await grow(node, "Applicant \(number)")
                    await node.services.publication.publishNow()
                    let shown = try await published(node, stage)
                    #expect(shown.checkpoint.size == node.services.ledger.size)
                    #expect(shown.cosigners == [0])
                }
                let view = try await node.get("/ledger/witnesses").json
                #expect(view["isQuorumReached"] == true && view["missing"] == "")
                #expect(view["witnesses"]?[0]?["cosignedSize"]?.integerValue == Int64(node.services.ledger.size))
                #expect(view["witnesses"]?[0]?["cosignedTime"]?.stringValue.flatMap(Timestamp.init) != nil)
                let proof = try await node.get("/ledger/proof/tlog?seq=1")
                #expect(proof.status == 200 && proof.text.contains("witness.example/w0"))
                #expect(try await node.get("/metrics").text.contains("hexi_published_quorum_reached 1.0\n"))
            }
        }
    }

    @Test func anEntryIsNotInWhatIsPublishedBeforeTheWitnessesWereAsked() async throws {
        let stage = try await Stage(witnesses: 1)
        try await stage.witnessing([0]) { witnesses in
            try stage.writePolicy(witnesses.map(\.port), quorum: "quorum w0\n")
            try await stage.running { node in
                await node.services.publication.publishNow()
                let before = try await published(node, stage)
                try await grow(node)
                #expect(try await published(node, stage).note == before.note)
                let early = try await node.get("/ledger/proof/tlog?seq=1")
                #expect(early.status == 404 && early.code == "not-published-yet")
                await node.services.publication.publishNow()
                #expect(try await node.get("/ledger/proof/tlog?seq=1").status == 200)
            }
        }
    }

    @Test func aLedgerThatGrowsIsPublishedOfItself() async throws {
        let stage = try await Stage(witnesses: 1)
        try await stage.witnessing([0]) { witnesses in
            try stage.writePolicy(witnesses.map(\.port), quorum: "quorum w0\n")
            try await WitnessKit.running(stage.directory, configure: { $0.publicationMilliseconds = 20 }) { node in
                try await grow(node)
                try await eventually("publishing") {
                    let shown = try await published(node, stage)
                    return shown.checkpoint.size == node.services.ledger.size && shown.cosigners == [0]
                }
            }
        }
    }

    @Test func aWitnessThatHangsAndOneThatRefusesDoNotHoldUpTheOthers() async throws {
        let stage = try await Stage(witnesses: 4, knowing: 3)
        let silent = try SilentPort()
        try await stage.witnessing([0, 1, 3]) { witnesses in
            try stage.writePolicy(
                [witnesses[0].port, witnesses[1].port, silent.port, witnesses[2].port], quorum: "group g 2 w0 w1 w2 w3\nquorum g\n")
            // So long a limit that the test could only end by itself if nobody waited for the silent one.
            try await stage.running(seconds: 600) { node in
                for number in 0..<3 {
                    try await grow(node, "Applicant \(number)")
                    await node.services.publication.publishNow()
                    let shown = try await published(node, stage)
                    #expect(shown.checkpoint.size == node.services.ledger.size)
                    #expect(shown.cosigners == [0, 1])
                }
                try await eventually("the refusal") {
                    try await node.get("/ledger/witnesses").json["witnesses"]?[3]?["error"]?.stringValue?.contains("404") == true
                }
            }
        }
        withExtendedLifetime(silent) {}
    }

    @Test func withoutItsQuorumACheckpointIsPublishedAllTheSameAndSaysSo() async throws {
        let stage = try await Stage(witnesses: 2)
        let silent = try SilentPort()
        try await stage.witnessing([0]) { witnesses in
            try stage.writePolicy([witnesses[0].port, silent.port], quorum: "group g all w0 w1\nquorum g\n")
            try await stage.running(seconds: 1) { node in
                try await grow(node)
                await node.services.publication.publishNow()
                let shown = try await published(node, stage)
                #expect(shown.checkpoint.size == node.services.ledger.size)
                #expect(shown.cosigners == [0])
                let view = try await node.get("/ledger/witnesses").json
                #expect(view["isQuorumReached"] == false)
                #expect(view["missing"]?.stringValue?.contains("w1") == true)
                #expect(view["warnings"] == [], "a witness that is down is no fork")
                #expect(try await node.get("/metrics").text.contains("hexi_published_quorum_reached 0.0\n"))
                #expect(try await node.get("/healthz").json["status"] == "ok")
            }
        }
        withExtendedLifetime(silent) {}
    }

    @Test func aLateCosignatureIsAddedToWhatIsPublished() async throws {
        let stage = try await Stage(witnesses: 2)
        let relay = try WitnessRelay()
        try await stage.witnessing([0, 1]) { witnesses in
            try stage.writePolicy([witnesses[0].port, relay.port], quorum: "group g all w0 w1\nquorum g\n")
            try await stage.running { node in
                try await grow(node)
                await node.services.publication.publishNow()
                let before = try await published(node, stage)
                #expect(before.checkpoint.size == node.services.ledger.size)
                #expect(before.cosigners == [0])
                relay.connect(witnesses[1])
                await node.services.publication.publishNow()
                let after = try await published(node, stage)
                #expect(after.note.text == before.note.text)
                #expect(after.cosigners == [0, 1])
                #expect(try await node.get("/ledger/witnesses").json["isQuorumReached"] == true)
            }
        }
        await relay.stop()
    }

    @Test func aRestartServesWhatWasPublishedLast() async throws {
        let stage = try await Stage(witnesses: 1)
        var shown: SignedNote?
        try await stage.witnessing([0]) { witnesses in
            try stage.writePolicy(witnesses.map(\.port), quorum: "quorum w0\n")
            try await stage.running { node in
                try await grow(node)
                await node.services.publication.publishNow()
                shown = try await published(node, stage).note
            }
        }
        // The witness is gone; its cosignature is not.
        try await stage.running { node in
            await node.services.publication.publishNow()
            let after = try await published(node, stage)
            #expect(after.note == shown)
            #expect(after.cosigners == [0])
        }
    }

    @Test func aDamagedFileCostsTheCosignaturesOnly() async throws {
        let stage = try await Stage(witnesses: 1)
        try await stage.witnessing([0]) { witnesses in
            try stage.writePolicy(witnesses.map(\.port), quorum: "quorum w0\n")
            try await stage.running { await $0.services.publication.publishNow() }
            try Data("damaged".utf8).write(to: URL(fileURLWithPath: "\(stage.directory)/witness/published"))
            try await stage.running { node in
                await node.services.publication.publishNow()
                let shown = try await published(node, stage)
                #expect(shown.cosigners == [0])
            }
        }
    }

    @Test func aLedgerThatWasPutBackIsCaughtByItsWitness() async throws {
        let stage = try await Stage(witnesses: 1)
        let copy = stage.directory + "-copy"
        defer { WitnessKit.remove(copy) }
        try await stage.witnessing([0]) { witnesses in
            try stage.writePolicy(witnesses.map(\.port), quorum: "quorum w0\n")
            try await stage.running { node in
                try await grow(node)
                await node.services.publication.publishNow()
            }
            try FileManager.default.copyItem(atPath: stage.directory, toPath: copy)
            try await stage.running { node in
                for number in 0..<3 { try await grow(node, "Seen \(number)") }
                await node.services.publication.publishNow()
            }
            // The operator puts the old copy of the whole home back, and goes on from there.
            try FileManager.default.removeItem(atPath: stage.directory)
            try FileManager.default.copyItem(atPath: copy, toPath: stage.directory)
            try await stage.running { node in
                let sizes: [(size: UInt64, word: String)] = [(3, "seen 5"), (5, "another tree"), (6, "proof")]
                for (size, word) in sizes {
                    while node.services.ledger.size < size { try await grow(node, "Other \(node.services.ledger.size)") }
                    await node.services.publication.publishNow()
                    let view = try await node.get("/ledger/witnesses").json
                    #expect(view["isQuorumReached"] == false)
                    let alarm = view["witnesses"]?[0]?["alarm"]?.stringValue ?? ""
                    #expect(alarm.contains("rolled back or forked") && alarm.contains(word), "\(size): \(alarm)")
                    #expect(try await node.get("/healthz").json["warnings"]?[0]?.stringValue == alarm)
                    #expect(try await published(node, stage).cosigners.isEmpty)
                }
                #expect(try await node.get("/metrics").text.contains("hexi_witness_alarms_total"))
                #expect(try await node.get("/metrics").text.contains("hexi_witnesses_alarming 1.0\n"))
            }
            // The witness holds what proves it.
            let kinds = Set(WitnessKit.evidence(stage.witnesses[0].directory).map { String($0.prefix(5)) })
            #expect(kinds == ["fork-", "proof"])
        }
    }

    @Test func aLedgerBehindWhatWasPublishedDoesNotStart() async throws {
        let stage = try await Stage(witnesses: 0)
        let copy = stage.directory + "-copy"
        defer { WitnessKit.remove(copy) }
        try stage.writePolicy([], quorum: "quorum none\n")
        try await stage.running { await $0.services.publication.publishNow() }
        try FileManager.default.copyItem(atPath: "\(stage.directory)/ledger", toPath: copy)
        try await stage.running { node in
            try await grow(node)
            await node.services.publication.publishNow()
        }
        // Only the ledger's own folder is put back.
        try FileManager.default.removeItem(atPath: "\(stage.directory)/ledger")
        try FileManager.default.copyItem(atPath: copy, toPath: "\(stage.directory)/ledger")
        let error = #expect(throws: NodeError.self) { try TestNode.start(in: stage.directory) }
        #expect(error?.description.contains("older copy") == true)
    }

    @Test func aPolicyThatIsNotForThisLedgerStopsTheStart() async throws {
        let stage = try await Stage(witnesses: 1)
        let own = try stage.vkey
        let other = try MadeUpLog().signer.verifier
        let key = stage.witnesses[0].key
        let policies: [(text: String, word: String)] = [
            ("quorum none\n", own), ("log \(other)\nquorum none\n", own), ("log \(own)\nlog \(other)\nquorum none\n", "log.example/a"),
            ("log \(own)\nwitness w \(key)\nquorum w\n", "no URL"), ("log \(own)\nwitness w \(key) ftp://x\nquorum w\n", "https://"),
            ("log \(own)\nwitness w \(key) http://x\n", "quorum"), ("log \(own)\nquorum none", "line 2"), ("", "quorum"),
        ]
        for (text, word) in policies {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(stage.directory)/witness-policy"))
            let error = #expect(throws: NodeError.self, "\(text)") { try TestNode.start(in: stage.directory) }
            #expect(error?.description.contains(word) == true, "\(text): \(error?.description ?? "")")
        }
        try Data("log \(own)\nquorum none\n".utf8).write(to: URL(fileURLWithPath: "\(stage.directory)/witness-policy"))
        try await stage.running { #expect($0.services.publication.checkpoint.size == 1) }
    }

    @Test(arguments: DurableFile.Step.allCases) func nothingIsPublishedThatIsNotDurable(_ failing: DurableFile.Step) async throws {
        let stage = try await Stage(witnesses: 0)
        try stage.writePolicy([], quorum: "quorum none\n")
        try await stage.running { node in
            let isFailing = Mutex(true)
            let file = DurableFile { step in step == failing && isFailing.withLock { $0 } ? EIO : 0 }
            let before = node.services.publication.note
            let publication = try Publication(
                home: node.services.home, ledger: node.services.ledger, metrics: Metrics(), log: StructuredLog(isOn: false), file: file)
            try await grow(node)
            #expect(publication.note == before)
            await publication.publishNow()
            #expect(publication.note == before)
            #expect(publication.warnings.count == 1)
            isFailing.withLock { $0 = false }
            await publication.publishNow()
            #expect(publication.note == node.services.ledger.checkpoint())
            #expect(publication.warnings.isEmpty)
        }
    }

    @Test func twoNodesThatWitnessEachOtherBothPublish() async throws {
        let first = try await Stage(witnesses: 1)
        let home = first.witnesses[0].directory
        var second = try NodeHome(opening: first.directory)
        let firstWitness = try CosignatureVerifier(try second.enableWitness(name: "witness.example/first"))
        let secondLog = try NodeHome(opening: home).ledgerVerifierKey()
        try second.addWitnessedLog(secondLog, url: nil)
        let relays = [try WitnessRelay(), try WitnessRelay()]
        try first.writePolicy([relays[1].port], quorum: "quorum w0\n")
        try Data("log \(secondLog)\nwitness w \(firstWitness) http://127.0.0.1:\(relays[0].port)/witness\nquorum w\n".utf8)
            .write(to: URL(fileURLWithPath: "\(home)/witness-policy"))
        try await WitnessKit.running(first.directory) { one in
            try await WitnessKit.running(home) { other in
                relays[0].connect(one)
                relays[1].connect(other)
                for node in [one, other] {
                    try await grow(node)
                    await node.services.publication.publishNow()
                    let view = try await node.get("/ledger/witnesses").json
                    #expect(view["isQuorumReached"] == true, "\(view.serializedString())")
                    #expect(view["publishedSize"]?.integerValue == Int64(node.services.ledger.size))
                }
            }
        }
        for relay in relays { await relay.stop() }
    }
}
