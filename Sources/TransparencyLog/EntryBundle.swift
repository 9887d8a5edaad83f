/// Entries one after the other, each after its length in two bytes, big-endian (C2SP tlog-tiles, "Log entries").
public enum EntryBundle {
    public static func encode(_ entries: [[UInt8]]) throws(EntryBundleError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + 2 + $1.count })
        for (index, entry) in entries.enumerated() {
            guard let length = UInt16(exactly: entry.count) else {
                throw .entryTooLong(index: index, length: entry.count)
            }
            bytes.append(UInt8(length >> 8))
            bytes.append(UInt8(truncatingIfNeeded: length))
            bytes += entry
        }
        return bytes
    }

    public static func decode(_ bytes: [UInt8]) throws(EntryBundleError) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var cursor = Cursor()
        while let range = try bytes.withUnsafeBufferPointer({ buffer throws(EntryBundleError) in
            try cursor.next(in: UnsafeRawBufferPointer(buffer))
        }) {
            entries.append(Array(bytes[range]))
        }
        return entries
    }

    /// Walks through a bundle without copying it.
    public struct Cursor: Sendable {
        /// Where the length field of the next entry begins.
        public private(set) var offset = 0

        public init() {}

        /// Where the bytes of the next entry lie, without its length field; `nil` at the end of the bundle.
        public mutating func next(in bundle: UnsafeRawBufferPointer) throws(EntryBundleError) -> Range<Int>? {
            guard offset < bundle.count else { return nil }
            guard bundle.count - offset >= 2 else { throw .truncated(offset: offset) }
            let length = Int(bundle[offset]) << 8 | Int(bundle[offset + 1])
            guard bundle.count - offset - 2 >= length else { throw .truncated(offset: offset) }
            let start = offset + 2
            offset = start + length
            return start..<offset
        }
    }
}
