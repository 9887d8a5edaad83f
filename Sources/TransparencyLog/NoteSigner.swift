import Encoding
import Signing

/// A named Ed25519 key that signs notes (C2SP signed-note, signature type 0x01).
public struct NoteSigner: Sendable {
    public let key: SigningKey
    public let verifier: NoteVerifier

    public var name: String { verifier.name }

    /// Throws ``SignedNoteError/badName(_:)``.
    public init(name: String, key: SigningKey) throws(SignedNoteError) {
        self.key = key
        verifier = try NoteVerifier(name: name, key: key.verificationKey)
    }

    func signature(of text: String) -> NoteSignature {
        NoteSignature(
            keyName: name, keyIdentifier: verifier.keyIdentifier, signature: key.sign(Array(text.utf8)))
    }
}
