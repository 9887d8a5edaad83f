import Glibc
import Signing
import TransparencyLog

/// One walk over the journal that compares everything else in the folder with it. For one use, by one thread.
final class LedgerScrub {
    /// More wrong tiles than these are left for the next round.
    private static let maximumWrongTiles = 10_000
    private static let temporary = "scrub.new"

    private let reader: LedgerReader
    private let tiles: TileWriter
    private let isCancelled: () -> Bool
    private let report: (ScrubFinding) -> Void
    private let bytesPerSecond: Int?
    private let start = monotonicNanoseconds()
    private var outcome = ScrubReport()
    /// The hashes of the tile of each level that is not full yet, and the entries of the bundle.
    private var levels = [[SHA256Digest]](repeating: [], count: Int(Tile.maximumLevel) + 1)
    private var bundle: [UInt8] = []
    private var wrongTiles: [Tile] = []
    private var wrongCaches: Set<String> = []

    init(
        _ reader: LedgerReader, _ tiles: TileWriter, bytesPerSecond: Int?, isCancelled: @escaping () -> Bool,
        report: @escaping (ScrubFinding) -> Void
    ) {
        (self.reader, self.tiles, self.isCancelled, self.report) = (reader, tiles, isCancelled, report)
        self.bytesPerSecond = bytesPerSecond
    }

    func run() throws(LedgerError) -> ScrubReport {
        let durable = reader.writer.durable
        let scan = JournalScan(journal: reader.writer.journal, limit: durable.journalEnd)
        let end: JournalScan.Outcome
        do throws(LedgerError) {
            end = try scan.run(
                from: ChainTip(), additions: { addition throws(LedgerError) in try compareCaches(with: addition) },
                entries: { frontier, entry throws(LedgerError) in try add(entry, frontier) })
        } catch .corruptJournal(_, let offset, let sequence, let reason) {
            found("journal", "damaged at byte \(offset), entry \(sequence): \(reason). Restore the ledger from a copy")
            return outcome
        } catch {
            if isCancelled() { return outcome }
            throw error
        }
        outcome.entries = end.tip.size
        guard end.tornBytes == 0, end.tip.size == durable.size else {
            found(
                "journal", "damaged at byte \(end.tip.journalEnd), entry \(end.tip.size): \(end.tornReason). Restore the ledger from a copy")
            return outcome
        }
        guard end.tip.root == durable.root else {
            found(
                "journal",
                "its \(durable.size) entries give the root \(end.tip.root), not \(durable.root). Restore the ledger from a copy")
            return outcome
        }
        outcome.isComplete = true
        mend()
        return outcome
    }

    private func found(_ file: String, _ reason: String) {
        outcome.findings += 1
        report(ScrubFinding(file: file, reason: reason))
    }

    // MARK: Comparing

    private func add(_ entry: UnsafeRawBufferPointer, _ frontier: MerkleFrontier) throws(LedgerError) {
        bundle.append(contentsOf: entry)
        levels[0].append(MerkleTree.leafHash(UnsafeRawBufferPointer(rebasing: entry[2...])))
        outcome.entries = frontier.count
        guard levels[0].count == Tile.fullWidth else { return }
        let first = frontier.count - UInt64(Tile.fullWidth)
        let read = bundle.count
        if let tile = Tile(.entries, index: first >> 8) { compare(tile, with: bundle) }
        bundle.removeAll(keepingCapacity: true)
        for level in levels.indices {
            guard levels[level].count == Tile.fullWidth, let tile = Tile(.hashes(level: UInt8(level)), index: first >> (8 * UInt64(level) + 8))
            else { break }
            compare(tile, with: Tile.bytes(of: levels[level]))
            if level + 1 < levels.count { levels[level + 1].append(Tile.node(over: levels[level])) }
            levels[level].removeAll(keepingCapacity: true)
        }
        try rest(afterReading: read)
    }

    /// A file that is still to be written cannot be wrong.
    private func compare(_ tile: Tile, with expected: [UInt8]) {
        guard tile.isPart(ofTreeOfSize: tiles.writtenSize) else { return }
        let held: [UInt8]?
        do throws(LedgerError) { held = try tiles.folder.contents(of: tile) } catch {
            return wrong(tile, "it cannot be read: \(error)")
        }
        guard let held else { return wrong(tile, "it is missing") }
        outcome.bytes += UInt64(held.count)
        guard held != expected else { return }
        let shared = min(held.count, expected.count)
        guard let offset = (0..<shared).first(where: { held[$0] != expected[$0] }) else {
            return wrong(tile, "it has \(held.count) bytes instead of \(expected.count)")
        }
        wrong(tile, Self.difference(at: offset, in: tile, expected))
    }

