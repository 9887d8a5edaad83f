import Signing
import TransparencyLog

/// Reads the entries of an evidence bundle that holds a whole ledger.
final class BundleFileReader: LedgerReader {
    private var archive: ArchiveReader
    private let size: UInt64
    /// How many entries from the next member on an earlier audit has had.
    private var skipped: UInt64
    private var nextEntry: UInt64 = 0
    private var bytes: [UInt8] = []
    private var offset: UInt64 = 0
    /// The entries of `bytes` that are still to be handed out.
    private var entries: ArraySlice<Range<Int>> = []
    /// The entry that was handed out last, kept in place until the next call.
    private var current = UnsafeMutableRawBufferPointer.allocate(byteCount: ChainedEntry.maximumLength, alignment: 16)

    init(_ archive: ArchiveReader, from start: UInt64, size: UInt64) {
        self.archive = archive
        self.size = size
        skipped = start
    }

    deinit { current.deallocate() }

    func next() throws(AuditFailure) -> ReaderStep {
        if entries.isEmpty, let step = try nextStep() { return step }
        guard let range = entries.popFirst() else { return .end }
        bytes.withUnsafeBytes { current.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
        return .entry(UnsafeRawBufferPointer(rebasing: current[..<range.count]), offset: offset + UInt64(range.lowerBound))
    }

    func followingPrevious() throws(AuditFailure) -> SHA256Digest? {
        if entries.isEmpty, try nextStep() != nil { return nil }
        return entries.first.flatMap { ChainedEntry.previousHash(of: Array(bytes[$0])) }
    }

    /// Takes up the next bundle of entries; `nil` if there are entries now.
    private func nextStep() throws(AuditFailure) -> ReaderStep? {
        do {
            while nextEntry < size, let member = try archive.next(), let tile = Tile(path: member.name) {
                guard tile == Tile(.entries, index: nextEntry / UInt64(Tile.fullWidth), treeSize: size) else {
                    return .unsound(ArchiveReader.problem("\(member.name) does not belong into a ledger of \(size) entries", at: member.offset))
                }
                nextEntry += UInt64(tile.width)
                if skipped >= UInt64(tile.width) {
                    skipped -= UInt64(tile.width)
                    continue
                }
                (bytes, offset) = (try archive.contents(of: member, maximumCount: BundleSource.maximumBytes), member.offset)
                entries = try ranges(tile).dropFirst(Int(skipped))
                skipped = 0
                return nil
            }
            return .end
        } catch let problem as AuditProblem {
            return .unsound(problem)
        } catch let failure as AuditFailure {
            throw failure
        } catch {
            return .unsound(ArchiveReader.problem("\(error)", at: offset))
        }
    }

    private func ranges(_ tile: Tile) throws -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var cursor = EntryBundle.Cursor()
        while let range = try bytes.withUnsafeBufferPointer({ try cursor.next(in: UnsafeRawBufferPointer($0)) }) {
            ranges.append(range)
        }
        guard ranges.count == tile.width else {
            throw ArchiveReader.problem("\(tile.path) has \(ranges.count) entries, not \(tile.width)", at: offset)
        }
        return ranges
    }
}
