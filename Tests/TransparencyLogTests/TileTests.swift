import Signing
import Testing
import TransparencyLog

@Suite struct TileTests {
    @Test(arguments: [
        (Tile.Content.hashes(level: 0), 0, 256, "tile/0/000"), (.hashes(level: 0), 1_234_067, 256, "tile/0/x001/x234/067"),
        (.hashes(level: 1), 1_234_067, 3, "tile/1/x001/x234/067.p/3"), (.entries, 0, 1, "tile/entries/000.p/1"),
        (.entries, 999, 255, "tile/entries/999.p/255"), (.entries, 1000, 256, "tile/entries/x001/000"),
        (.hashes(level: 7), 0, 64, "tile/7/000.p/64"),
    ] as [(Tile.Content, UInt64, Int, String)])
    func thePathsOfTheSpecificationComeOutAndAreRead(content: Tile.Content, index: UInt64, width: Int, path: String) throws {
        let tile = try #require(Tile(content, index: index, width: width))
        #expect(tile.path == path)
        #expect(Tile(path: path) == tile)
        #expect(Tile(path: Substring(path)) == tile)
    }

    /// The example of the specification.
    @Test func aTreeOfSeventyThousandEntriesHasTheTilesOfTheSpecification() {
        func counts(_ level: UInt8) -> (UInt64, Int) {
            (Tile.fullCount(of: .hashes(level: level), treeSize: 70_000),
             Tile.partialWidth(of: .hashes(level: level), treeSize: 70_000))
        }
        #expect(counts(0) == (273, 112))
        #expect(counts(1) == (1, 17))
        #expect(counts(2) == (0, 1))
        #expect(counts(3) == (0, 0))
        #expect(Tile.rightEdge(treeSize: 70_000).map(\.path) == ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"])
        #expect(Tile.rightEdge(treeSize: 256).map(\.path) == ["tile/1/000.p/1"])
        #expect(Tile.rightEdge(treeSize: 0).isEmpty)
    }

    @Test(arguments: [
        "", "tile", "tile/", "tile/0", "tile/0/", "tile//000", "/tile/0/000", "tile/0/000/", "Tile/0/000", "tile/0/0", "tile/0/00",
        "tile/0/0000", "tile/0/1234", "tile/0/x000/001", "tile/0/x01/000", "tile/0/x001", "tile/0/x001/", "tile/0/001/000",
        "tile/0/x001/x000", "tile/0/X001/000", "tile/00/000", "tile/01/000", "tile/-1/000", "tile/+0/000", "tile/8/000",
        "tile/64/000", "tile/63/000", "tile/256/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0", "tile/0/000.p/00",
        "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/1000", "tile/0/000.p/1/", "tile/0/000.p/1/2", "tile/0/000.p/-1",
        "tile/0/000.P/1", "tile/0/000.q/1", "tile/0/.p/1", "tile/.p/1", "tile/0/x001.p/1", "tile/entries", "tile/entries/",
        "tile/entry/000", "tile/entries/000.p/256", "tile/../000", "tile/0/../000", "tile/0/%30%30%30", "tile/0/000\0",
        "tile/0/000\n", " tile/0/000", "tile/0/000 ", "tile/0/٠٠٠", "tile/0/000?x=1", "tile/7/001", "tile/7/000.p/65",
        "tile/7/000", "tile/0/x999/x999/x999/x999/x999/x999/999", "tile/0/x999/x999/x999/x999/x999/999",
        "tile/0/x018/x014/x398/x509/x481/984", "tile/entries/" + String(repeating: "x001/", count: 1000) + "001",
    ])
    func aPathInAnyOtherFormIsRefused(path: String) { #expect(Tile(path: path) == nil) }

    @Test func theLastTileOfTheLargestTreeHasAPathAndTheOneBehindItDoesNot() throws {
        let last = try #require(Tile(.entries, index: 1 << 54 - 1))
        #expect(last.entryRange.upperBound == MerkleTree.maximumSize)
        #expect(Tile(path: last.path) == last)
        #expect(last.path == "tile/entries/x018/x014/x398/x509/x481/983")
        #expect(Tile(.entries, index: 1 << 54, width: 1) == nil)
        for level in 0...UInt8.max {
            for index in [0, 1, 63, 64, 65, .max >> 8, .max / 2, .max - 1, UInt64.max] {
                for width in [Int.min, -1, 0, 1, 255, 256, 257, .max] {
                    guard let tile = Tile(.hashes(level: level), index: index, width: width) else { continue }
                    #expect(tile.entryRange.upperBound <= MerkleTree.maximumSize && !tile.entryRange.isEmpty)
                    #expect(Tile(path: tile.path) == tile)
                }
            }
        }
        #expect(Tile.rightEdge(treeSize: .max).allSatisfy { $0.entryRange.upperBound <= MerkleTree.maximumSize })
    }

    @Test func randomPathsThatAreReadAreWrittenTheSame() {
        var generator = SplitMix(state: 7)
        let kinds = ["0", "1", "7", "8", "entries", "00", ""]
        let pieces = ["/", "/000", "/001", "/x001", "/x000", "/999", "/x999", ".p", ".p/", ".p/255", "256", "9", ".p/9", "x", ""]
        var read = 0
        for _ in 0..<20_000 {
            let kind = kinds.randomElement(using: &generator) ?? ""
            let count = Int.random(in: 1...4, using: &generator)
            let path = "tile/\(kind)" + (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            guard let tile = Tile(path: path) else { continue }
            read += 1
            #expect(tile.path == path)
        }
        #expect(read > 200)
    }
}

/// A fixed sequence of random numbers (SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
