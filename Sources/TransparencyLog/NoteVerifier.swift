import Encoding
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
        guard Self.isName(name) else { throw .badName(name) }
        self.name = name
        self.key = key
        keyIdentifier = SHA256.hash(Array(name.utf8) + [0x0A, Self.ed25519] + key.bytes).withUnsafeBytes {
            UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self))
        }
    }

    /// Reads a verifier key; throws ``SignedNoteError/badVerifierKey(_:reason:)``.
    public init(_ text: String) throws(SignedNoteError) {
        // The base64 part may itself hold plus signs, so only the first two separate.
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else { throw .badVerifierKey(text, reason: "it does not have three parts joined by plus signs") }
        guard Self.isName(parts[0]) else { throw .badVerifierKey(text, reason: "its name is empty or has a space in it") }
        guard let typedKey = Base64.decode(parts[2]) else {
            throw .badVerifierKey(text, reason: "its last part is not base64")
        }
        guard typedKey.first == Self.ed25519 else {
            throw .badVerifierKey(text, reason: "its key is not of type 0x01 (Ed25519)")
        }
        guard let key = VerificationKey(Array(typedKey.dropFirst())) else {
            throw .badVerifierKey(text, reason: "its last part does not hold a usable 32-byte Ed25519 key")
        }
        try self.init(name: parts[0], key: key)
        guard parts[1] == Self.hexadecimal(keyIdentifier) else {
            throw .badVerifierKey(
                text, reason: "its key identifier is not \(Self.hexadecimal(keyIdentifier)), which name and key give")
        }
    }

    /// The verifier key.
    public var description: String {
        "\(name)+\(Self.hexadecimal(keyIdentifier))+\(Base64.encode([Self.ed25519] + key.bytes))"
    }

    static func hexadecimal(_ identifier: UInt32) -> String {
        Hexadecimal.encode([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: identifier >> UInt32($0)) })
    }

    /// Key names are not empty and hold neither white space nor plus signs; nor control characters, because a note may not.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty
            && name.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "+" && $0.value >= 0x20 }
    }
}
