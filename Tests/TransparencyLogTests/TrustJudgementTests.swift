import Signing
import Testing
import TransparencyLog

/// What a policy says of notes.
@Suite struct TrustJudgementTests {
    private func policy(_ count: Int, _ rest: String) throws -> TrustPolicy {
        var text = "log \(try Witnessing.log().verifier)\n"
        for number in 1...max(count, 1) { text += "witness w\(number) \(try Witnessing.cosigner(number).verifier)\n" }
        return try TrustPolicy(Array((text + rest).utf8))
    }

    private func note(size: UInt64 = 5, cosigners: [(Int, UInt64)] = []) throws -> SignedNote {
        var note = try Witnessing.checkpoint(size: size).signed(by: try Witnessing.log())
        for (number, time) in cosigners { note.add(try Witnessing.cosigner(number).cosign(note.text, at: time)) }
        return note
    }

    @Test func aReachedQuorumIsSaidWithTimes() throws {
        let policy = try policy(3, "group g 2 w1 w2 w3\nquorum g\n")
        let judgement = try policy.judge(try note(cosigners: [(3, 30), (1, 10)]))
        #expect(judgement.isQuorumReached)
        #expect(judgement.missing.isEmpty)
        #expect(judgement.cosignatures.map(\.witness) == ["w1", "w3"])
        #expect(judgement.cosignatures.map(\.time) == [10, 30])
        #expect(judgement.checkpoint == (Witnessing.checkpoint(size: 5)))
        #expect(judgement.log == (try Witnessing.log().verifier))
    }

    @Test func anUnreachedQuorumIsSaidInWords() throws {
        let policy = try policy(3, "group inner 1 w2 w3\ngroup g all w1 inner\nquorum g\n")
        let judgement = try policy.judge(try note(cosigners: [(1, 10)]))
        #expect(!judgement.isQuorumReached)
        for word in ["g needs 2 of 2", "w1", "inner needs 1 of 2", "w2, w3"] { #expect(judgement.missing.contains(word)) }
        let single = try self.policy(1, "quorum w1\n").judge(try note())
        #expect(!single.isQuorumReached)
        #expect(single.missing.contains("w1"))
    }

    @Test func theWordsStayShortWhateverThePolicy() throws {
        let names = (1...200).map { "w\($0)" }.joined(separator: " ")
        var rest = "group g0 all \(names)\n"
        for number in 1...200 { rest += "group g\(number) any g\(number - 1)\n" }
        let missing = try policy(200, rest + "quorum g200\n").judge(try note()).missing
        #expect(!missing.isEmpty)
        #expect(missing.utf8.count < 2000)
    }

    @Test func withoutAQuorumTheLogsSignatureIsEnough() throws {
        let policy = TrustPolicy(logs: [try Witnessing.log().verifier])
        #expect(try policy.judge(try note()).isQuorumReached)
    }

    @Test func onlyAListedLogIsBelieved() throws {
        let policy = try policy(1, "quorum none\n")
        let stranger = try Witnessing.checkpoint(size: 5).signed(by: try Witnessing.log(9))
        #expect(throws: TrustPolicyFailure.self) { try policy.judge(stranger) }
        #expect(throws: TrustPolicyFailure.self) { try TrustPolicy(logs: []).judge(try note()) }
    }

    @Test func theOriginMustBeTheSigningLogs() throws {
        let other = try Witnessing.checkpoint(size: 5, origin: "log.example/b").signed(by: try Witnessing.log())
        let policy = try policy(1, "quorum none\n")
        #expect(throws: TrustPolicyFailure.otherOrigin("log.example/b", signers: ["log.example/a"])) { try policy.judge(other) }
        // A listed log does not lend its origin to another listed one.
        let second = try Witnessing.log(3, name: "log.example/b")
        let both = TrustPolicy(logs: [try Witnessing.log().verifier, second.verifier])
        #expect(throws: TrustPolicyFailure.self) { try both.judge(other) }
        #expect(try both.judge(try Witnessing.checkpoint(size: 5, origin: "log.example/b").signed(by: second)).log == second.verifier)
    }

    @Test func duringARotationEitherKeyOfALogIsEnough() throws {
        let (old, new) = (try Witnessing.log(0), try Witnessing.log(1))
        var note = try Witnessing.checkpoint(size: 5).signed(by: old)
        note.add(new)
        for keys in [[old.verifier], [new.verifier], [old.verifier, new.verifier]] {
            #expect(throws: Never.self) { try TrustPolicy(logs: keys).judge(note) }
        }
    }

    @Test func aWrongSignatureByAListedKeyIsNeverOverlooked() throws {
        let policy = try policy(2, "group g any w1 w2\nquorum g\n")
        var note = try note(cosigners: [(1, 10)])
        let elsewhere = try Witnessing.cosigner(2).cosign("other text\n", at: 10)
        note.add(elsewhere)
        #expect(throws: TrustPolicyFailure.wrongCosignature(witness: "w2", key: try Witnessing.cosigner(2).verifier)) {
            try policy.judge(note)
        }
        var forged = try self.note()
        let log = try Witnessing.log().verifier
        forged.add(NoteSignature(keyName: log.name, keyIdentifier: log.keyIdentifier, signature: [UInt8](repeating: 1, count: 64)))
        #expect(throws: TrustPolicyFailure.self) { try policy.judge(forged) }
    }

