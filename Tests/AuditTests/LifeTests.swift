import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing
import TransparencyLog

@testable import Audit

@Suite struct LifeTests {
    private static func audit(_ space: TestSpace, _ visitor: any AuditVisitor, size: Int? = nil) async throws -> AuditReport {
        let writer = JournalWriter(space)
        let folder = try TestFolder(writer.journal, writer.checkpoint(space.signer, size: size))
        return try await Auditor(.folder(folder.path)).run(visitor: visitor)
    }

    private static func life(of identifier: Identifier, in space: TestSpace) async throws -> (LifeView, [LifeLine]) {
        let view = try LifeView(of: identifier)
        _ = try await audit(space, view)
        var lines: [LifeLine] = []
        try view.forEachLine { lines.append($0) }
        return (view, lines)
    }

    private static func fullStory() throws -> (TestSpace, Parties) {
        var space = TestSpace()
        try space.liveThroughEverything()
        let named = { (type: EventType) in
            try Identifier(try #require(space.records.first { $0.event.type == type }).event.subject)
        }
        let buyer = try #require(space.state.participants.values.first { $0.name == "Insurer" })
        let provider = try #require(space.state.participants.values.first { $0.name == "Weather bureau" })
        let parties = Parties(
            provider: provider.identifier, buyer: buyer.identifier, product: try named(.productListed),
            contract: try named(.contractOffered), query: try named(.querySubmitted))
        return (space, parties)
    }

    @Test func aProductsLifeHoldsWhatNamesItAnywhere() async throws {
        let (space, parties) = try Self.fullStory()
        let (view, lines) = try await Self.life(of: parties.product, in: space)
        #expect(
            lines.map(\.type) == [
                "product.listed", "contract.offered", "contract.signed", "query.submitted", "run.completed", "query.refused",
                "product.listed", "product.withdrawn",
            ])
        #expect(lines.first?.relations == ["subject"])
        #expect(lines.first { $0.type == "run.completed" }?.relations == ["product"])
        #expect(view.name == "天气")
        #expect(view.status == "withdrawn")
        #expect(view.count == UInt64(lines.count))
    }

    @Test func aParticipantsLifeSaysHowEachEntryHasToDoWithIt() async throws {
        let (space, parties) = try Self.fullStory()
        let (view, lines) = try await Self.life(of: parties.provider, in: space)
        func relations(_ type: String) -> [String]? { lines.first { $0.type == type }?.relations }
        #expect(relations("participant.applied") == ["subject", "actor", "signer"])
        #expect(relations("participant.approved")?.first == "subject")
        #expect(relations("contract.offered")?.contains("providers") == true)
        #expect(relations("contract.signed") == ["actor", "signer", "signers", "providers"])
        #expect(relations("query.submitted") == ["awaiting"])
        #expect(relations("run.completed") == ["payee"])
        #expect(view.name == "Weather bureau")
        #expect(view.status == "active")
        // The buyer's own suspension is none of the provider's business.
        #expect(!lines.contains { $0.type == "participant.suspended" })
    }

