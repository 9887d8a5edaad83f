import Signing
import TransparencyLog

/// Reads a journal through a window of memory that does not grow with it, from the format's description alone.
///
///     file    = "HEXIJRN1" 8 zero bytes, frame*
///     frame   = u32 LE length of the payload, u32 LE CRC-32C of those four bytes and the payload, payload
///     payload = (u16 BE size, so many bytes of an entry)+
final class JournalReader: LedgerReader {
    let file: JournalFile
    private var window: UnsafeMutableRawBufferPointer
    /// What part of the window holds bytes of the file; its first byte lies at `position`.
    private var filled = 0..<0
    private var position: UInt64 = 0
    /// The payload of the frame that is being handed out, within the window; its first byte lies at `payloadOffset`.
    private var payload = UnsafeRawBufferPointer(start: nil, count: 0)
    private var payloadOffset: UInt64 = 0
    private var cursor = EntryBundle.Cursor()
    /// Where to go on from; taken up once the header has been read.
    private var start: JournalPosition?

    /// - Parameter start: where an earlier reader of this journal stood; `nil` for its first entry.
    init(_ file: JournalFile, from start: JournalPosition? = nil) {
        self.file = file
        self.start = start
        window = .allocate(byteCount: 1 << 20, alignment: 16)
    }

    deinit { window.deallocate() }

    /// How much of the file has been handed out, in bytes.
    var bytesRead: UInt64 { position }

    var place: JournalPosition? {
        if let start { return start }
        guard cursor.offset < payload.count else {
            return JournalPosition(frame: max(position, UInt64(JournalFile.header.count)), consumed: 0)
        }
        return JournalPosition(frame: payloadOffset - UInt64(JournalFile.frameHeaderLength), consumed: cursor.offset)
    }

    func next() throws(AuditFailure) -> ReaderStep {
        if position == 0, let problem = try readHeader() { return .unsound(problem) }
        if let place = start {
            start = nil
            if let step = try go(to: place) { return step }
        }
        if cursor.offset == payload.count {
            if let step = try nextFrame() { return step }
        }
        do throws(EntryBundleError) {
            guard let range = try cursor.next(in: payload) else { return .end }
            let offset = payloadOffset + UInt64(range.lowerBound)
            return .entry(UnsafeRawBufferPointer(rebasing: payload[range]), offset: offset)
        } catch {
            let reason = "its size field does not fit the frame around it, though the frame's checksum does: the frame was not written by a ledger"
            return .unsound(AuditProblem(.frame, offset: payloadOffset + UInt64(cursor.offset), reason: reason))
        }
    }

    private func readHeader() throws(AuditFailure) -> AuditProblem? {
        let count = JournalFile.header.count
        guard try fill(count) else {
            return AuditProblem(.header, offset: 0, reason: "the journal has \(file.size) bytes; its header alone has \(count)")
        }
        if let wrong = (0..<count).first(where: { window[filled.lowerBound + $0] != JournalFile.header[$0] }) {
            return AuditProblem(
                .header, offset: UInt64(wrong), reason: "the journal does not begin with HEXIJRN1 and eight zero bytes")
        }
        advance(count)
        return nil
    }

    /// Goes to where an earlier reader stood; `nil` if an entry, or the journal's end, can be there.
    private func go(to place: JournalPosition) throws(AuditFailure) -> ReaderStep? {
        guard place.frame >= position, place.frame <= file.size else {
            let reason = "it ends at byte \(file.size), before byte \(place.frame) where an earlier audit of it stopped"
            return .unsound(AuditProblem(.frame, offset: file.size, reason: reason))
        }
        (filled, position) = (0..<0, place.frame)
        guard place.consumed > 0 else { return nil }
        if let step = try nextFrame() { return step }
        while cursor.offset < place.consumed, let range = try? cursor.next(in: payload), !range.isEmpty {}
        if cursor.offset == place.consumed { return nil }
        let reason = "no entry ends at byte \(place.consumed) of this frame, where an earlier audit of it stopped"
        return .unsound(AuditProblem(.frame, offset: place.frame, reason: reason))
    }

