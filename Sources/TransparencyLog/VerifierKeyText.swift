import Encoding
import Signing

/// The text form of a note's Ed25519 public key, whatever its signature type (C2SP signed-note, *verifier key*):
/// `name+key identifier (8 hexadecimal digits)+base64(type ‖ 32-byte key)`.
struct VerifierKeyText {
    let name: String
    let key: VerificationKey
    let type: UInt8

    /// Throws ``SignedNoteError/badName(_:)``.
    init(name: String, key: VerificationKey, type: UInt8) throws(SignedNoteError) {
        guard Self.isName(name) else { throw .badName(name) }
        self.name = name
        self.key = key
        self.type = type
    }

    /// Reads a verifier key of one type; throws ``SignedNoteError/badVerifierKey(_:reason:)``.
    ///
    /// - Parameter typeName: says in an error what keys of the type are for.
    init(_ text: String, type: UInt8, typeName: String) throws(SignedNoteError) {
        // The base64 part may itself hold plus signs, so only the first two separate.
        let parts = text.split(separator: "+", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else { throw .badVerifierKey(text, reason: "it does not have three parts joined by plus signs") }
        guard Self.isName(parts[0]) else { throw .badVerifierKey(text, reason: "its name is empty or has a space in it") }
        guard let typedKey = Base64.decode(parts[2]) else {
            throw .badVerifierKey(text, reason: "its last part is not base64")
        }
        guard typedKey.first == type else {
            throw .badVerifierKey(text, reason: "its key is not of type 0x\(Hexadecimal.encode([type])) (\(typeName))")
        }
        guard let key = VerificationKey(Array(typedKey.dropFirst())) else {
            throw .badVerifierKey(text, reason: "its last part does not hold a usable 32-byte Ed25519 key")
        }
        try self.init(name: parts[0], key: key, type: type)
        guard parts[1] == Self.hexadecimal(keyIdentifier) else {
            throw .badVerifierKey(
                text, reason: "its key identifier is not \(Self.hexadecimal(keyIdentifier)), which name and key give")
        }
    }

    /// The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key), big-endian.
    var keyIdentifier: UInt32 {
        SHA256.hash(Array(name.utf8) + [0x0A, type] + key.bytes).withUnsafeBytes {
            UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self))
        }
    }

    /// The text form of a key whose identifier is known.
    static func text(name: String, keyIdentifier: UInt32, key: VerificationKey, type: UInt8) -> String {
        "\(name)+\(hexadecimal(keyIdentifier))+\(Base64.encode([type] + key.bytes))"
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
