import Signing

/// The coordinates of a tile: a run of up to 256 neighbouring hashes of one level of the tree, or of entries, that is
/// published as one unchangeable resource (C2SP tlog-tiles).
///
/// The tile (level l, index n, width w) holds the hashes n·256 up to, not including, n·256 + w of the tree's level 8·l. A
/// tile of entries (an *entry bundle*) holds the entries of these leaves. Every value of this type fits in a tree of
/// ``MerkleTree/maximumSize`` entries, so nothing that is computed from one overflows.
public struct Tile: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        /// Hashes of the tree's level 8·`level`, 32 bytes each.
        case hashes(level: UInt8)
        /// Entries, in the form of ``EntryBundle``.
        case entries
    }

    /// The width of a full tile, in hashes or entries.
    public static let fullWidth = 256
    /// A tree of ``MerkleTree/maximumSize`` entries has no tiles above this level.
    public static let maximumLevel: UInt8 = 7

    public let content: Content
    public let index: UInt64
    /// How many hashes or entries there are, 1...256.
    public let width: Int

    /// `nil` unless such a tile can be in a tree of ``MerkleTree/maximumSize`` entries.
    public init?(_ content: Content, index: UInt64, width: Int = fullWidth) {
        if case .hashes(let level) = content, level > Self.maximumLevel { return nil }
        let most = MerkleTree.maximumSize >> Self.shift(content)
        guard (1...Self.fullWidth).contains(width), index <= most >> 8, index * 256 + UInt64(width) <= most else { return nil }
        self.content = content
        self.index = index
        self.width = width
    }

    /// 0 for entries, as for the hashes of the leaves.
    public var level: UInt8 { if case .hashes(let level) = content { level } else { 0 } }

    /// The length of a tile of hashes, 32 bytes for each; `nil` for entries, whose length the coordinates do not tell.
    public var byteCount: Int? { content == .entries ? nil : width * SHA256Digest.count }

    public var isFull: Bool { width == Self.fullWidth }

    /// The hashes of the tree's level 8·``level`` that the tile holds; for entries, the entries' numbers.
    public var hashRange: Range<UInt64> { index * 256..<index * 256 + UInt64(width) }

    /// The entries that the tile's hashes stand over.
    public var entryRange: Range<UInt64> {
        hashRange.lowerBound << Self.shift(content)..<hashRange.upperBound << Self.shift(content)
    }

    /// How many leaves stand below one hash of such a tile, as a power of two.
    static func shift(_ content: Content) -> UInt64 { if case .hashes(let level) = content { 8 * UInt64(level) } else { 0 } }

    // MARK: The tiles of a tree

    /// Whether a tree of so many entries has all that the tile holds.
    public func isPart(ofTreeOfSize size: UInt64) -> Bool { entryRange.upperBound <= size }

    /// How many full tiles a tree of `size` entries has of a kind.
    public static func fullCount(of content: Content, treeSize size: UInt64) -> UInt64 { (size >> shift(content)) >> 8 }

    /// The width of the partial tile behind the full ones of a kind; 0 if there is none.
    public static func partialWidth(of content: Content, treeSize size: UInt64) -> Int { Int(size >> shift(content) & 255) }

    /// The tile at an index as a tree of `size` entries has it: full, or the partial one at the right edge. `nil` if the
    /// tree does not reach there.
    public init?(_ content: Content, index: UInt64, treeSize size: UInt64) {
        let fullCount = Self.fullCount(of: content, treeSize: size)
        guard index <= fullCount else { return nil }
        let width = index < fullCount ? Self.fullWidth : Self.partialWidth(of: content, treeSize: size)
        self.init(content, index: index, width: width)
    }

    /// The partial tiles of hashes of a tree of `size` entries, lowest level first. Together their hashes are the tree's
    /// right edge, from which its root follows.
    public static func rightEdge(treeSize size: UInt64) -> [Tile] {
        (0...maximumLevel).compactMap { level in
            Tile(.hashes(level: level), index: size >> (8 * UInt64(level) + 8), treeSize: size).flatMap { $0.isFull ? nil : $0 }
        }
    }

    /// The tile of hashes from which a complete node of a tree of `size` entries is known, and which of the tile's hashes
    /// stand below the node (or are it). `nil` if the tree has no such complete node.
    static func place(ofNodeAt level: UInt8, index: UInt64, treeSize size: UInt64) -> (tile: Tile, hashes: Range<Int>)? {
        guard level <= 62, size <= MerkleTree.maximumSize, index < size >> UInt64(level) else { return nil }
        let first = index << UInt64(level % 8)
        guard let tile = Tile(.hashes(level: level / 8), index: first >> 8, treeSize: size) else { return nil }
        let start = Int(first & 255)
        let end = start + 1 << Int(level % 8)
        return end <= tile.width ? (tile, start..<end) : nil
    }
}

// MARK: Paths

extension Tile: CustomStringConvertible {
    /// The longest path: an index of eighteen digits and a partial width.
    private static let maximumPathLength = 48

    /// Where the tile is served below the log's address, and kept below the ledger's folder:
    /// `tile/<level>/<index>[.p/<width>]` or `tile/entries/<index>[.p/<width>]`, the index in groups of three digits of
    /// which all but the last begin with an `x`, the width only if the tile is partial.
    public var path: String {
        var groups = [Self.threeDigits(index % 1000)]
        var rest = index / 1000
        while rest > 0 {
            groups.append("x" + Self.threeDigits(rest % 1000))
            rest /= 1000
        }
        let kind = if case .hashes(let level) = content { String(level) } else { "entries" }
        return "tile/\(kind)/" + groups.reversed().joined(separator: "/") + (isFull ? "" : ".p/\(width)")
    }

    public var description: String { path }

    /// Reads a path; `nil` unless it is exactly what ``path`` gives for some tile.
    public init?(path: some StringProtocol) {
        let text = path.utf8
        guard text.count <= Self.maximumPathLength else { return nil }
        var parts = text.split(separator: 0x2F, omittingEmptySubsequences: false).map { Array($0) }
        guard parts.count >= 3, parts[0].elementsEqual("tile".utf8) else { return nil }
        let content: Content
        if parts[1].elementsEqual("entries".utf8) {
            content = .entries
        } else {
            guard let level = Self.number(parts[1], digits: 1...2) else { return nil }
            content = .hashes(level: UInt8(level))
        }
        parts.removeFirst(2)
        var width = Self.fullWidth
        if parts.count >= 2, parts[parts.count - 2].suffix(2).elementsEqual(".p".utf8) {
            guard let partial = Self.number(parts.removeLast(), digits: 1...3), partial < Self.fullWidth else { return nil }
            width = Int(partial)
            parts[parts.count - 1].removeLast(2)
        }
        guard let index = Self.index(parts), let tile = Tile(content, index: index, width: width),
            tile.path.utf8.elementsEqual(text)
        else { return nil }
        self = tile
    }

    private static func index(_ groups: [[UInt8]]) -> UInt64? {
        guard (1...6).contains(groups.count) else { return nil }
        var index: UInt64 = 0
        for (position, group) in groups.enumerated() {
            let isLast = position == groups.count - 1
            guard isLast || group.first == 0x78, let digits = number(isLast ? group[...] : group.dropFirst(), digits: 3...3)
            else { return nil }
            index = index * 1000 + digits
        }
        return index
    }

    /// A decimal number of so many digits, at most three.
    private static func number(_ digits: some Collection<UInt8>, digits count: ClosedRange<Int>) -> UInt64? {
        guard count.contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
    }

    private static func threeDigits(_ value: UInt64) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, 3 - digits.count)) + digits
    }
}
