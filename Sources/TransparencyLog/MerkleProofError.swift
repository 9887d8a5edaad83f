import Signing

/// Why a proof cannot be made or does not hold.
public enum MerkleProofError: Error, Equatable, CustomStringConvertible {
    /// The proof was asked for, or claimed, outside the tree.
    case indexOutsideTree(index: UInt64, size: UInt64)
    case sizesOutOfOrder(first: UInt64, second: UInt64)
    case sizeTooLarge(UInt64)
    case wrongLength(expected: Int, actual: Int)
    case wrongRoot(size: UInt64, expected: SHA256Digest, computed: SHA256Digest)

    public var description: String {
        switch self {
        case .indexOutsideTree(let index, let size):
            "entry \(index) is not in a tree of \(size) entries: the index must be below the size"
        case .sizesOutOfOrder(let first, let second):
            "a tree of \(first) entries cannot be the start of one of \(second): the first size must not be the larger"
        case .sizeTooLarge(let size):
            "a tree of \(size) entries is too large: at most \(MerkleTree.maximumSize)"
        case .wrongLength(let expected, let actual):
            "the proof has \(actual) hashes where \(expected) are needed"
        case .wrongRoot(let size, let expected, let computed):
            "the proof leads to the root \(computed) for \(size) entries, not to \(expected)"
        }
    }
}
