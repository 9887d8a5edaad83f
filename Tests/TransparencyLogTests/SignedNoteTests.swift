import Encoding
import Signing
import Testing
import TransparencyLog

/// Vectors: the example of golang.org/x/mod/sumdb/note.
@Suite struct SignedNoteTests {
    private let text = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        """
    private let peterLine =
        "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    private let enochLine =
        "\u{2014} EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
    private static let peterKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    private static let enochKey = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"

    private func peterSigner() throws -> NoteSigner {
        let typedSeed = try #require(Base64.decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"))
        return try NoteSigner(name: "PeterNeumann", key: try SigningKey(seed: Array(typedSeed.dropFirst())))
    }

    @Test func thePublishedVerifierKeyIsReadAndWrittenBack() throws {
        for text in [Self.peterKey, Self.enochKey] { #expect(try NoteVerifier(text).description == text) }
        #expect(try NoteVerifier(Self.peterKey).keyIdentifier == 0xc74f20a3)
    }

    @Test func anyChangedVerifierKeyIsRefused() {
        let good = Array(Self.peterKey.utf8)
        for position in good.indices {
            var changed = good
            changed[position] += 1
            #expect(throws: SignedNoteError.self) { try NoteVerifier(String(decoding: changed, as: UTF8.self)) }
            #expect(throws: SignedNoteError.self) { try NoteVerifier(String(decoding: good[..<position], as: UTF8.self)) }
            if position > 0 {
                #expect(throws: SignedNoteError.self) { try NoteVerifier(String(decoding: good[position...], as: UTF8.self)) }
            }
        }
        for text in [
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        ] { #expect(throws: SignedNoteError.self) { try NoteVerifier(text) } }
    }

    @Test func signingGivesThePublishedNote() throws {
        let note = try SignedNote(text: text, signers: [try peterSigner()])
        #expect(String(decoding: note.bytes, as: UTF8.self) == text + "\n" + peterLine)
    }

    @Test func knownSignaturesAreVerifiedAndUnknownOnesIgnored() throws {
        let (peter, enoch) = (try NoteVerifier(Self.peterKey), try NoteVerifier(Self.enochKey))
        let note = try SignedNote(Array((text + "\n" + peterLine + enochLine).utf8))
        #expect(note.text == text)
        #expect(try note.verify(with: [peter]) == [peter])
        #expect(try note.verify(with: [enoch, peter]) == [peter, enoch])
        #expect(throws: SignedNoteError.noKnownSignature(signers: ["PeterNeumann", "EnochRoot"], known: [])) {
            try note.verify(with: [])
        }
    }

    @Test func aChangedTextOrSignatureIsRefused() throws {
        let peter = try NoteVerifier(Self.peterKey)
        let changedText = try SignedNote(Array((text.uppercased() + "\n" + peterLine).utf8))
        let wrong = SignedNoteError.wrongSignature(keyName: "PeterNeumann", keyIdentifier: 0xc74f20a3)
        #expect(throws: wrong) { try changedText.verify(with: [peter]) }
        let longer = peterLine.replacingFirst("ZJku", with: "ZJkuABCD")
        #expect(throws: wrong) { try SignedNote(Array((text + "\n" + longer).utf8)).verify(with: [peter]) }
        // One good signature does not excuse a bad one by a known key.
        let both = try SignedNote(Array((text + "\n" + peterLine + longer).utf8))
        #expect(throws: wrong) { try both.verify(with: [peter]) }
    }

    @Test func malformedNotesAreRefused() {
        let bad: [[UInt8]] = [
            [], Array(text.utf8), Array((text + "\n").utf8), Array((text + "\n" + peterLine.dropLast()).utf8),
            [1] + Array((text + "\n" + peterLine).utf8), [0xFF] + Array((text + "\n" + peterLine).utf8),
            Array((text + "\n\u{2014} Bad Name x08go/ZJ\n").utf8), Array((text + "\n- PeterNeumann x08go/ZJ\n").utf8),
            Array((text + "\n" + peterLine + "Unexpected line.\n").utf8),
            Array((text + "\n" + String(repeating: peterLine, count: 101)).utf8),
            Array((text + "\n\u{2014} PeterNeumann x08g\n").utf8),
        ]
        for bytes in bad { #expect(throws: SignedNoteError.self) { try SignedNote(bytes) } }
    }

    @Test func theTextMayHaveEmptyLinesBecauseTheLastOneSeparates() throws {
        let signer = try peterSigner()
        let note = try SignedNote(text: "one\n\ntwo\n", signers: [signer])
        let read = try SignedNote(note.bytes)
        #expect(read == note)
        #expect(try read.verify(with: [signer.verifier]) == [signer.verifier])
    }

    @Test func aSecondSignatureByTheSameKeyReplacesTheFirst() throws {
        let signer = try peterSigner()
        var note = try SignedNote(text: text, signers: [signer])
        note.add(signer)
        #expect(note.signatures.count == 1)
    }

    @Test func namesWithSpacesOrPlusSignsAreRefused() throws {
        let key = try peterSigner().key
        for name in ["", "a b", "a+b", "a\u{2003}b", "a\u{1}", "a\n"] {
            #expect(throws: SignedNoteError.badName(name)) { try NoteSigner(name: name, key: key) }
        }
    }

    @Test func textsThatCannotBeNotesAreRefused() throws {
        let signer = try peterSigner()
        for text in ["", "no line feed", "tab\t\n"] {
            #expect(throws: SignedNoteError.self) { try SignedNote(text: text, signers: [signer]) }
        }
    }
}

extension String {
    func replacingFirst(_ part: String, with other: String) -> String {
        guard let range = self.firstRange(of: part) else { return self }
        return String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
    }
}
