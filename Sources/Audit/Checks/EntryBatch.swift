/// Entries that follow each other, copied out of the reader so that several tasks can check them side by side.
struct EntryBatch: Sendable {
    /// The most entries, and about the most bytes, of a batch. They bound the memory of an audit.
    static let maximumEntries = 512
    static let maximumBytes = 2 << 20

    let firstSequence: UInt64
    private(set) var bytes: [UInt8] = []
    private(set) var spans: [(range: Range<Int>, offset: UInt64?)] = []

    init(firstSequence: UInt64) { self.firstSequence = firstSequence }

    var isEmpty: Bool { spans.isEmpty }
    var isFull: Bool { spans.count >= Self.maximumEntries || bytes.count >= Self.maximumBytes }

    mutating func append(_ entry: UnsafeRawBufferPointer, offset: UInt64?) {
        let start = bytes.count
        bytes.append(contentsOf: entry)
        spans.append((start..<bytes.count, offset))
    }

    func entry(_ index: Int) -> ArraySlice<UInt8> { bytes[spans[index].range] }

    /// The batch's indices in so many runs of about the same length.
    func shares(_ count: Int) -> [Range<Int>] {
        let count = max(1, min(count, spans.count))
        return (0..<count).map { share in spans.count * share / count..<spans.count * (share + 1) / count }
    }
}
