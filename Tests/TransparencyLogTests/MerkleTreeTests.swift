import Encoding
import Signing
import Testing
import TransparencyLog

@Suite struct MerkleTreeTests {
    private static func tree(_ size: Int) -> StoredTree {
        var tree = StoredTree()
        for index in 0..<size { tree.append(MerkleTree.leafHash(Array("leaf \(index)".utf8))) }
        return tree
    }

    @Test func theRootsOfThePublishedEightLeafTreeComeOut() {
        #expect(MerkleTree.emptyRoot == MerkleVectors.digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
        let leafHashes = MerkleVectors.leaves.map { MerkleTree.leafHash($0) }
        for size in 1...8 {
            #expect(MerkleTree.root(ofLeafHashes: leafHashes.prefix(size)) == MerkleVectors.roots[size - 1])
        }
    }

    @Test func thePublishedInclusionProofsAreMadeAndVerified() throws {
        var tree = StoredTree()
        for leaf in MerkleVectors.leaves { tree.append(MerkleTree.leafHash(leaf)) }
        for vector in MerkleVectors.inclusionProofs {
            let proof = try InclusionProof(index: vector.index, size: vector.size, node: tree.node)
            #expect(proof.path == vector.path)
            let leafHash = MerkleTree.leafHash(MerkleVectors.leaves[Int(vector.index)])
            try proof.verify(leafHash: leafHash, root: MerkleVectors.roots[Int(vector.size) - 1])
        }
    }

    @Test func thePublishedConsistencyProofsAreMadeAndVerified() throws {
        var tree = StoredTree()
        for leaf in MerkleVectors.leaves { tree.append(MerkleTree.leafHash(leaf)) }
        for vector in MerkleVectors.consistencyProofs {
            let proof = try ConsistencyProof(firstSize: vector.first, secondSize: vector.second, node: tree.node)
            #expect(proof.path == vector.path)
            try proof.verify(
                firstRoot: MerkleVectors.roots[Int(vector.first) - 1],
                secondRoot: MerkleVectors.roots[Int(vector.second) - 1])
        }
    }

    @Test func rootsOfAllSizesUpTo300EqualTheDefinition() throws {
        var tree = StoredTree()
        for size in 0...300 {
            let expected = NaiveMerkleTree.root(tree.leaves[...])
            #expect(tree.frontier.root == expected)
            #expect(try MerkleTree.root(size: UInt64(size), node: tree.node) == expected)
            #expect(tree.hashes.count == Int(StoredHashes.count(forSize: UInt64(size))))
            tree.append(MerkleTree.leafHash(Array("leaf \(size)".utf8)))
        }
    }

    @Test func inclusionProofsOfAllSizesUpTo300Hold() throws {
        let tree = Self.tree(300)
        for size in 1...300 {
            let root = try MerkleTree.root(size: UInt64(size), node: tree.node)
            for index in 0..<size {
                let proof = try InclusionProof(index: UInt64(index), size: UInt64(size), node: tree.node)
                #expect(throws: Never.self) { try proof.verify(leafHash: tree.leaves[index], root: root) }
            }
        }
    }

    @Test func consistencyProofsOfAllSizesUpTo300Hold() throws {
        let tree = Self.tree(300)
        let roots = try (0...300).map { try MerkleTree.root(size: UInt64($0), node: tree.node) }
        for second in 0...300 {
            for first in 0...second {
                let proof = try ConsistencyProof(firstSize: UInt64(first), secondSize: UInt64(second), node: tree.node)
                #expect(throws: Never.self) { try proof.verify(firstRoot: roots[first], secondRoot: roots[second]) }
            }
        }
    }

    @Test func proofsEqualTheRecursiveDefinition() throws {
        let tree = Self.tree(70)
        for size in 1...70 {
            let leaves = tree.leaves[0..<size]
            for index in 0..<size {
                let proof = try InclusionProof(index: UInt64(index), size: UInt64(size), node: tree.node)
                #expect(proof.path == NaiveMerkleTree.path(index, leaves))
                let consistency = try ConsistencyProof(
                    firstSize: UInt64(index + 1), secondSize: UInt64(size), node: tree.node)
                #expect(consistency.path == NaiveMerkleTree.proof(index + 1, leaves))
            }
        }
    }

