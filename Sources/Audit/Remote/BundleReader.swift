import Signing
import TransparencyLog

/// Reads a log's entries in bundles, several of which are under way at once, up to what its checkpoint covers.
final class BundleReader: LedgerReader {
    /// How many bundles are asked for side by side. With the longest entries they hold 16 MiB each, usually 0.3.
    private static let width = 8

    private let source: BundleSource
    private let prefetch: Prefetch<BundleSource.Answer>
    private var bundle: [UInt8] = []
    /// The entries of `bundle` that are still to be handed out.
    private var entries: ArraySlice<Range<Int>> = []
    private var nextBundle: UInt64
    /// How many entries of the first bundle an earlier audit has had.
    private var skipped: Int
    /// The entry that was handed out last, kept in place until the next call.
    private var current = UnsafeMutableRawBufferPointer.allocate(byteCount: ChainedEntry.maximumLength, alignment: 16)

    init(_ source: BundleSource, from start: UInt64) {
        self.source = source
        let width = UInt64(Tile.fullWidth)
        nextBundle = start / width
        skipped = Int(start % width)
        let end = source.size / width + (source.size % width > 0 ? 1 : 0)
        prefetch = Prefetch(min(nextBundle, end)..<end, width: Self.width) { isStopped throws(AuditFailure) in
            let connection = try RemoteConnection(
                source.address, timeoutSeconds: source.timeoutSeconds, isStopped: isStopped)
            return { index throws(AuditFailure) in try source.fetch(index, connection) }
        }
    }

    deinit {
        prefetch.stop()
        current.deallocate()
    }

    func next() throws(AuditFailure) -> ReaderStep {
        if entries.isEmpty, let step = try nextStep() { return step }
        guard let range = entries.popFirst() else { return .end }
        bundle.withUnsafeBytes { current.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
        return .entry(UnsafeRawBufferPointer(rebasing: current[..<range.count]), offset: nil)
    }

    func followingPrevious() throws(AuditFailure) -> SHA256Digest? {
        if entries.isEmpty, try nextStep() != nil { return nil }
        return entries.first.flatMap { ChainedEntry.previousHash(of: Array(bundle[$0])) }
    }

    /// Takes up the next bundle; `nil` if there are entries now.
    private func nextStep() throws(AuditFailure) -> ReaderStep? {
        guard let answer = try prefetch.next() else { return .end }
        switch answer {
        case .missing(let url, let status):
            let reason = "it is missing: \(url) answers with status \(status), though the signed checkpoint covers \(source.size) entries"
            return .unsound(AuditProblem(.root, reason: reason))
        case .entries(let bytes, let url):
            entries = try ranges(in: bytes, url).dropFirst(skipped)
            (bundle, skipped) = (bytes, 0)
            nextBundle += 1
            return nil
        }
    }

    /// Where the entries of a bundle lie. What is not a bundle of the right width is no answer of a log.
    private func ranges(in bytes: [UInt8], _ url: String) throws(AuditFailure) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        do throws(EntryBundleError) {
            var cursor = EntryBundle.Cursor()
            while let range = try bytes.withUnsafeBufferPointer({ buffer throws(EntryBundleError) in
                try cursor.next(in: UnsafeRawBufferPointer(buffer))
            }) { ranges.append(range) }
        } catch { throw .badAnswer(url: url, reason: error.description) }
        let wanted = source.width(nextBundle)
        guard ranges.count == wanted || ranges.count == Tile.fullWidth else {
            throw .badAnswer(url: url, reason: "the bundle has \(ranges.count) entries, where the log must have \(wanted)")
        }
        return Array(ranges.prefix(wanted))
    }
}