    @Test func aContractsLifeHoldsTheRunsThatNameIt() async throws {
        let (space, parties) = try Self.fullStory()
        let (_, lines) = try await Self.life(of: parties.contract, in: space)
        #expect(
            lines.map(\.type) == [
                "contract.offered", "contract.signed", "run.completed", "run.refused", "run.refused", "contract.ended",
            ])
    }

    @Test func everySentenceSaysWhoDidWhat() async throws {
        let (space, parties) = try Self.fullStory()
        let end = { (identifier: Identifier) in "(\(identifier.suffix.prefix(1))…\(identifier.suffix.suffix(4)))" }
        var sentences: [String: String] = [:]
        for index in space.records.indices {
            let view = EntryView(UInt64(index))
            _ = try await Self.audit(space, view)
            let line = try #require(view.line)
            if sentences[line.type] == nil { sentences[line.type] = line.sentence }
        }
        #expect(sentences.count == EventType.ofTrade.subtracting([.spacePolicySet]).count)
        let buyer = "Insurer \(end(parties.buyer))", provider = "Weather bureau \(end(parties.provider))"
        let product = "天气 \(end(parties.product))"
        #expect(sentences["space.founded"] == "the operator founded the space \"Audit space · 审计空间\" (86.gs.audit)")
        #expect(sentences["participant.applied"] == "\(provider) applied to join as provider")
        #expect(sentences["participant.suspended"] == "the operator suspended \(buyer): as examined")
        #expect(sentences["product.listed"] == "\(provider) listed version 1 of \(product) at 12.50 CNY a run")
        #expect(sentences["contract.signed"]?.hasPrefix("\(provider) signed the contract C…") == true)
        #expect(sentences["contract.signed"]?.hasSuffix("; every party has signed") == true)
        #expect(sentences["query.revoked"]?.hasSuffix(": new law") == true)
        #expect(sentences["run.completed"]?.hasPrefix("\(buyer) ran the query \"By hour\"") == true)
        #expect(sentences["run.completed"]?.hasSuffix("24 rows; 12.50 CNY to \(provider)") == true)
        #expect(sentences["run.refused"]?.contains("the sandbox refused it (group-too-small): nothing was left") == true)
    }

    @Test func anEntryIsShownWithItsStatementAndSigners() async throws {
        let (space, parties) = try Self.fullStory()
        let view = EntryView(7)
        let report = try await Self.audit(space, view, size: 7)
        #expect(view.entry == JournalWriter(space).entries[7])
        #expect(view.line?.leafHash == MerkleTree.leafHash(JournalWriter(space).entries[7]).description)
        #expect(view.statement["buyer"]?.stringValue == parties.buyer.text)
        #expect(view.signers.map(\.owner) == [parties.buyer.text, parties.provider.text])
        #expect(view.signers.map(\.name) == ["Insurer", "Weather bureau"])
        #expect(ProofStatus(seq: 6, in: report) == .included)
        #expect(ProofStatus(seq: 7, in: report) == .notSigned)
    }

    @Test func anIdentifierHiddenByEscapesInAStatementIsFound() throws {
        let identifier = Identifier(kind: .product, prefix: TestSpace.prefix, payload: [1])
        let escaped = identifier.text.replacing("/", with: "\\/")
        let document = try JSONValue.parse("{\"products\":[{\"product\":\"\(escaped)\"}]}")
        #expect(document["products"]?.arrayValue?.first?["product"]?.stringValue == identifier.text)
    }

    @Test func proofsOfAWholeLifeLeadToTheCheckpoint() async throws {
        let (space, parties) = try Self.fullStory()
        let writer = JournalWriter(space)
        let size = space.records.count - 2
        let proofs = try ProofExport()
        let view = try LifeView(of: parties.product) { proofs.want($0) }
        let report = try await Self.audit(space, AuditVisitors([view, proofs]), size: size)
        var sequences: [UInt64] = []
        try view.forEachLine { sequences.append($0.seq) }
        var proven: [UInt64] = []
        try proofs.forEachProof(report) { proof in
            proven.append(proof.index)
            #expect(proof.extra == writer.entries[Int(proof.index)])
            let checkpoint = try Checkpoint(text: proof.note.text)
            #expect(checkpoint.size == UInt64(size))
            try proof.verifyInclusion(leafHash: try #require(proof.entryLeafHash), in: checkpoint)
            // Another entry's hash does not lead there.
            let other = MerkleTree.leafHash(writer.entries[Int(proof.index) ^ 1])
            #expect(throws: LogProofError.self) { try proof.verifyInclusion(leafHash: other, in: checkpoint) }
            #expect(try LogProof(proof.bytes) == proof)
        }
        #expect(!proven.isEmpty)
        #expect(proven == sequences.filter { $0 < UInt64(size) })
        #expect(proven.count < sequences.count)
    }

    @Test func whatIsReadAnewIsNotShownTwice() async throws {
        let (space, parties) = try Self.fullStory()
        let proofs = try ProofExport()
        let view = try LifeView(of: parties.product) { proofs.want($0) }
        let both = AuditVisitors([view, proofs])
        _ = try await Self.audit(space, both)
        let report = try await Self.audit(space, both)
        #expect(view.count == 8)
        var proven: [UInt64] = []
        try proofs.forEachProof(report) { proven.append($0.index) }
        #expect(proven == Set(proven).sorted())
        #expect(proven.count == 8)
    }

    @Test func ofAnUnsoundLedgerThereAreNoProofs() async throws {
        let (space, parties) = try Self.fullStory()
        var contents = space.records.map(\.content)
        contents[10] = contents[10].replacing("\"amount\":1250", with: "\"amount\":1")
        let forged = JournalWriter(contents: contents)
        let folder = try TestFolder(forged.journal, forged.checkpoint(space.signer))
        let proofs = try ProofExport()
        let view = try LifeView(of: parties.product) { proofs.want($0) }
        let report = try await Auditor(.folder(folder.path)).run(visitor: AuditVisitors([view, proofs]))
        #expect(!report.isSound)
        #expect(view.count == 4)
        try proofs.forEachProof(report) { proof in Issue.record("a proof of entry \(proof.index)") }
        #expect(ProofStatus(seq: 0, in: report) == .unsound)
    }

    @Test func whatWasMeantByAMistypedIdentifierIsFound() throws {
        let identifier = Identifier(kind: .contract, prefix: TestSpace.prefix, payload: Array("01".utf8))
        let suffix = Array(identifier.suffix.utf8)
        let last = suffix[27] == 0x30 ? "1" : "0"
        #expect(IdentifierHint.candidates(for: identifier.text.dropLast() + last).first == identifier)
        #expect(IdentifierHint.candidates(for: identifier.text.lowercased()) == [identifier])
        let lookalike = identifier.prefix + "/" + identifier.suffix.prefix(1)
            + identifier.suffix.dropFirst().dropLast().replacing("0", with: "O").replacing("1", with: "I")
            + identifier.suffix.suffix(1)
        #expect(IdentifierHint.candidates(for: lookalike) == [identifier])
        var swapped = suffix
        let index = try #require((1..<26).first { suffix[$0] != suffix[$0 + 1] })
        swapped.swapAt(index, index + 1)
        #expect(IdentifierHint.candidates(for: "\(identifier.prefix)/\(String(decoding: swapped, as: UTF8.self))").contains(identifier))
        for text in ["", "nonsense", "86.gs.audit/C123", "86.gs.audit/" + String(repeating: "!", count: 28)] {
            #expect(IdentifierHint.candidates(for: text) == [])
        }
    }

    @Test func aSpoolGivesBackEveryLineInOrder() throws {
        let spool = try LineSpool()
        let lines = (0..<2000).map { "line \($0) 天气 " + String(repeating: "x", count: $0 % 700) } + [""]
        for line in lines { spool.append(line) }
        for _ in 0..<2 {
            var found: [String] = []
            try spool.forEach { found.append($0) }
            #expect(found == lines)
        }
        spool.clear()
        spool.append("anew")
        var found: [String] = []
        try spool.forEach { found.append($0) }
        #expect(found == ["anew"])
    }
}
