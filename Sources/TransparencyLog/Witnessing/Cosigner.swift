import Signing

/// A named Ed25519 key that cosigns checkpoints of other logs (C2SP tlog-cosignature, signature type 0x04).
///
/// The signed message does not hold the name, so a key must never serve two names, and no other purpose.
public struct Cosigner: Sendable {
    public let verifier: CosignatureVerifier
    private let key: SigningKey

    /// Throws ``SignedNoteError/badName(_:)``.
    public init(name: String, key: SigningKey) throws(SignedNoteError) {
        self.key = key
        verifier = try CosignatureVerifier(name: name, key: key.verificationKey)
    }

    public var name: String { verifier.name }

    /// The cosignature of a note text: eight bytes of time, big-endian, then 64 of signature.
    ///
    /// - Parameter unixSeconds: POSIX seconds; later times than 2^63 − 1 cannot be said and become that.
    public func cosign(_ text: String, at unixSeconds: UInt64) -> NoteSignature {
        let time = min(unixSeconds, CosignatureVerifier.latestTime)
        let timeBytes = stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: time >> $0) }
        return NoteSignature(
            keyName: name, keyIdentifier: verifier.keyIdentifier,
            signature: timeBytes + key.sign(CosignatureVerifier.message(text, time: time)))
    }
}
