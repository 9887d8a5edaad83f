import Signing
import Testing
import TransparencyLog

/// The decisions of C2SP tlog-witness.
@Suite struct WitnessRulesTests {
    private func judge(
        old: UInt64, proof: [SHA256Digest]? = nil, size: UInt64, branch: UInt8 = 0, known: Checkpoint? = nil,
        signer: NoteSigner? = nil, origin: String = "log.example/a"
    ) throws -> Checkpoint {
        let log = try Witnessing.log()
        let checkpoint = Witnessing.checkpoint(size: size, origin: origin, branch: branch)
        let path = try proof ?? (old <= size ? try Witnessing.proof(from: old, to: size, branch: branch) : [])
        let request = AddCheckpointRequest(oldSize: old, proof: path, note: try checkpoint.signed(by: signer ?? log))
        return try WitnessRules.judge(request, logs: [log.verifier], known: known)
    }

    private func refusal(_ body: () throws -> Checkpoint) -> WitnessRefusal? {
        do {
            _ = try body()
            return nil
        } catch { return error as? WitnessRefusal }
    }

    @Test func theFirstCheckpointOfALogIsAccepted() throws {
        for size in [UInt64(0), 1, 5, 8, 100] { #expect(try judge(old: 0, size: size).size == size) }
    }

    @Test func aLogThatHasGrownIsAccepted() throws {
        for first in UInt64(0)...20 {
            let known = Witnessing.checkpoint(size: first)
            for second in first...21 { #expect(try judge(old: first, size: second, known: known).size == second) }
        }
    }

    @Test func theSameCheckpointAgainIsAccepted() throws {
        let known = Witnessing.checkpoint(size: 6)
        #expect(try judge(old: 6, size: 6, known: known) == known)
    }

    @Test func anUnknownOriginIs404() throws {
        let other = try Witnessing.log(0, name: "log.example/b")
        let refusal = refusal { try judge(old: 0, size: 5, signer: other, origin: "log.example/b") }
        #expect(refusal == .unknownOrigin("log.example/b"))
        #expect(refusal?.status == 404)
    }

    @Test func aCheckpointThatNoTrustedKeySignedIs403() throws {
        let stranger = refusal { try judge(old: 0, size: 5, signer: try Witnessing.log(9)) }
        #expect(stranger?.status == 403)
        // A key of the right log under a wrong signature.
        let log = try Witnessing.log()
        let text = Witnessing.checkpoint(size: 5).text
        let forged = NoteSignature(
            keyName: log.name, keyIdentifier: log.verifier.keyIdentifier, signature: [UInt8](repeating: 0, count: 64))
        let note = try SignedNote(Array("\(text)\n\(forged.line)\n".utf8))
        let wrong = refusal {
            try WitnessRules.judge(AddCheckpointRequest(oldSize: 0, proof: [], note: note), logs: [log.verifier], known: nil)
        }
        #expect(wrong?.status == 403)
    }

    @Test func aKeyOfAnotherOriginDoesNotSignForThisOne() throws {
        let (first, second) = (try Witnessing.log(0), try Witnessing.log(1, name: "log.example/b"))
        let note = try Witnessing.checkpoint(size: 5).signed(by: second)
        let refusal = refusal {
            try WitnessRules.judge(
                AddCheckpointRequest(oldSize: 0, proof: [], note: note), logs: [first.verifier, second.verifier], known: nil)
        }
        #expect(refusal?.status == 403)
    }

    @Test func signaturesOfStrangersBesideTheLogsAreIgnored() throws {
        let log = try Witnessing.log()
        var note = try Witnessing.checkpoint(size: 5).signed(by: log)
        note.add(try Witnessing.log(4, name: "stranger"))
        note.add(try Witnessing.cosigner(1).cosign(note.text, at: 9))
        let request = AddCheckpointRequest(oldSize: 0, proof: [], note: note)
        #expect(try WitnessRules.judge(request, logs: [log.verifier], known: nil).size == 5)
    }

    @Test func textThatIsNoCheckpointIs400() throws {
        let note = try SignedNote(text: "log.example/a\n5\n", signers: [try Witnessing.log()])
        let refusal = refusal {
            try WitnessRules.judge(
                AddCheckpointRequest(oldSize: 0, proof: [], note: note), logs: [try Witnessing.log().verifier], known: nil)
        }
        #expect(refusal?.status == 400)
    }

    @Test func anOldSizeAboveTheCheckpointsIs400() throws {
        let known = Witnessing.checkpoint(size: 7)
        let refusal = refusal { try judge(old: 7, size: 5, known: known) }
        #expect(refusal == .oldSizeTooLarge(old: 7, size: 5))
        #expect(refusal?.status == 400)
    }

    @Test func anotherOldSizeThanTheKnownIs409WithTheKnownSize() throws {
        let known = Witnessing.checkpoint(size: 7)
        for old in [UInt64(0), 1, 6, 8] {
            let refusal = refusal { try judge(old: old, size: 9, known: known) }
            #expect(refusal == .otherSize(old: old, known: 7))
            #expect(refusal?.status == 409)
            #expect(refusal?.knownSize == 7)
            #expect(refusal?.isEvidence == false)
        }
        #expect(refusal { try judge(old: 3, size: 9) } == .otherSize(old: 3, known: 0))
    }

    @Test func aRolledBackLogCannotGetASmallerTreeCosigned() throws {
        let known = Witnessing.checkpoint(size: 7)
        for old in UInt64(0)...5 { #expect(refusal { try judge(old: old, size: 5, known: known) }?.status == 409) }
    }

    @Test func anotherTreeOfTheKnownSizeIs409AndEvidence() throws {
        let known = Witnessing.checkpoint(size: 7)
        let refusal = refusal { try judge(old: 7, size: 7, branch: 1, known: known) }
        #expect(refusal == .forked(size: 7, known: known.root, submitted: Witnessing.checkpoint(size: 7, branch: 1).root))
        #expect(refusal?.status == 409)
        #expect(refusal?.knownSize == 7)
        #expect(refusal?.isEvidence == true)
    }

    @Test func aForkBeyondTheKnownSizeIs422() throws {
        let known = Witnessing.checkpoint(size: 7)
        for size in UInt64(8)...20 {
            let refusal = refusal { try judge(old: 7, size: size, branch: 1, known: known) }
            #expect(refusal?.status == 422)
            #expect(refusal?.isEvidence == true)
        }
    }

    @Test func everyMutatedProofIs422() throws {
        var generator = FixedGenerator(seed: 5)
        for first in UInt64(1)...16 {
            let known = Witnessing.checkpoint(size: first)
            for second in first...17 {
                let proof = try Witnessing.proof(from: first, to: second)
                var mutated = [proof + [SHA256Digest.zero], [SHA256Digest.zero] + proof]
                for place in proof.indices {
                    var (changed, shorter) = (proof, proof)
                    changed[place] = SHA256.hash([UInt8.random(in: 0...255, using: &generator)])
                    shorter.remove(at: place)
                    mutated += [changed, shorter]
                }
                for path in mutated {
                    #expect(refusal { try judge(old: first, proof: path, size: second, known: known) }?.status == 422, "\(first) to \(second)")
                }
            }
        }
    }

    @Test func aProofFromNothingMustBeEmpty() throws {
        #expect(refusal { try judge(old: 0, proof: [.zero], size: 5) }?.status == 422)
    }

    @Test func sizesBeyondWhatATreeHoldsAreRefused() throws {
        let text = "log.example/a\n18446744073709551615\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
        let note = try SignedNote(text: text, signers: [try Witnessing.log()])
        let request = AddCheckpointRequest(oldSize: 0, proof: [], note: note)
        #expect(refusal { try WitnessRules.judge(request, logs: [try Witnessing.log().verifier], known: nil) }?.status == 400)
    }
}
