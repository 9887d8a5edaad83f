import Signing

/// What a stored content is for. It is a label for people and for clean-up; it is not part of the address.
public enum VaultKind: UInt8, Sendable, Hashable, CaseIterable, CustomStringConvertible {
    /// An immutable snapshot of a product's data.
    case snapshot = 1
    /// A signed statement that is kept private; the ledger holds its salted hash.
    case statement = 2
    /// The result of a run.
    case result = 3
    /// Any other private document.
    case document = 4

    public var description: String {
        switch self {
        case .snapshot: "snapshot"
        case .statement: "statement"
        case .result: "result"
        case .document: "document"
        }
    }
}

/// What the vault knows of one content without decrypting it whole.
public struct VaultItem: Sendable, Hashable {
    /// SHA-256 of the plain content.
    public var digest: SHA256Digest
    public var kind: VaultKind
    /// Size of the plain content in bytes.
    public var count: UInt64
    /// Size of the encrypted file in bytes.
    public var storedCount: UInt64
}
