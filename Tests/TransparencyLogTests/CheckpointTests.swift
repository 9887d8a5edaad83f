import Encoding
import Signing
import Testing
import TransparencyLog

@Suite struct CheckpointTests {
    /// The example of C2SP tlog-checkpoint.
    private let example = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"

    @Test func theExampleOfTheSpecificationIsReadAndWrittenBack() throws {
        let checkpoint = try Checkpoint(text: example)
        #expect(checkpoint.origin == "example.com/behind-the-sofa")
        #expect(checkpoint.size == 20_852_163)
        #expect(checkpoint.root.description == "0ac5186a91863e8e1d90c808014aa89bf5da8e3ee1d9f07630f0378f68f1ab62")
        #expect(checkpoint.text == example)
        let extended = try Checkpoint(text: example + "more\n")
        #expect(extended.extensionLines == ["more"])
        #expect(extended.text == example + "more\n")
    }

    @Test func everyDeviationNamesItsLine() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
        let empty = Base64.encode(MerkleTree.emptyRoot.bytes)
        let bad: [(String, Int)] = [
            ("", 1), ("o\n1\n", 2), ("o\n1\n\(root)", 1), ("\n1\n\(root)\n", 1), ("o\n\n\(root)\n", 2), ("o\n1\n\n", 3),
            ("o\n01\n\(root)\n", 2), ("o\n+1\n\(root)\n", 2), ("o\n-1\n\(root)\n", 2), ("o\n1 \n\(root)\n", 2),
            ("o\n18446744073709551616\n\(root)\n", 2), ("o\n18446744073709551615\n\(root)\n", 2), ("o\n１\n\(root)\n", 2),
            ("o\n1\nabc=\n", 3), ("o\n1\n\(root)=\n", 3), ("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n", 3),
            ("o\n1\n\(root)\n\n", 4), ("o\n1\n\(root)\nx\n\n", 5), ("o\n0\n\(root)\n", 3),
        ]
        for (text, line) in bad {
            let error = #expect(throws: SignedNoteError.self) { try Checkpoint(text: text) }
            if case .badCheckpoint(let found, _) = error { #expect(found == line, "\(text)") } else { Issue.record("\(text)") }
        }
        #expect(throws: Never.self) { try Checkpoint(text: "o\n0\n\(empty)\n") }
    }

    @Test func onlyACheckpointOfTheNamedLogIsAccepted() throws {
        let signer = try NoteSigner(name: "log.example", key: try SigningKey(seed: [UInt8](repeating: 1, count: 32)))
        let other = try NoteSigner(name: "other.example", key: signer.key)
        let checkpoint = Checkpoint(origin: "log.example", size: 5, root: SHA256.hash([]))
        let note = try SignedNote(try checkpoint.signed(by: signer).bytes)
        #expect(try Checkpoint(note, log: signer.verifier) == checkpoint)
        #expect(throws: SignedNoteError.self) { try Checkpoint(note, log: other.verifier) }
        let misnamed = try Checkpoint(origin: "log.example", size: 5, root: SHA256.hash([])).signed(by: other)
        #expect(throws: SignedNoteError.self) { try Checkpoint(misnamed, log: other.verifier) }
    }
}
