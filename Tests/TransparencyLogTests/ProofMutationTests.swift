import Signing
import Testing
import TransparencyLog

/// Every proof of every small tree holds, and none holds once anything about it is changed.
///
/// Trees up to 48 entries get every change at every place; larger ones, up to 300, every kind of change to every proof at
/// one place that moves with the proof, since the full product would take minutes.
@Suite struct ProofMutationTests {
    private let tree: StoredTree
    private let roots: [SHA256Digest]
    private static let thorough = 48

    init() {
        var tree = StoredTree()
        var roots = [tree.frontier.root]
        for number in 0..<300 {
            tree.append(MerkleTree.leafHash(Array("leaf \(number)".utf8)))
            roots.append(tree.frontier.root)
        }
        (self.tree, self.roots) = (tree, roots)
    }

    @Test func noChangedInclusionProofOfATreeUpTo300Holds() throws {
        for size in 1...300 {
            for index in 0..<size {
                let proof = try InclusionProof(index: UInt64(index), size: UInt64(size), node: tree.node)
                let leaf = tree.leaves[index]
                try proof.verify(leafHash: leaf, root: roots[size])
                let isThorough = size <= Self.thorough
                var accepted = 0
                for path in changes(of: proof.path, everywhere: isThorough, moving: index + size) {
                    accepted += holds(InclusionProof(index: UInt64(index), size: UInt64(size), path: path), leaf, roots[size])
                }
                for other in others(than: index, below: size, all: isThorough) {
                    // Another place of the same leaf, and another leaf at the same place.
                    accepted += holds(InclusionProof(index: UInt64(other), size: UInt64(size), path: proof.path), leaf, roots[size])
                    accepted += holds(proof, tree.leaves[other], roots[size])
                }
                for other in others(than: size, below: isThorough ? Self.thorough + 1 : 301, all: isThorough) {
                    // Another tree's root, under the proof's size and under that tree's.
                    accepted += holds(proof, leaf, roots[other])
                    accepted += holds(InclusionProof(index: UInt64(index), size: UInt64(other), path: proof.path), leaf, roots[other])
                }
                #expect(accepted == 0, "leaf \(index) of \(size)")
            }
        }
    }

    @Test func noChangedConsistencyProofBetweenTreesUpTo64Holds() throws {
        for second in 1...64 {
            for first in 1...second {
                let (m, n) = (UInt64(first), UInt64(second))
                let proof = try ConsistencyProof(firstSize: m, secondSize: n, node: tree.node)
                try proof.verify(firstRoot: roots[first], secondRoot: roots[second])
                let isThorough = second <= Self.thorough
                var accepted = 0
                for path in changes(of: proof.path, everywhere: true, moving: 0) {
                    let changed = ConsistencyProof(firstSize: m, secondSize: n, path: path)
                    accepted += holds(changed, roots[first], roots[second])
                }
                for other in others(than: first, below: 65, all: isThorough) {
                    accepted += holds(proof, roots[other], roots[second])
                    let moved = ConsistencyProof(firstSize: UInt64(other), secondSize: n, path: proof.path)
                    accepted += holds(moved, roots[first], roots[second])
                }
                for other in others(than: second, below: 65, all: isThorough) {
                    accepted += holds(proof, roots[first], roots[other])
                    let moved = ConsistencyProof(firstSize: m, secondSize: UInt64(other), path: proof.path)
                    accepted += holds(moved, roots[first], roots[other])
                }
                #expect(accepted == 0, "from \(first) to \(second)")
            }
        }
    }

    /// Paths with one hash flipped, dropped, added, doubled, or exchanged with the next.
    private func changes(of path: [SHA256Digest], everywhere: Bool, moving: Int) -> [[SHA256Digest]] {
        var changes = [[roots[1]] + path, path + [roots[1]]]
        if let last = path.last { changes.append(path + [last]) }
        let places = everywhere ? Array(path.indices) : path.isEmpty ? [] : [moving % path.count]
        for place in places {
            for bit in everywhere ? [0, 255] : [moving % 256] {
                var changed = path
                changed[place] = Self.flipped(path[place], bit: bit)
                changes.append(changed)
            }
            var changed = path
            changed.remove(at: place)
            changes.append(changed)
            changed.insert(contentsOf: [roots[1], path[place]], at: place)
            changes.append(changed)
            if place + 1 < path.count {
                changed = path
                changed.swapAt(place, place + 1)
                changes.append(changed)
            }
        }
        return changes
    }

    private func others(than own: Int, below limit: Int, all: Bool) -> [Int] {
        let candidates = all ? Array(0..<limit) : [own ^ 1, own / 2, own + 1, limit - 1]
        return candidates.filter { $0 != own && $0 >= 0 && $0 < limit }
    }

    private func holds(_ proof: InclusionProof, _ leaf: SHA256Digest, _ root: SHA256Digest) -> Int {
        (try? proof.verify(leafHash: leaf, root: root)) == nil ? 0 : 1
    }

    private func holds(_ proof: ConsistencyProof, _ first: SHA256Digest, _ second: SHA256Digest) -> Int {
        (try? proof.verify(firstRoot: first, secondRoot: second)) == nil ? 0 : 1
    }

    private static func flipped(_ digest: SHA256Digest, bit: Int) -> SHA256Digest {
        var bytes = digest.bytes
        bytes[bit / 8] ^= 1 << UInt8(bit % 8)
        return SHA256Digest(bytes) ?? .zero
    }
}
