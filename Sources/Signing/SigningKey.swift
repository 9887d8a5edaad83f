import CSodium

/// Why bytes cannot be a signing key.
public enum SigningKeyError: Error, Sendable, Hashable, CustomStringConvertible {
    case wrongSeedCount(Int)

    public var description: String {
        switch self {
        case .wrongSeedCount(let count): "an Ed25519 seed has 32 bytes, not \(count)"
        }
    }
}

/// An Ed25519 key pair (RFC 8032). The secret half lives in guarded memory and is wiped with the last reference.
public final class SigningKey: Sendable {
    /// libsodium's form of the secret key: the 32 bytes of the seed, then the 32 of the public key.
    private let secret: SecretBytes
    public let verificationKey: VerificationKey

    /// The public key's thumbprint.
    public var keyIdentifier: String { verificationKey.keyIdentifier }

    private init(secret: SecretBytes) {
        self.secret = secret
        let publicKey = secret.withUnsafeBytes { Array($0[32..<64]) }
        verificationKey = VerificationKey(derived: publicKey)
    }

    /// A new key from the system's random generator.
    public static func generate() -> SigningKey {
        let seed = SecretBytes(count: 32) { buffer in
            if let base = buffer.baseAddress { randombytes_buf(base, buffer.count) }
        }
        return SigningKey(seed: seed)
    }

    /// The key of a seed of 32 bytes. The caller's copy stays the caller's to wipe.
    public convenience init(seed: [UInt8]) throws(SigningKeyError) {
        guard seed.count == Int(crypto_sign_SEEDBYTES) else { throw .wrongSeedCount(seed.count) }
        self.init(seed: SecretBytes(copying: seed))
    }

    /// The key of a seed in guarded memory, which holds exactly 32 bytes.
    convenience init(seed: SecretBytes) {
        let secret = SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES)) { buffer in
            var publicKey = [UInt8](repeating: 0, count: Int(crypto_sign_PUBLICKEYBYTES))
            seed.withUnsafeBytes { seedBytes in
                if let output = buffer.bindMemory(to: UInt8.self).baseAddress,
                    let input = seedBytes.bindMemory(to: UInt8.self).baseAddress
                {
                    crypto_sign_seed_keypair(&publicKey, output, input)
                }
            }
        }
        self.init(secret: secret)
    }

    /// The signature, 64 bytes; the same message always gives the same signature.
    public func sign(_ message: [UInt8]) -> [UInt8] {
        secret.withUnsafeBytes { secretBytes in
            [UInt8](unsafeUninitializedCapacity: Int(crypto_sign_BYTES)) { output, count in
                if let key = secretBytes.bindMemory(to: UInt8.self).baseAddress, let base = output.baseAddress {
                    crypto_sign_detached(base, nil, message, UInt64(message.count), key)
                    count = Int(crypto_sign_BYTES)
                }
            }
        }
    }

    /// Lends the secret key, 64 bytes, to one who makes another form of it (``SealedBox``).
    func withSecret<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result { secret.withUnsafeBytes(body) }

    /// Lends the seed, 32 bytes, to one who writes it down (``KeyFile``).
    func withSeed<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        secret.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<32])) }
    }
}
