import Encoding
import Signing

/// A witness' public key: a name and an Ed25519 key (C2SP tlog-cosignature, signature type 0x04).
///
/// Its text form is `name+key identifier (8 hexadecimal digits)+base64(0x04 ‖ 32-byte key)`. A cosignature says that the
/// witness had seen, at the time that it holds, no larger tree of the log than this one, and that the log had only grown.
public struct CosignatureVerifier: Sendable, Hashable, CustomStringConvertible {
    public let name: String
    public let key: VerificationKey
    /// The first four bytes of SHA-256(name ‖ 0x0A ‖ 0x04 ‖ key), big-endian.
    public let keyIdentifier: UInt32

    static let type: UInt8 = 0x04
    /// The latest time that a cosignature may hold, in POSIX seconds.
    static let latestTime = UInt64(Int64.max)
    private static let timeCount = 8
    private static let signatureCount = 64

    /// Throws ``SignedNoteError/badName(_:)``.
    public init(name: String, key: VerificationKey) throws(SignedNoteError) {
        self.init(try VerifierKeyText(name: name, key: key, type: Self.type))
    }

    /// Reads a verifier key; throws ``SignedNoteError/badVerifierKey(_:reason:)``.
    public init(_ vkey: String) throws(SignedNoteError) {
        self.init(try VerifierKeyText(vkey, type: Self.type, typeName: "Ed25519, for cosignatures"))
    }

    private init(_ form: VerifierKeyText) {
        name = form.name
        key = form.key
        keyIdentifier = form.keyIdentifier
    }

    /// The verifier key.
    public var description: String {
        VerifierKeyText.text(name: name, keyIdentifier: keyIdentifier, key: key, type: Self.type)
    }

    /// Whether a signature names this key; it may still be wrong.
    public func isNamed(by signature: NoteSignature) -> Bool {
        signature.keyIdentifier == keyIdentifier && signature.keyName.utf8.elementsEqual(name.utf8)
    }

    /// When this key cosigned the text of a note, in POSIX seconds; `nil` unless the signature is one by this key, of
    /// this text, with a time of at most 2^63 − 1.
    public func time(of signature: NoteSignature, on text: String) -> UInt64? {
        guard isNamed(by: signature), signature.signature.count == Self.timeCount + Self.signatureCount else { return nil }
        let time = signature.signature.prefix(Self.timeCount).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard time <= Self.latestTime,
            key.isValid(
                signature: Array(signature.signature.dropFirst(Self.timeCount)), for: Self.message(text, time: time))
        else { return nil }
        return time
    }

    /// What is signed: two lines that no note text of a log begins with, and the note text.
    static func message(_ text: String, time: UInt64) -> [UInt8] {
        Array("cosignature/v1\ntime \(time)\n".utf8) + Array(text.utf8)
    }
}
