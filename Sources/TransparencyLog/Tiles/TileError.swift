import Signing

/// Why a tile is not what the tree's root calls for, or cannot be asked for.
public enum TileError: Error, Equatable, CustomStringConvertible {
    case wrongLength(Tile, expected: Int, actual: Int)
    /// The hash over a full tile is not the one in the tile above it.
    case differsFromParent(Tile, expected: SHA256Digest, computed: SHA256Digest)
    /// The partial tiles at the tree's right edge do not give its root.
    case wrongRoot(size: UInt64, expected: SHA256Digest, computed: SHA256Digest)
    /// An entry bundle's entry does not have its leaf hash.
    case wrongEntry(Tile, sequence: UInt64)
    case badBundle(Tile, reason: String)
    case outsideTree(String, size: UInt64)
    case sizeTooLarge(UInt64)

    public var description: String {
        switch self {
        case .wrongLength(let tile, let expected, let actual):
            "\(tile) has \(actual) bytes where \(tile.width) hashes have \(expected)"
        case .differsFromParent(let tile, let expected, let computed):
            "\(tile) is not the tree's: its hash is \(computed), the tile above it has \(expected)"
        case .wrongRoot(let size, let expected, let computed):
            "the partial tiles of a tree of \(size) entries give the root \(computed), not \(expected)"
        case .wrongEntry(let tile, let sequence):
            "entry \(sequence) in \(tile) is not the one whose hash is in the tree"
        case .badBundle(let tile, let reason): "\(tile): \(reason)"
        case .outsideTree(let what, let size): "a tree of \(size) entries does not have \(what)"
        case .sizeTooLarge(let size):
            "a tree of \(size) entries is too large: at most \(MerkleTree.maximumSize)"
        }
    }
}
