import Encoding
import Signing
import Testing
import TransparencyLog

@Suite struct CosignatureTests {
    /// The example checkpoint and time of C2SP tlog-cosignature, signed with the key of RFC 8032 section 7.1, TEST 1. The
    /// signature was made with OpenSSL's command line, not with this code.
    private let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    private let time: UInt64 = 1_679_315_147
    private let vkey = "witness.example.com/w1+7e6f4aaa+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea"
    private let line =
        "\u{2014} witness.example.com/w1 fm9KqgAAAABkGFDL+TPmh4BYuAjsYRoqMJCWb/gWJaeRF/kmm5tlCr9sJ57DLErur7K0yDXc2ArN+TIuotuB/HbuL3AJsp3bv/aNCQ=="

    private func cosigner() throws -> Cosigner {
        let seed = try #require(Hexadecimal.decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
        return try Cosigner(name: "witness.example.com/w1", key: try SigningKey(seed: seed))
    }

    private func signature() throws -> NoteSignature {
        try #require(try SignedNote(Array("\(text)\n\(line)\n".utf8)).signatures.first)
    }

    @Test func cosigningGivesWhatAnotherToolSigned() throws {
        let cosigner = try cosigner()
        #expect(cosigner.verifier.description == vkey)
        #expect(cosigner.cosign(text, at: time).line == line)
    }

    @Test func theTimeOfAValidCosignatureIsRead() throws {
        #expect(try CosignatureVerifier(vkey).time(of: try signature(), on: text) == time)
    }

    @Test func publishedVerifierKeysAreReadAndWrittenBack() throws {
        // From the tests of github.com/transparency-dev/formats.
        let published = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
        for text in [published, vkey] { #expect(try CosignatureVerifier(text).description == text) }
        #expect(try CosignatureVerifier(published).keyIdentifier == 0xda77ade7)
    }

    @Test func aKeyOfAnotherTypeIsNoWitnessKeyAndTheOtherWayRound() throws {
        let cosigner = try cosigner()
        let note = try NoteVerifier(name: cosigner.name, key: cosigner.verifier.key)
        #expect(throws: SignedNoteError.self) { try CosignatureVerifier(note.description) }
        #expect(throws: SignedNoteError.self) { try NoteVerifier(vkey) }
        #expect(note.keyIdentifier != cosigner.verifier.keyIdentifier)
    }

    @Test func anyChangedByteMakesTheCosignatureInvalid() throws {
        let (verifier, signature) = (try CosignatureVerifier(vkey), try signature())
        for place in signature.signature.indices {
            var bytes = signature.signature
            bytes[place] ^= 1
            let changed = NoteSignature(
                keyName: signature.keyName, keyIdentifier: signature.keyIdentifier, signature: bytes)
            #expect(verifier.time(of: changed, on: text) == nil, "byte \(place)")
            let short = NoteSignature(
                keyName: signature.keyName, keyIdentifier: signature.keyIdentifier, signature: Array(bytes[..<place]))
            #expect(verifier.time(of: short, on: text) == nil, "\(place) bytes")
        }
        let longer = NoteSignature(
            keyName: signature.keyName, keyIdentifier: signature.keyIdentifier, signature: signature.signature + [0])
        #expect(verifier.time(of: longer, on: text) == nil)
        var letters = Array(text.utf8)
        for place in letters.indices {
            letters[place] ^= 1
            #expect(verifier.time(of: signature, on: String(decoding: letters, as: UTF8.self)) == nil)
            letters[place] ^= 1
        }
    }

    @Test func anotherNameOrIdentifierIsAnotherKey() throws {
        let (verifier, signature) = (try CosignatureVerifier(vkey), try signature())
        let renamed = NoteSignature(
            keyName: "witness.example.com/w2", keyIdentifier: signature.keyIdentifier, signature: signature.signature)
        let renumbered = NoteSignature(
            keyName: signature.keyName, keyIdentifier: signature.keyIdentifier ^ 1, signature: signature.signature)
        #expect(verifier.time(of: renamed, on: text) == nil)
        #expect(verifier.time(of: renumbered, on: text) == nil)
    }

    @Test func aNoteSignatureByTheSameKeyIsNoCosignature() throws {
        let cosigner = try cosigner()
        let key = try SigningKey(
            seed: try #require(Hexadecimal.decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")))
        // As a plain note signature would be, but under the cosigner's identifier.
        let plain = NoteSignature(
            keyName: cosigner.name, keyIdentifier: cosigner.verifier.keyIdentifier, signature: key.sign(Array(text.utf8)))
        #expect(cosigner.verifier.time(of: plain, on: text) == nil)
    }

    @Test func timesBeyondTheSignedRangeAreNeitherMadeNorAccepted() throws {
        let cosigner = try cosigner()
        let latest = UInt64(Int64.max)
        #expect(cosigner.verifier.time(of: cosigner.cosign(text, at: latest), on: text) == latest)
        #expect(cosigner.verifier.time(of: cosigner.cosign(text, at: .max), on: text) == latest)
        #expect(cosigner.verifier.time(of: cosigner.cosign(text, at: 0), on: text) == 0)
        // Rightly signed, with a time of 2^63.
        let key = try SigningKey(
            seed: try #require(Hexadecimal.decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")))
        let message = Array("cosignature/v1\ntime 9223372036854775808\n\(text)".utf8)
        let late = NoteSignature(
            keyName: cosigner.name, keyIdentifier: cosigner.verifier.keyIdentifier,
            signature: [0x80, 0, 0, 0, 0, 0, 0, 0] + key.sign(message))
        #expect(cosigner.verifier.time(of: late, on: text) == nil)
    }

    @Test func addedSignaturesReplaceThoseOfTheSameKeyInTheirPlace() throws {
        let (first, second) = (try Witnessing.cosigner(1), try Witnessing.cosigner(2))
        var note = try Witnessing.checkpoint(size: 3).signed(by: try Witnessing.log())
        note.add(first.cosign(note.text, at: 10))
        note.add(second.cosign(note.text, at: 20))
        note.add(first.cosign(note.text, at: 30))
        #expect(note.signatures.map(\.keyName) == ["log.example/a", first.name, second.name])
        #expect(first.verifier.time(of: note.signatures[1], on: note.text) == 30)
        #expect(try SignedNote(note.bytes) == note)
    }

    @Test func aNoteTakesNoMoreSignaturesThanAreRead() throws {
        var note = try Witnessing.checkpoint(size: 3).signed(by: try Witnessing.log())
        for number in 1..<SignedNote.maximumSignatures {
            let isAdded = note.add(NoteSignature(keyName: "w\(number)", keyIdentifier: 1, signature: [1]))
            #expect(isAdded)
        }
        let isLateAdded = note.add(NoteSignature(keyName: "late", keyIdentifier: 1, signature: [1]))
        let isReplaced = note.add(NoteSignature(keyName: "w1", keyIdentifier: 1, signature: [2]))
        #expect(!isLateAdded)
        #expect(isReplaced)
        #expect(try SignedNote(note.bytes) == note)
    }
}
