import Encoding

/// One signature line of a note: em dash, space, key name, space, base64(key identifier ‖ signature).
public struct NoteSignature: Sendable, Hashable {
    public let keyName: String
    public let keyIdentifier: UInt32
    /// What the signature type makes of it: 64 bytes for Ed25519.
    public let signature: [UInt8]

    public init(keyName: String, keyIdentifier: UInt32, signature: [UInt8]) {
        self.keyName = keyName
        self.keyIdentifier = keyIdentifier
        self.signature = signature
    }

    /// `name+key identifier`, as the verifier key of whoever signed begins.
    public var keyDescription: String { "\(keyName)+\(VerifierKeyText.hexadecimal(keyIdentifier))" }

    /// The line without its line feed.
    public var line: String {
        let identifier = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: keyIdentifier >> UInt32($0)) }
        return "\u{2014} \(keyName) \(Base64.encode(identifier + signature))"
    }

    /// Reads a line without its line feed; `nil` unless it is one.
    init?(line: Substring) {
        let parts = line.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "\u{2014}", VerifierKeyText.isName(String(parts[1])),
            let bytes = Base64.decode(String(parts[2])), bytes.count > 4
        else { return nil }
        keyName = String(parts[1])
        keyIdentifier = bytes[0..<4].reduce(0) { $0 << 8 | UInt32($1) }
        signature = Array(bytes[4...])
    }
}
