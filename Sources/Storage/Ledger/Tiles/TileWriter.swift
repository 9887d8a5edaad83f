import Glibc
import Signing
import Synchronization
import TransparencyLog

/// Writes full tiles and entry bundles as files (thread `ledger-tile`), behind the durable entries. Nobody waits for it:
/// what is not written yet is computed when somebody asks for it.
///
/// The files are not synchronised one by one. From time to time all are, together, and then the progress mark moves up.
/// After a power cut everything behind the mark is written anew, whatever may be there. A mark that belongs to another
/// history counts for nothing.
final class TileWriter: Sendable {
    /// How the thread behaves.
    struct Pace: Sendable {
        /// So many level-0 tiles are written at a stretch.
        var batch: UInt64 = 32
        /// While entries keep coming, the thread rests so many times as long as it worked.
        var restFactor: UInt64 = 9
        /// The files are synchronised so long after the first of them, in nanoseconds, or when there are `synchronizedTiles`.
        var synchronizationInterval: UInt64 = 5_000_000_000
        var synchronizedTiles: UInt64 = 2048
        /// After a failure it tries again so much later, in nanoseconds; every time twice as long, up to the second one.
        var firstRetry: UInt64 = 1_000_000_000
        var lastRetry: UInt64 = 60_000_000_000
    }

    private enum Step {
        case write(UInt64)
        case synchronize
        case stop
    }

    private struct Progress {
        /// Entries whose tiles are written, and synchronised.
        var written: UInt64 = 0
        var synchronized: UInt64 = 0
        var synchronizationDue: UInt64 = 0
        /// Nothing is done before this instant.
        var rest: UInt64 = 0
        var retry: UInt64
        var hasComplained = false

        var unsynchronizedTiles: UInt64 { (written - synchronized) / UInt64(Tile.fullWidth) }
    }

    let folder: TileFolder
    private let reader: LedgerReader
    private let pace: Pace
    private let size = Atomic<UInt64>(0)

    /// For how many entries all full tiles and bundles are there; a multiple of 256.
    var writtenSize: UInt64 { size.load(ordering: .acquiring) }

    init(_ reader: LedgerReader, _ folder: TileFolder, pace: Pace = Pace()) {
        (self.reader, self.folder, self.pace) = (reader, folder, pace)
    }

    /// The thread, until the ledger is closed.
    func run() {
        var progress = Progress(retry: pace.firstRetry)
        do throws(LedgerError) { progress.written = try resumption() } catch {
            reader.writer.log("the progress of the tiles cannot be read, and they are written anew: \(error)")
        }
        progress.synchronized = progress.written
        size.store(progress.written, ordering: .releasing)
        while true {
            do throws(LedgerError) {
                switch nextStep(progress) {
                case .write(let end): try write(until: end, &progress)
                case .synchronize: try synchronize(&progress)
                case .stop:
                    if progress.unsynchronizedTiles > 0 { try synchronize(&progress) }
                    return
                }
                progress.retry = pace.firstRetry
                progress.hasComplained = false
            } catch {
                if !progress.hasComplained {
                    reader.writer.log("tiles could not be written, and will be later; until then they are computed: \(error)")
                }
                progress.hasComplained = true
                progress.rest = monotonicNanoseconds() + progress.retry
                progress.retry = min(pace.lastRetry, progress.retry * 2)
                if isClosing { return }
            }
        }
    }

    private var isClosing: Bool { reader.writer.monitor.withLock { $0.closing } }

    /// Where to go on: behind the tiles that the progress mark vouches for.
    private func resumption() throws(LedgerError) -> UInt64 {
        guard let mark = try folder.readProgress() else { return 0 }
        let durable = reader.writer.durable
        guard mark.size <= durable.size else {
            reader.writer.log("the tiles are of a longer ledger than this, and are written anew")
            return 0
        }
        let root = try reader.mendingCaches { caches throws(CacheMiss) in
            try reader.root(mark.size, (durable.size, durable.root), caches)
        }
        if root == mark.root { return mark.size }
        reader.writer.log("the tiles are of another history than this ledger's, and are written anew")
        return 0
    }

    private func nextStep(_ progress: Progress) -> Step {
        let pace = pace
        func step(_ state: inout LedgerWriter.State) -> Step? {
            if state.closing { return .stop }
            let now = monotonicNanoseconds()
            guard now >= progress.rest else { return nil }
            let (pending, due) = (progress.unsynchronizedTiles, progress.synchronizationDue)
            if pending >= pace.synchronizedTiles || pending > 0 && now >= due { return .synchronize }
            let full = state.durable.size & ~UInt64(Tile.fullWidth - 1)
            guard full > progress.written else { return nil }
            return .write(min(full, progress.written + pace.batch * UInt64(Tile.fullWidth)))
        }
        let monitor = reader.writer.monitor
        while true {
            var deadline: UInt64?
            if progress.unsynchronizedTiles > 0 { deadline = max(progress.synchronizationDue, progress.rest) }
            if progress.rest > monotonicNanoseconds() { deadline = progress.rest }
            guard let deadline else { return monitor.wait(on: LedgerWriter.Condition.tile, until: step) }
            if let step = monitor.wait(on: LedgerWriter.Condition.tile, deadline: deadline, until: step) { return step }
        }
    }

    private func write(until end: UInt64, _ progress: inout Progress) throws(LedgerError) {
        let start = monotonicNanoseconds()
        let size = reader.writer.durable.size
        while progress.written < end {
            try writeTiles(from: progress.written)
            if progress.unsynchronizedTiles == 0 {
                progress.synchronizationDue = monotonicNanoseconds() + pace.synchronizationInterval
            }
            progress.written += UInt64(Tile.fullWidth)
            self.size.store(progress.written, ordering: .releasing)
        }
        let now = monotonicNanoseconds()
        // Entries that came meanwhile are a sign of load, and the writers need the processors and the disk more.
        if reader.writer.durable.size > size { progress.rest = now + (now - start) * pace.restFactor }
    }

    /// Writes the bundle and the tile of the 256 entries from `first` on, and the tiles above that end with these.
    private func writeTiles(from first: UInt64) throws(LedgerError) {
        var index = first / UInt64(Tile.fullWidth)
        guard let entries = Tile(.entries, index: index), let leaves = Tile(.hashes(level: 0), index: index) else { return }
        let (bundle, leafHashes) = try reader.bundle(of: entries)
        try folder.write(bundle, as: entries, via: Self.temporary)
        try folder.write(Tile.bytes(of: leafHashes), as: leaves, via: Self.temporary)
        for level in 1...Tile.maximumLevel {
            guard (index + 1) % UInt64(Tile.fullWidth) == 0 else { return }
            index /= UInt64(Tile.fullWidth)
            guard let tile = Tile(.hashes(level: level), index: index) else { return }
            try folder.write(try reader.bytes(of: tile), as: tile, via: Self.temporary)
        }
    }

    private static let temporary = "tile.new"

    private func synchronize(_ progress: inout Progress) throws(LedgerError) {
        let written = progress.written
        let durable = reader.writer.durable
        let root = try reader.mendingCaches { caches throws(CacheMiss) in
            try reader.root(written, (durable.size, durable.root), caches)
        }
        try folder.synchronize()
        try folder.writeProgress(size: written, root: root)
        progress.synchronized = written
    }
}
