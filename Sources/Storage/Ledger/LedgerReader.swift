import Signing
import Synchronization
import TransparencyLog

/// Reads from a ledger's journal and caches. The caches are only believed: whatever comes out of them is checked against the
/// root of the durable entries, and they are rewritten from the journal when they turn out wrong.
final class LedgerReader: Sendable {
    let writer: LedgerWriter
    private let repair = Mutex(())

    init(_ writer: LedgerWriter) { self.writer = writer }

    /// Runs `body` over the caches; if they turn out wrong, rewrites them from the journal and runs it again.
    func mendingCaches<Value>(_ body: (LedgerCaches) throws(CacheMiss) -> Value) throws(LedgerError) -> Value {
        do throws(CacheMiss) { return try body(writer.caches) } catch {}
        return try repair.withLock { _ throws(LedgerError) in
            // Another caller may have mended them while this one waited.
            do throws(CacheMiss) { return try body(writer.caches) } catch {}
            writer.log("the ledger's caches do not fit the journal; rewriting them")
            try rewriteCaches()
            do throws(CacheMiss) { return try body(writer.caches) } catch {
                throw .corruptJournal(
                    path: writer.journal.path, offset: 0, sequence: 0, reason: "its caches could not be rewritten")
            }
        }
    }

    /// Rewrites both caches from the journal, if it still gives the durable root.
    func mendCaches() throws(LedgerError) { try repair.withLock { _ throws(LedgerError) in try rewriteCaches() } }

    private func rewriteCaches() throws(LedgerError) {
        let durable = writer.durable
        // Positions behind `durable` belong to the writing thread; those before it never change their contents.
        let outcome = try JournalScan(journal: writer.journal, limit: durable.journalEnd)
            .run(from: ChainTip(), caches: writer.caches)
        guard outcome.tip.root == durable.root else {
            throw .corruptJournal(
                path: writer.journal.path, offset: outcome.tip.journalEnd, sequence: outcome.tip.size,
                reason: "the journal no longer gives the root \(durable.root) of \(durable.size) entries")
        }
    }

    /// A root from the caches, which is consistent with the durable one.
    func root(
        _ size: UInt64, _ durable: (size: UInt64, root: SHA256Digest), _ caches: LedgerCaches
    ) throws(CacheMiss) -> SHA256Digest {
        if size == durable.size { return durable.root }
        let root = try MerkleTree.root(size: size, node: caches.node)
        try Self.orMiss {
            try ConsistencyProof(firstSize: size, secondSize: durable.size, node: caches.node)
                .verify(firstRoot: root, secondRoot: durable.root)
        }
        return root
    }

    static func orMiss<Value>(_ body: () throws -> Value) throws(CacheMiss) -> Value {
        do { return try body() } catch { throw CacheMiss() }
    }

    /// A piece of the journal in memory, so that neighbouring entries cost one read.
    struct Block {
        let file: LedgerFile
        private var start: UInt64 = 0
        private var bytes: [UInt8] = []

        init(_ file: LedgerFile) { self.file = file }

        /// The entry whose length field lies at an offset.
        mutating func entry(at offset: UInt64) throws(CacheMiss) -> ArraySlice<UInt8> {
            let length = try take(2, at: offset)
            return try take(Int(length.first ?? 0) << 8 | Int(length.last ?? 0), at: offset + 2)
        }

        private mutating func take(_ count: Int, at offset: UInt64) throws(CacheMiss) -> ArraySlice<UInt8> {
            if offset < start || offset + UInt64(count) > start + UInt64(bytes.count) {
                // Rounded so that entries read one by one do not reread the same piece.
                guard let read = try? file.read(1 << 17, at: offset), read.count >= count else { throw CacheMiss() }
                (start, bytes) = (offset, read)
            }
            let position = Int(offset - start)
            return bytes[position..<position + count]
        }
    }
}
