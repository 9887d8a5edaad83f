import Encoding
import Exchange
import Signing
import Testing
import TransparencyLog

@testable import Audit

/// What somebody who keeps a proof can learn from it, without the ledger.
@Suite struct ProofCheckTests {
    private static func ledger() throws -> (TestSpace, JournalWriter, TrustPolicy) {
        var space = TestSpace()
        let parties = try space.openForRuns()
        try space.run(parties)
        return (space, JournalWriter(space), TrustPolicy(logs: [try space.signer.verifier]))
    }

    private static func reason(_ check: ProofCheck, _ file: [UInt8], entry: [UInt8]? = nil) -> String {
        do {
            _ = try check.check(file, entry: entry)
            return "proved"
        } catch { return "\(error)" }
    }

    @Test func everyEntryIsNamedWithWhatItSays() throws {
        let (space, writer, policy) = try Self.ledger()
        for (index, record) in space.records.enumerated() {
            let report = try ProofCheck(policy: policy).check(writer.proof(index, space.signer).bytes)
            #expect(report.isProved && report.index == UInt64(index) && report.record == nil)
            #expect(report.entry?.type == record.event.type.rawValue)
            #expect(report.entry?.subject == record.event.subject)
            #expect(report.entry?.actor == record.event.actor)
            #expect(report.entry?.time == record.time)
            #expect(report.judgement.checkpoint.origin == TestSpace.origin)
            #expect(report.quorum == "none")
            #expect(report.json["verdict"] == "proved" && report.json["kind"] == "log-proof")
        }
    }

    @Test func aMissingQuorumIsNoProof() throws {
        let (space, writer, _) = try Self.ledger()
        let witness = try Cosigner(name: "w.example", key: TestSpace.key(50))
        let policy = try TrustPolicy(Array("log \(try space.signer.verifier)\nwitness W \(witness.verifier)\nquorum W\n".utf8))
        let plain = try writer.proof(3, space.signer)
        let report = try ProofCheck(policy: policy).check(plain.bytes)
        #expect(!report.isProved)
        #expect(report.json["verdict"] == "unwitnessed")
        #expect(report.json["quorum"]?["missing"]?.stringValue?.contains("W") == true)
        var note = plain.note
        note.add(witness.cosign(note.text, at: 1_800_000_000))
        let cosigned = LogProof(extra: plain.extra, index: plain.index, path: plain.path, note: note)
        let seen = try ProofCheck(policy: policy).check(cosigned.bytes)
        #expect(seen.isProved)
        #expect(seen.json["witnesses"]?[0]?["time"] == "2027-01-15T08:00:00.000Z")
    }

    @Test func everyChangedByteOfTheFileIsNoticed() throws {
        let (space, writer, policy) = try Self.ledger()
        let file = try writer.proof(4, space.signer).bytes
        let check = ProofCheck(policy: policy)
        for position in stride(from: 0, to: file.count, by: 3) {
            var changed = file
            changed[position] ^= 1
            #expect(Self.reason(check, changed) != "proved", "byte \(position)")
        }
    }

    @Test func theEntryCanBeGivenAndMustThenBeTheOne() throws {
        let (space, writer, policy) = try Self.ledger()
        let proof = try writer.proof(4, space.signer)
        let bare = LogProof(extra: nil, index: proof.index, path: proof.path, note: proof.note).bytes
        let check = ProofCheck(policy: policy)
        #expect(Self.reason(check, bare).contains("give the entry's bytes"))
        #expect(try check.check(bare, entry: writer.entries[4]).entry?.seq == 4)
        #expect(try check.check(proof.bytes, entry: writer.entries[4]).entry?.seq == 4)
        #expect(Self.reason(check, bare, entry: writer.entries[5]).contains("not in the checkpoint's tree"))
        #expect(Self.reason(check, proof.bytes, entry: writer.entries[5]).contains("another entry than the given one"))
    }

    @Test func anEntryThatClaimsAnotherNumberIsNotProved() throws {
        // A log that signs a tree in which an entry stands in the wrong place.
        let (space, writer, policy) = try Self.ledger()
        var moved = writer
        moved.entries.swapAt(2, 3)
        #expect(Self.reason(ProofCheck(policy: policy), try moved.proof(3, space.signer).bytes).contains("it says that it is entry 2"))
    }

    @Test func anEntryOfAnotherKindOfLogIsProvedButNotRead() throws {
        let (space, writer, policy) = try Self.ledger()
        var other = writer
        other.entries[1] = Array("some other log's entry".utf8)
        let report = try ProofCheck(policy: policy).check(other.proof(1, space.signer).bytes)
        #expect(report.isProved && report.entry == nil && report.entryLength == 22)
        #expect(report.json["entry"] == nil)
    }

    @Test func everyRecordOfABatchIsProvedOverTwoLevels() throws {
        let ledger = try BatchLedger()
        let check = ProofCheck(policy: try ledger.policy)
        for index in ledger.records.indices {
            let report = try check.check(ledger.proof(index).bytes)
            #expect(report.isProved && report.index == UInt64(ledger.seq))
            #expect(report.record == ProofReport.Record(bytes: ledger.records[index], index: UInt64(index), count: 9))
            #expect(report.entry?.type == "usage.batch")
            #expect(report.json["kind"] == "batch-proof")
        }
    }

    @Test func aRecordIsNotProvedByAnEntryThatDoesNotCommitToIt() throws {
        let root = try BatchLedger().tree.commitment.root
        let cases: [(type: String, body: String?, reason: String)] = [
            ("run.completed", nil, "does not commit to a batch"), ("usage.batch", "{\"records\":8,\"root\":\"\(root)\"}", "a batch of 8 records"),
            ("usage.batch", "{\"records\":9,\"root\":\"\(SHA256Digest.zero)\"}", "not in the batch"), ("usage.batch", "{\"root\":\"\(root)\"}", "records"),
            ("usage.batch", "{\"records\":9}", "root"), ("usage.batch", "{\"records\":0,\"root\":\"\(root)\"}", "records"),
            ("usage.batch", "{\"records\":9,\"root\":\"\(root.description.uppercased())\"}", "64 lower-case"), ("usage.batch", "{\"records\":9,\"root\":\"ab\"}", "64 lower-case"),
            ("usage.batch", "{\"records\":\"9\",\"root\":\"\(root)\"}", "records"),
        ]
        for (type, body, expected) in cases {
            let ledger = try BatchLedger(type: type, body: body)
            let reason = Self.reason(ProofCheck(policy: try ledger.policy), try ledger.proof(3).bytes)
            #expect(reason.contains(expected), "\(type) \(body ?? ""): \(reason)")
        }
    }

    @Test func anotherRecordOrAnotherLogsKeyIsNotProved() throws {
        let ledger = try BatchLedger()
        let proof = try ledger.proof(3)
        let swapped = try BatchProof(record: ledger.records[4], inclusion: proof.inclusion, log: proof.log)
        #expect(Self.reason(ProofCheck(policy: try ledger.policy), swapped.bytes).contains("not in the batch"))
        let stranger = try NoteVerifier(name: TestSpace.origin, key: TestSpace.key(60).verificationKey)
        #expect(Self.reason(ProofCheck(policy: TrustPolicy(logs: [stranger])), proof.bytes) != "proved")
    }

    @Test func timesBehindTheYear9999DoNotTrap() {
        #expect(ProofReport.time(0) == "1970-01-01T00:00:00.000Z")
        #expect(ProofReport.time(.max) == "9999-12-31T23:59:59.999Z")
    }
}