    /// Makes the next frame the current one; `nil` if it is sound.
    private func nextFrame() throws(AuditFailure) -> ReaderStep? {
        (payload, cursor) = (UnsafeRawBufferPointer(start: nil, count: 0), EntryBundle.Cursor())
        guard position < file.size else { return .end }
        guard try fill(JournalFile.frameHeaderLength) else { return try badFrame(.incomplete, length: 0, checksum: 0) }
        let length = bytes.loadUnaligned(as: UInt32.self).littleEndian
        let checksum = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self).littleEndian
        guard length > 0, length <= JournalFile.maximumPayload else {
            return try badFrame(.length(length), length: length, checksum: checksum)
        }
        guard try fill(JournalFile.frameHeaderLength + Int(length)) else {
            return try badFrame(.incomplete, length: length, checksum: checksum)
        }
        let found = UnsafeRawBufferPointer(rebasing: bytes[JournalFile.frameHeaderLength...].prefix(Int(length)))
        guard CRC32C.frame(payload: found) == checksum else {
            return try badFrame(.checksum, length: length, checksum: checksum)
        }
        payload = found
        payloadOffset = position + UInt64(JournalFile.frameHeaderLength)
        advance(JournalFile.frameHeaderLength + Int(length))
        return nil
    }

    /// Describes an unsound frame at the current position. For a length that is wrong, the rest of the file counts as its
    /// payload, as far as a payload can reach.
    private func badFrame(_ fault: BadFrame.Fault, length: UInt32, checksum: UInt32) throws(AuditFailure) -> ReaderStep {
        let rest = file.size - position
        let reach = UInt64(JournalFile.frameHeaderLength + JournalFile.maximumPayload)
        var count = Int(min(rest, reach))
        if fault == .checksum { count = JournalFile.frameHeaderLength + Int(length) }
        _ = try fill(count)
        let found = UnsafeRawBufferPointer(rebasing: bytes.prefix(count).dropFirst(JournalFile.frameHeaderLength))
        return .badFrame(
            BadFrame(
                fault: fault, offset: position, length: length, checksum: checksum, byteCount: UInt64(count), payload: found,
                following: try firstPrevious(ofFrameAt: position + UInt64(count))))
    }

    func followingPrevious() throws(AuditFailure) -> SHA256Digest? {
        guard cursor.offset < payload.count else { return try firstPrevious(ofFrameAt: position) }
        var ahead = cursor
        guard let range = try? ahead.next(in: payload) else { return nil }
        return ChainedEntry.previousHash(of: UnsafeRawBufferPointer(rebasing: payload[range]))
    }

    private func firstPrevious(ofFrameAt offset: UInt64) throws(AuditFailure) -> SHA256Digest? {
        guard offset < file.size else { return nil }
        let start = try file.read(JournalFile.frameHeaderLength + 2 + 128, at: offset)
        return ChainedEntry.previousHash(of: Array(start.dropFirst(JournalFile.frameHeaderLength + 2)))
    }

    /// Whether a sound frame begins anywhere in the bytes: then what lies before it is no write cut short.
    static func holdsFrame(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let least = JournalFile.frameHeaderLength + 4
        guard bytes.count >= least else { return false }
        return (0...bytes.count - least).contains { start in
            // Every entry begins so, after its two bytes of size; this spares the checksum almost everywhere.
            guard bytes[start + 10] == 0x7B, bytes[start + 11] == 0x22 else { return false }
            let length = Int(bytes.loadUnaligned(fromByteOffset: start, as: UInt32.self).littleEndian)
            let room = bytes.count - start - JournalFile.frameHeaderLength
            guard length > 0, length <= min(room, JournalFile.maximumPayload) else { return false }
            let checksum = bytes.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self).littleEndian
            let first = start + JournalFile.frameHeaderLength
            return CRC32C.frame(payload: UnsafeRawBufferPointer(rebasing: bytes[first..<first + length])) == checksum
        }
    }

    // MARK: The window

    private var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: window[filled]) }

    private func advance(_ count: Int) {
        filled = filled.lowerBound + count..<filled.upperBound
        position += UInt64(count)
    }

    /// Makes at least `count` bytes from the position on available; if the file ends before, what there is, and `false`.
    private func fill(_ count: Int) throws(AuditFailure) -> Bool {
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
        let end = position + UInt64(filled.count)
        let room = Int(min(UInt64(window.count - filled.count), file.size - min(end, file.size)))
        let target = UnsafeMutableRawBufferPointer(rebasing: window[filled.count..<filled.count + room])
        filled = 0..<filled.count + (try file.read(into: target, at: end))
        return filled.count >= count
    }
}