    private static func difference(at offset: Int, in tile: Tile, _ expected: [UInt8]) -> String {
        guard tile.content == .entries else {
            let place = offset / SHA256Digest.count
            let entry = (tile.hashRange.lowerBound + UInt64(place)) << (8 * UInt64(tile.level))
            return "it differs from the journal at hash \(place), \(tile.level == 0 ? "entry" : "which begins with entry") \(entry)"
        }
        var cursor = EntryBundle.Cursor()
        var sequence = tile.hashRange.lowerBound
        expected.withUnsafeBytes { buffer in
            while let range = try? cursor.next(in: buffer), range.upperBound <= offset { sequence += 1 }
        }
        return "it differs from the journal at byte \(offset), entry \(sequence)"
    }

    private func wrong(_ tile: Tile, _ reason: String) {
        found(tile.path, reason)
        if wrongTiles.count < Self.maximumWrongTiles { wrongTiles.append(tile) }
    }

    private func compareCaches(with addition: LedgerCaches.Addition) throws(LedgerError) {
        for difference in try reader.writer.caches.differences(from: addition) where wrongCaches.insert(difference.file).inserted {
            found(difference.file, "it differs from the journal at entry \(difference.sequence)")
        }
        outcome.bytes += UInt64(addition.hashes.count * SHA256Digest.count + addition.offsets.count * 8)
    }

    /// Keeps to the pace, and looks whether to go on.
    private func rest(afterReading count: Int) throws(LedgerError) {
        outcome.bytes += UInt64(count)
        while true {
            if isCancelled() { throw .closed }
            guard let bytesPerSecond, bytesPerSecond > 0 else { return }
            let due = Double(outcome.bytes) / Double(bytesPerSecond)
            let ahead = due - Double(monotonicNanoseconds() - start) / 1e9
            if ahead <= 0 { return }
            usleep(UInt32(min(ahead, 0.1) * 1e6))
        }
    }

    // MARK: Mending

    /// Makes anew what was wrong. The journal has just been found in order, and every tile is checked against the durable
    /// root again before it is written.
    private func mend() {
        if !wrongCaches.isEmpty {
            do throws(LedgerError) {
                try reader.mendCaches()
                outcome.mended += wrongCaches.count
            } catch { reader.writer.log("the ledger's caches could not be rewritten: \(error)") }
        }
        guard !wrongTiles.isEmpty else { return }
        do throws(LedgerError) {
            for tile in wrongTiles {
                // Once the ledger is closed its folder may be another process's.
                if isCancelled() || reader.writer.monitor.withLock({ $0.closing }) { return }
                try tiles.folder.write(try reader.bytes(of: tile), as: tile, via: Self.temporary)
                outcome.mended += 1
            }
            try tiles.folder.synchronize()
        } catch { reader.writer.log("a wrong tile could not be rewritten: \(error)") }
    }
}

extension Ledger {
    /// Reads the whole journal and compares with it what else is in the folder: frames and their checksums, the chain and
    /// the root of the tree; the files of hashes and offsets; every tile and entry bundle that has been written. What is
    /// wrong and follows from the journal is made anew, once the journal has been found in order to its end; the journal
    /// itself is never touched. Entries appended meanwhile are left for the next round.
    ///
    /// Takes as long as reading takes, so it wants a thread of its own. It must have returned before ``close()``.
    ///
    /// - Parameters:
    ///   - bytesPerSecond: how much is read at most, so that others are not held up; `nil` for as fast as it goes.
    ///   - isCancelled: asked often; the round ends when it says yes.
    ///   - report: told of everything that is wrong, as soon as it is found.
    ///
    /// Throws ``LedgerError`` where the journal or the caches cannot be read at all.
    public func scrub(
        bytesPerSecond: Int? = nil, isCancelled: @escaping () -> Bool = { false }, report: @escaping (ScrubFinding) -> Void
    ) throws(LedgerError) -> ScrubReport {
        try LedgerScrub(reader, tiles, bytesPerSecond: bytesPerSecond, isCancelled: isCancelled, report: report).run()
    }
}
