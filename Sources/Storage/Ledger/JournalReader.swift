/// Reads a journal's frames one after the other through a window of memory that does not grow with the journal.
final class JournalReader {
    enum Step {
        /// A sound frame: its payload is in ``payload`` until the next step. Its header lies at `offset`.
        case frame(offset: UInt64)
        /// The end of what is to be read, exactly behind a frame.
        case end(offset: UInt64)
        /// No sound frame at this offset.
        case unreadable(offset: UInt64, reason: String)
    }

    private let file: LedgerFile
    private let limit: UInt64
    private var window: UnsafeMutableRawBufferPointer
    /// What part of the window holds bytes of the file, the first of them at `offset`.
    private var filled: Range<Int> = 0..<0
    private var offset: UInt64
    private(set) var payload: UnsafeRawBufferPointer

    /// - Parameters:
    ///   - offset: where a frame begins.
    ///   - limit: where reading ends: the size of the file, or the end of what is known to be durable.
    init(_ file: LedgerFile, from offset: UInt64, to limit: UInt64) {
        self.file = file
        self.offset = offset
        self.limit = limit
        window = .allocate(byteCount: 1 << 20, alignment: 16)
        payload = UnsafeRawBufferPointer(start: nil, count: 0)
    }

    deinit { window.deallocate() }

    func next() throws(LedgerError) -> Step {
        let start = offset
        guard start < limit else { return .end(offset: start) }
        guard try fill(JournalFormat.frameHeaderLength) else {
            return .unreadable(offset: start, reason: "the file ends within a frame's header")
        }
        let length = JournalFormat.length(in: bytes)
        guard length > 0, length <= JournalFormat.maximumPayload else {
            return .unreadable(offset: start, reason: "a frame cannot have \(length) bytes")
        }
        guard try fill(JournalFormat.frameHeaderLength + length) else {
            return .unreadable(offset: start, reason: "the file ends within a frame of \(length) bytes")
        }
        let expected = JournalFormat.checksum(in: bytes)
        payload = UnsafeRawBufferPointer(
            rebasing: bytes[JournalFormat.frameHeaderLength..<JournalFormat.frameHeaderLength + length])
        guard JournalFormat.checksum(payload: payload) == expected else {
            return .unreadable(offset: start, reason: "the frame's checksum does not fit its \(length) bytes")
        }
        let total = JournalFormat.frameHeaderLength + length
        filled = filled.lowerBound + total..<filled.upperBound
        offset += UInt64(total)
        return .frame(offset: start)
    }

    /// Whether any sound frame begins behind `offset`, before the limit.
    func findsFrame(after offset: UInt64) throws(LedgerError) -> Bool {
        let rest = limit - offset
        // A torn write leaves at most one frame; a longer rest cannot be one.
        guard rest <= JournalFormat.maximumPayload + JournalFormat.frameHeaderLength else { return true }
        let bytes = try file.read(Int(rest), at: offset)
        return bytes.withUnsafeBytes { buffer in
            (1..<max(1, buffer.count)).contains {
                JournalFormat.startsWithFrame(UnsafeRawBufferPointer(rebasing: buffer[$0...]))
            }
        }
    }

    private var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: window[filled]) }

    /// Makes at least `count` bytes from `offset` on available; false if the limit comes first.
    private func fill(_ count: Int) throws(LedgerError) -> Bool {
        guard UInt64(count) <= limit - offset else { return false }
        if filled.count >= count { return true }
        if window.count < count {
            let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 16)
            larger.copyMemory(from: bytes)
            window.deallocate()
            window = larger
        } else if let base = window.baseAddress {
            base.copyMemory(from: base + filled.lowerBound, byteCount: filled.count)
        }
        filled = 0..<filled.count
        let position = offset + UInt64(filled.count)
        let wanted = min(window.count - filled.count, Int(min(limit - position, UInt64(window.count))))
        let room = UnsafeMutableRawBufferPointer(rebasing: window[filled.count..<filled.count + wanted])
        filled = 0..<filled.count + (try file.read(into: room, at: position))
        return filled.count >= count
    }
}
