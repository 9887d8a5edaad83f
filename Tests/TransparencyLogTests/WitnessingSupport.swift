import Signing
import TransparencyLog

/// Keys, and the hashes of a made-up log, for the tests of witnesses.
enum Witnessing {
    static func key(_ number: Int) throws -> SigningKey {
        try SigningKey(seed: (0..<32).map { $0 == 0 ? UInt8(number & 0xFF) : UInt8(number >> 8 & 0xFF) })
    }

    static func cosigner(_ number: Int) throws -> Cosigner {
        try Cosigner(name: "witness.example/w\(number)", key: try key(1000 + number))
    }

    static func log(_ number: Int = 0, name: String = "log.example/a") throws -> NoteSigner {
        try NoteSigner(name: name, key: try key(number))
    }

    /// The checkpoint of a log's first `size` entries; `branch` makes another history from the first entry on.
    static func checkpoint(size: UInt64, origin: String = "log.example/a", branch: UInt8 = 0) -> Checkpoint {
        Checkpoint(origin: origin, size: size, root: MerkleTree.root(size: size) { node($0, $1, branch) })
    }

    static func proof(from first: UInt64, to second: UInt64, branch: UInt8 = 0) throws -> [SHA256Digest] {
        try ConsistencyProof(firstSize: first, secondSize: second) { node($0, $1, branch) }.path
    }

    private static func node(_ level: UInt8, _ index: UInt64, _ branch: UInt8) -> SHA256Digest {
        guard level > 0 else { return MerkleTree.leafHash(Array("entry \(index) of \(branch)".utf8)) }
        return MerkleTree.nodeHash(node(level - 1, 2 * index, branch), node(level - 1, 2 * index + 1, branch))
    }
}
