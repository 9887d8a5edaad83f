import Encoding
import Foundation
import HTTPTransport
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Node

/// What a node's witnesses and its own memory of what it published catch, and what a failing disk may not do.
@Suite struct PublicationFaultTests {
    @Test func aDamagedFileCostsTheCosignaturesOnly() async throws {
        let stage = try await PublicationStage(witnesses: 1)
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
        let stage = try await PublicationStage(witnesses: 1)
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
        let stage = try await PublicationStage(witnesses: 0)
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
        let stage = try await PublicationStage(witnesses: 1)
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
        let stage = try await PublicationStage(witnesses: 0)
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
}
