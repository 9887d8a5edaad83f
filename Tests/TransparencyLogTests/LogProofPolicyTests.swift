import Signing
import Testing
import TransparencyLog

/// A proof is only worth what its checkpoint is.
@Suite struct LogProofPolicyTests {
    private func cosigned(by numbers: [UInt8], at time: UInt64 = 1_800_000_000) throws -> (ProofLog, LogProof, [Cosigner]) {
        let log = try ProofLog(11)
        let cosigners = try (1...3).map { number in
            try Cosigner(name: "w\(number).example", key: try SigningKey(seed: [UInt8](repeating: 100 + number, count: 32)))
        }
        let plain = try log.proof(6)
        var note = plain.note
        for number in numbers { note.add(cosigners[Int(number) - 1].cosign(note.text, at: time)) }
        return (log, LogProof(extra: plain.extra, index: plain.index, path: plain.path, note: note), cosigners)
    }

    private func policy(_ log: ProofLog, _ cosigners: [Cosigner]) throws -> TrustPolicy {
        var text = "log \(log.signer.verifier)\n"
        for (index, cosigner) in cosigners.enumerated() { text += "witness W\(index + 1) \(cosigner.verifier)\n" }
        return try TrustPolicy(Array((text + "group two 2 W1 W2 W3\nquorum two\n").utf8))
    }

    @Test func aProofWithItsQuorumHoldsAndNamesTheWitnesses() throws {
        let (log, proof, cosigners) = try cosigned(by: [1, 3])
        let read = try LogProof(proof.bytes)
        let judgement = try read.verify(leafHash: #require(read.entryLeafHash), policy: policy(log, cosigners))
        #expect(judgement.isQuorumReached)
        #expect(judgement.checkpoint.size == 11)
        #expect(judgement.log == log.signer.verifier)
        #expect(judgement.cosignatures.map(\.witness) == ["W1", "W3"])
        #expect(judgement.cosignatures.map(\.time) == [1_800_000_000, 1_800_000_000])
    }

    @Test func aMissingQuorumIsSaidAndNotPassedOver() throws {
        let (log, proof, cosigners) = try cosigned(by: [2])
        let judgement = try proof.verify(leafHash: #require(proof.entryLeafHash), policy: policy(log, cosigners))
        #expect(!judgement.isQuorumReached)
        #expect(judgement.missing.contains("W1"))
    }

    @Test func anotherLogsKeyAnotherEntryOrAForgedSignatureIsRefused() throws {
        let (log, proof, cosigners) = try cosigned(by: [1, 2])
        let leafHash = try #require(proof.entryLeafHash)
        let stranger = try NoteVerifier(name: ProofLog.origin, key: SigningKey.generate().verificationKey)
        #expect(throws: LogProofError.self) { try proof.verify(leafHash: leafHash, policy: TrustPolicy(logs: [stranger])) }
        let policy = try policy(log, cosigners)
        let error = #expect(throws: LogProofError.self) { try proof.verify(leafHash: .zero, policy: policy) }
        guard case .notIncluded = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        // The signature of another checkpoint, put under this one.
        let other = try ProofLog(10).note()
        let text = String(decoding: proof.note.bytes, as: UTF8.self)
        let forged = text.replacing(Self.signatureLine(text), with: Self.signatureLine(String(decoding: other.bytes, as: UTF8.self)))
        #expect(forged != text)
        let altered = LogProof(extra: proof.extra, index: proof.index, path: proof.path, note: try SignedNote(Array(forged.utf8)))
        let untrusted = #expect(throws: LogProofError.self) { try altered.verify(leafHash: leafHash, policy: policy) }
        guard case .untrusted = untrusted else {
            Issue.record("\(String(describing: untrusted))")
            return
        }
    }

    private static func signatureLine(_ note: String) -> String {
        note.split(separator: "\n").first { $0.hasPrefix("\u{2014} \(ProofLog.origin) ") }.map(String.init) ?? ""
    }

    @Test func aBatchProofNeedsBothHalves() throws {
        let records = (0..<5).map { Array("call \($0)".utf8) }
        var tree = BatchTree()
        for record in records { try tree.append(record) }
        let log = try ProofLog(3)
        let proof = try BatchProof(record: records[2], inclusion: try tree.inclusion(of: 2), log: try log.proof(1))
        let policy = TrustPolicy(logs: [log.signer.verifier])
        let judgement = try proof.verify(policy: policy) { entry in
            #expect(entry == log.entries[1])
            return tree.commitment
        }
        #expect(judgement.checkpoint.size == 3)
        #expect(throws: BatchProofError.self) { try proof.verify(policy: policy) { _ in BatchCommitment(count: 5, root: .zero) } }
        let stranger = try NoteVerifier(name: ProofLog.origin, key: SigningKey.generate().verificationKey)
        #expect(throws: BatchProofError.self) {
            try proof.verify(policy: TrustPolicy(logs: [stranger])) { _ in
                Issue.record("the entry was read before it was known to be on the ledger")
                return tree.commitment
            }
        }
    }

    @Test func theFileNameHoldsNoPathAndIsNoOption() throws {
        func name(_ origin: String) throws -> String {
            LogProof(extra: nil, index: 17, path: [], note: try SignedNote(text: "\(origin)\n1\nx\n", signers: [])).fileName
        }
        #expect(try name("86.gs.qingyang/ledger") == "86.gs.qingyang-ledger-17.tlog-proof")
        #expect(try name("../../etc/passwd") == "etc-passwd-17.tlog-proof")
        #expect(try name("--output") == "output-17.tlog-proof")
        #expect(try name("庆阳").hasSuffix("log-17.tlog-proof"))
        #expect(try name(String(repeating: "a", count: 300)).count < 130)
    }
}