    @Test func signaturesByStrangersAreIgnored() throws {
        let policy = try policy(1, "quorum w1\n")
        var note = try note(cosigners: [(1, 10), (2, 20), (3, 30)])
        note.add(NoteSignature(keyName: "odd", keyIdentifier: 7, signature: [1, 2, 3]))
        #expect(try policy.judge(note).cosignatures.map(\.witness) == ["w1"])
    }

    @Test func ofSeveralCosignaturesByOneWitnessTheLatestCounts() throws {
        let policy = try policy(1, "quorum w1\n")
        let note = try note()
        let lines = try [20, 40, 30].map { try Witnessing.cosigner(1).cosign(note.text, at: $0).line + "\n" }.joined()
        let repeated = try SignedNote(note.bytes + Array(lines.utf8))
        #expect(try policy.judge(repeated).cosignatures.map(\.time) == [40])
    }

    @Test func textThatIsNoCheckpointIsRefused() throws {
        let policy = try policy(1, "quorum none\n")
        let note = try SignedNote(text: "log.example/a\nnot a size\n", signers: [try Witnessing.log()])
        #expect(throws: TrustPolicyFailure.self) { try policy.judge(note) }
    }

    /// A policy as a tree, judged by its definition, against the parser and the one pass of the code.
    private indirect enum Model {
        case witness(Int)
        case group(Int, [Model])

        func isWitnessed(_ cosigned: Set<Int>) -> Bool {
            switch self {
            case .witness(let number): cosigned.contains(number)
            case .group(let threshold, let members): members.filter { $0.isWitnessed(cosigned) }.count >= threshold
            }
        }
    }

    @Test func everyQuorumOfRandomPoliciesIsThatOfTheDefinition() throws {
        var generator = FixedGenerator(seed: 0x9090)
        let keys = try (0..<7).map { try Witnessing.cosigner($0).verifier }
        for round in 0..<60 {
            let count = Int.random(in: 1...7, using: &generator)
            var text = (0..<count).map { "witness w\($0) \(keys[$0])\n" }.joined()
            var free = (0..<count).map { (name: "w\($0)", model: Model.witness($0)) }
            for number in 0..<Int.random(in: 0...4, using: &generator) {
                free.shuffle(using: &generator)
                let members = free.prefix(Int.random(in: 1...free.count, using: &generator))
                free.removeFirst(members.count)
                let threshold = Int.random(in: 1...members.count, using: &generator)
                let word = threshold == members.count && round % 2 == 0 ? "all" : threshold == 1 && round % 3 == 0 ? "any" : "\(threshold)"
                text += "group g\(number) \(word) \(members.map(\.name).joined(separator: " "))\n"
                free.append((name: "g\(number)", model: .group(threshold, members.map(\.model))))
            }
            let quorum = try #require(free.randomElement(using: &generator))
            let policy = try TrustPolicy(Array((text + "quorum \(quorum.name)\n").utf8))
            for bits in 0..<(1 << count) {
                let cosigned = Set((0..<count).filter { bits >> $0 & 1 == 1 })
                #expect(policy.isQuorumReached(cosignedBy: cosigned) == quorum.model.isWitnessed(cosigned), "\(text)\(cosigned)")
            }
        }
    }
}
