import Signing

/// A public key that verifies signed notes: a name and an Ed25519 key (C2SP signed-note, signature type 0x01).
///
/// Its text form, the *verifier key*, is `name+key identifier (8 hexadecimal digits)+base64(0x01 ‖ 32-byte key)`.
public struct NoteVerifier: Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public let key: VerificationKey
    /// The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key), big-endian.
    public let keyIdentifier: UInt32

    static let ed25519: UInt8 = 0x01

    /// Throws ``SignedNoteError/badName(_:)``.
    public init(name: String, key: VerificationKey) throws(SignedNoteError) {
        self.init(try VerifierKeyText(name: name, key: key, type: Self.ed25519))
    }

    /// Reads a verifier key; throws ``SignedNoteError/badVerifierKey(_:reason:)``.
    public init(_ text: String) throws(SignedNoteError) {
        self.init(try VerifierKeyText(text, type: Self.ed25519, typeName: "Ed25519, for notes"))
    }

    private init(_ form: VerifierKeyText) {
        name = form.name
        key = form.key
        keyIdentifier = form.keyIdentifier
    }

    /// The verifier key.
    public var description: String {
        VerifierKeyText.text(name: name, keyIdentifier: keyIdentifier, key: key, type: Self.ed25519)
    }
}
