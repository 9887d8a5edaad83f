import Encoding
import Exchange
import HTTPTransport
import Signing
import Testing
import TransparencyLog

@testable import Node

/// The file that a participant keeps to prove an entry.
@Suite struct LogProofTests {
    @Test func everyReceiptNamesAProofThatHoldsOffline() async throws {
        try await withNode { node in
            let log = try NoteVerifier(#require(await node.get("/api/v1/space").json["logKeys"]?.arrayValue?.first?.stringValue))
            for number in 0..<5 {
                let key = SigningKey.generate()
                let statement = try TestNode.sign(TestMarket.application("Applicant \(number)", [.buyer], key), by: key)
                let answer = try await node.send(TestRequest("POST", "/api/v1/participants", json: ["statement": statement.json]))
                let receipt = try #require(answer.json["receipt"])
                let target = try #require(receipt["proof"]?.stringValue)
                let fetched = try await node.get(target)
                #expect(fetched.status == 200, "\(fetched)")
                #expect(fetched.headers["Content-Type"] == "text/plain; charset=utf-8")
                let proof = try LogProof(fetched.body)
                let checkpoint = try Checkpoint(proof.note, log: log)
                #expect(Int64(proof.index) == receipt["seq"]?.integerValue)
                #expect(proof.entryLeafHash?.description == receipt["leafHash"]?.stringValue)
                try proof.verifyInclusion(leafHash: #require(proof.entryLeafHash), in: checkpoint)
                let entry = try LedgerEntry(#require(proof.extra))
                #expect(entry.event.subject == answer.identifier)
            }
        }
    }

    @Test func everyEntryHasAProofByThePublishedCheckpoint() async throws {
        try await withNode { node in
            _ = try await TestMarket(node)
            let published = try SignedNote(await node.get("/ledger/checkpoint").body)
            for seq in 0..<node.services.ledger.size {
                let proof = try LogProof(await node.get("/ledger/proof/tlog?seq=\(seq)").body)
                #expect(proof.note.text == published.text)
                let line = try await node.get("/ledger/entries?start=\(seq)&count=1").body
                #expect(proof.extra == line.dropLast())
                try proof.verifyInclusion(leafHash: MerkleTree.leafHash(Array(line.dropLast())), in: Checkpoint(text: published.text))
            }
        }
    }

    @Test func anEntryThatIsNotThereHasNoProof() async throws {
        try await withNode { node in
            let answer = try await node.get("/ledger/proof/tlog?seq=\(node.services.ledger.size)")
            #expect(answer.status == 404 && answer.code == "no-such-entry", "\(answer)")
            #expect(answer.headers["Retry-After"] == nil)
        }
    }

    @Test func theReceiptOfARepetitionNamesItsProofToo() async throws {
        try await withNode { node in
            let key = SigningKey.generate()
            let statement = try TestNode.sign(TestMarket.application("Twice", [.buyer], key), by: key)
            let request = TestRequest("POST", "/api/v1/participants", json: ["statement": statement.json])
            _ = try await node.send(request)
            let repeated = try await node.send(request)
            #expect(repeated.status == 200)
            #expect(repeated.json["receipt"]?["proof"]?.stringValue == "/ledger/proof/tlog?seq=1")
        }
    }
}
