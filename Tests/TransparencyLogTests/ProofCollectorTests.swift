import Signing
import Testing
import TransparencyLog

@Suite struct ProofCollectorTests {
    private func leaf(_ index: UInt64) -> SHA256Digest { MerkleTree.leafHash(Array("leaf \(index)".utf8)) }

    private func collect(_ targets: Set<UInt64>, size: UInt64, behind: UInt64 = 0) throws -> ProofCollector {
        var collector = try ProofCollector(size: size)
        for index in 0..<size + behind { collector.append(leaf(index), isTarget: targets.contains(index)) }
        return collector
    }

    @Test func theSharedVectorsComeOut() throws {
        for vector in MerkleVectors.inclusionProofs {
            var collector = try ProofCollector(size: vector.size)
            for (index, entry) in MerkleVectors.leaves.enumerated() {
                collector.append(MerkleTree.leafHash(entry), isTarget: UInt64(index) == vector.index)
            }
            #expect(collector.root == MerkleVectors.roots[Int(vector.size) - 1])
            #expect(collector.proof(of: vector.index)?.path == vector.path)
        }
    }

    @Test(arguments: Array(1...64 as ClosedRange<UInt64>)) func anEntryAloneHasItsProof(size: UInt64) throws {
        let root = MerkleTree.root(ofLeafHashes: (0..<size).map(leaf))
        for index in 0..<size {
            let collector = try collect([index], size: size, behind: 3)
            #expect(collector.isComplete && collector.count == size && collector.root == root)
            let proof = try #require(collector.proof(of: index))
            try proof.verify(leafHash: leaf(index), root: root)
        }
    }

    @Test func manyEntriesAtOnceHaveTheirProofs() throws {
        var generator = FixedGenerator(seed: 20)
        for _ in 0..<40 {
            let size = UInt64.random(in: 1...700, using: &generator)
            let targets = Set((0..<Int.random(in: 1...60, using: &generator)).map { _ in UInt64.random(in: 0..<size, using: &generator) })
            let collector = try collect(targets, size: size)
            for index in targets {
                try #require(collector.proof(of: index)).verify(leafHash: leaf(index), root: collector.root)
            }
        }
    }

    @Test func thereIsNoProofBeforeTheEndNorOfWhatWasNotWanted() throws {
        var collector = try ProofCollector(size: 9)
        for index in 0..<8 as Range<UInt64> { collector.append(leaf(index), isTarget: index == 2) }
        #expect(!collector.isComplete)
        #expect(collector.proof(of: 2) == nil)
        collector.append(leaf(8))
        #expect(collector.proof(of: 2) != nil)
        #expect(collector.proof(of: 5) == nil)
        #expect(collector.proof(of: 9) == nil)
        #expect(throws: MerkleProofError.sizeTooLarge(1 << 63)) { try ProofCollector(size: 1 << 63) }
    }
}

/// SplitMix64 (Steele, Lea and Flood 2014), so that random cases are the same every time.
struct FixedGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
