import Glibc
import Signing

/// Why the vault could not do what was asked.
public enum VaultError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A key must have 32 bytes.
    case badKey(count: Int)
    /// The folder was made with another key.
    case wrongKey(directory: String)
    /// A key file that is not one line of 32 bytes in base64 or hexadecimal, or that others may read.
    case badKeyFile(path: String, reason: String)
    /// Nothing with this content hash is stored.
    case notFound(SHA256Digest)
    /// What is stored is not what was put in: changed, truncated, swapped with another file, or from another vault.
    case damaged(SHA256Digest?, path: String, reason: String)
    /// The content has more bytes than the caller allows.
    case tooLarge(SHA256Digest, count: UInt64, limit: UInt64)
    /// The system refused an operation; `number` is its `errno`.
    case system(operation: String, path: String, number: Int32)
    /// libsodium could not be started or gave no memory.
    case cryptography(reason: String)

    public var description: String {
        switch self {
        case .badKey(let count): "a vault key has 32 bytes, this one has \(count)"
        case .wrongKey(let directory):
            "the vault \(directory) was made with another key; give the vault.key that belongs to it"
        case .badKeyFile(let path, let reason): "the vault key file \(path) \(reason)"
        case .notFound(let digest): "the vault holds nothing with the content hash \(digest)"
        case .damaged(let digest, let path, let reason):
            "the vault's file \(path)\(digest.map { " for content \($0)" } ?? "") is damaged: \(reason);"
                + " restore it from a backup or store the content again"
        case .tooLarge(let digest, let count, let limit):
            "content \(digest) has \(count) bytes, at most \(limit) are allowed here"
        case .system(let operation, let path, let number):
            "cannot \(operation) \(path): \(String(cString: strerror(number)))"
        case .cryptography(let reason): "the cryptographic library failed: \(reason)"
        }
    }
}
