import CSodium

/// Why something cannot be sealed to a key, or opened with it.
public enum SealedBoxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The public key has no X25519 form: it is of small order.
    case unusableKey
    case tooShort(count: Int)
    /// It is sealed to another key, or was changed.
    case notForThisKey

    public var description: String {
        switch self {
        case .unusableKey: "nothing can be sealed to this key; register one that was made with \"hexi keys new\""
        case .tooShort(let count): "a sealed message has at least \(SealedBox.overhead) bytes, this has \(count)"
        case .notForThisKey: "this was sealed to another key, or has been changed since"
        }
    }
}

/// Messages that only the holder of an Ed25519 signing key can read: libsodium's sealed boxes (X25519, XSalsa20-Poly1305, a
/// one-time sender's key in front) to the key's X25519 form (RFC 7748, by the birational map of its section 4.1).
public enum SealedBox {
    /// How the format is named where it travels.
    public static let algorithm = "X25519-XSalsa20-Poly1305-sealed"
    /// By how many bytes a sealed message is longer than the message.
    public static let overhead = Int(crypto_box_PUBLICKEYBYTES + crypto_box_MACBYTES)

    /// Seals a message; nobody can tell who did, and the sender cannot open it again.
    public static func seal(_ message: [UInt8], to key: VerificationKey) throws(SealedBoxError) -> [UInt8] {
        Sodium.makeReady()
        var recipient = [UInt8](repeating: 0, count: Int(crypto_box_PUBLICKEYBYTES))
        guard crypto_sign_ed25519_pk_to_curve25519(&recipient, key.bytes) == 0 else { throw .unusableKey }
        var sealed = [UInt8](repeating: 0, count: message.count + overhead)
        guard crypto_box_seal(&sealed, message, UInt64(message.count), recipient) == 0 else { throw .unusableKey }
        return sealed
    }
}

extension SigningKey {
    /// Opens what ``SealedBox/seal(_:to:)`` sealed to this key's public half.
    public func open(_ sealed: [UInt8]) throws(SealedBoxError) -> [UInt8] {
        guard sealed.count >= SealedBox.overhead else { throw .tooShort(count: sealed.count) }
        var recipient = [UInt8](repeating: 0, count: Int(crypto_box_PUBLICKEYBYTES))
        guard crypto_sign_ed25519_pk_to_curve25519(&recipient, verificationKey.bytes) == 0 else { throw .unusableKey }
        let secret = SecretBytes(count: Int(crypto_box_SECRETKEYBYTES)) { buffer in
            withSecret { secret in
                if let output = buffer.bindMemory(to: UInt8.self).baseAddress,
                    let input = secret.bindMemory(to: UInt8.self).baseAddress
                {
                    crypto_sign_ed25519_sk_to_curve25519(output, input)
                }
            }
        }
        var message = [UInt8](repeating: 0, count: sealed.count - SealedBox.overhead)
        let isOpen = secret.withUnsafeBytes { secretBytes in
            guard let base = secretBytes.bindMemory(to: UInt8.self).baseAddress else { return false }
            return crypto_box_seal_open(&message, sealed, UInt64(sealed.count), recipient, base) == 0
        }
        guard isOpen else { throw .notForThisKey }
        return message
    }
}