    @Test func aChangedInclusionProofFails() throws {
        let tree = Self.tree(40)
        for size: UInt64 in 2...40 {
            let root = try MerkleTree.root(size: size, node: tree.node)
            for index in 0..<size {
                let good = try InclusionProof(index: index, size: size, node: tree.node)
                let leaf = tree.leaves[Int(index)]
                var changed = good.path.indices.map { position in
                    var path = good.path
                    path[position] = Self.flipped(path[position])
                    return InclusionProof(index: index, size: size, path: path)
                }
                changed.append(InclusionProof(index: index, size: size, path: good.path + [root]))
                changed.append(InclusionProof(index: index, size: size, path: [root] + good.path))
                changed.append(InclusionProof(index: index, size: size, path: Array(good.path.dropLast())))
                changed.append(InclusionProof(index: index ^ 1, size: size, path: good.path))
                changed.append(InclusionProof(index: size, size: size, path: good.path))
                changed.append(InclusionProof(index: index, size: size * 2, path: good.path))
                changed.append(InclusionProof(index: index, size: 0, path: good.path))
                changed.append(InclusionProof(index: .max, size: .max, path: good.path))
                for proof in changed {
                    #expect(throws: MerkleProofError.self) { try proof.verify(leafHash: leaf, root: root) }
                }
                #expect(throws: MerkleProofError.self) { try good.verify(leafHash: root, root: root) }
                #expect(throws: MerkleProofError.self) { try good.verify(leafHash: leaf, root: Self.flipped(root)) }
            }
        }
    }

    @Test func aChangedConsistencyProofFails() throws {
        let tree = Self.tree(40)
        let roots = try (0...40).map { try MerkleTree.root(size: UInt64($0), node: tree.node) }
        for second in 2...40 {
            for first in 1..<second {
                let (m, n) = (UInt64(first), UInt64(second))
                let good = try ConsistencyProof(firstSize: m, secondSize: n, node: tree.node)
                var changed = good.path.indices.map { position in
                    var path = good.path
                    path[position] = Self.flipped(path[position])
                    return ConsistencyProof(firstSize: m, secondSize: n, path: path)
                }
                changed.append(ConsistencyProof(firstSize: m, secondSize: n, path: []))
                changed.append(ConsistencyProof(firstSize: m, secondSize: n, path: good.path + [roots[first]]))
                changed.append(ConsistencyProof(firstSize: m, secondSize: n, path: [roots[second]] + good.path))
                changed.append(ConsistencyProof(firstSize: m, secondSize: n, path: Array(good.path.dropLast())))
                changed.append(ConsistencyProof(firstSize: n, secondSize: m, path: good.path))
                changed.append(ConsistencyProof(firstSize: m, secondSize: n * 2, path: good.path))
                changed.append(ConsistencyProof(firstSize: m, secondSize: m, path: good.path))
                changed.append(ConsistencyProof(firstSize: 0, secondSize: n, path: good.path))
                for proof in changed {
                    #expect(throws: MerkleProofError.self) {
                        try proof.verify(firstRoot: roots[first], secondRoot: roots[second])
                    }
                }
                #expect(throws: MerkleProofError.self) {
                    try good.verify(firstRoot: roots[second], secondRoot: roots[first])
                }
            }
        }
    }

    @Test func nothingIsConsistentWithAnyTreeOnlyAsTheEmptyTree() throws {
        let proof = ConsistencyProof(firstSize: 0, secondSize: 8, path: [])
        try proof.verify(firstRoot: MerkleTree.emptyRoot, secondRoot: MerkleVectors.roots[7])
        #expect(throws: MerkleProofError.self) {
            try proof.verify(firstRoot: MerkleVectors.roots[0], secondRoot: MerkleVectors.roots[7])
        }
    }

    @Test func proofsOutsideTheTreeAreRefused() {
        let tree = Self.tree(3)
        #expect(throws: MerkleProofError.indexOutsideTree(index: 3, size: 3)) {
            try InclusionProof(index: 3, size: 3, node: tree.node)
        }
        #expect(throws: MerkleProofError.sizesOutOfOrder(first: 4, second: 3)) {
            try ConsistencyProof(firstSize: 4, secondSize: 3, node: tree.node)
        }
        #expect(throws: MerkleProofError.sizeTooLarge(.max)) {
            try InclusionProof(index: 0, size: .max, node: tree.node)
        }
        #expect(throws: StoredTree.Missing.self) { try InclusionProof(index: 0, size: 5, node: tree.node) }
    }

    @Test func aFrontierSurvivesEncodingAndContinuesTheTree() throws {
        let tree = Self.tree(100)
        for size in 0...99 {
            let made = try MerkleFrontier(size: UInt64(size), node: tree.node)
            var read = try #require(MerkleFrontier(encoded: made.encoded()))
            #expect(read == made)
            for leaf in tree.leaves[size...] { read.append(leaf) }
            #expect(read.root == tree.frontier.root)
            #expect(MerkleFrontier(encoded: made.encoded() + [0]) == nil)
            #expect(MerkleFrontier(encoded: Array(made.encoded().dropLast())) == nil)
        }
        #expect(MerkleFrontier(encoded: [UInt8](repeating: 255, count: 8 + 64 * 32)) == nil)
    }

    private static func flipped(_ digest: SHA256Digest) -> SHA256Digest {
        var bytes = digest.bytes
        bytes[0] ^= 8
        return SHA256Digest(bytes) ?? .zero
    }
}
