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
        let stage = try await PublicationStage(witnesses: 1)
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
        let stage = try await PublicationStage(witnesses: 1)
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
        let stage = try await PublicationStage(witnesses: 1)
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
        let stage = try await PublicationStage(witnesses: 4, knowing: 3)
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
        let stage = try await PublicationStage(witnesses: 2)
        let silent = try SilentPort()
        try await stage.witnessing([0]) { witnesses in
            try stage.writePolicy([witnesses[0].port, silent.port], quorum: "group g all w0 w1\nquorum g\n")
            try await stage.running(seconds: 5) { node in
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
        let stage = try await PublicationStage(witnesses: 2)
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
        let stage = try await PublicationStage(witnesses: 1)
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

    @Test func twoNodesThatWitnessEachOtherBothPublish() async throws {
        let first = try await PublicationStage(witnesses: 1)
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
