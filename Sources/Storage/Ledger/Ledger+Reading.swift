import Signing
import TransparencyLog

extension Ledger {
    /// The entries of a range, as many from its beginning as have at most `maximumBytes` together, but at least one if
    /// the range is not empty. Throws ``LedgerError/outsideLedger(_:size:)`` for a range beyond ``size``.
    public func entries(in range: Range<UInt64>, maximumBytes: Int) throws(LedgerError) -> [[UInt8]] {
        let size = size
        guard range.upperBound <= size else {
            throw .outsideLedger("the range \(range.lowerBound)..<\(range.upperBound)", size: size)
        }
        return try mendingCaches { caches throws(CacheMiss) in try read(range, maximumBytes, caches) }
    }

    private func read(_ range: Range<UInt64>, _ maximumBytes: Int, _ caches: LedgerCaches) throws(CacheMiss) -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var total = 0
        var block = Block(file: writer.journal)
        var next = range.lowerBound
        while next < range.upperBound {
            let end = min(range.upperBound, next + 512)
            for (index, offset) in try caches.markedOffsets(next..<end).enumerated() {
                let entry = try block.entry(at: offset & ~LedgerCaches.frameStartMark)
                // What the cache points at must be the entry that the tree was built over.
                guard try caches.leafHash(next + UInt64(index)) == MerkleTree.leafHash(entry) else { throw CacheMiss() }
                total += entry.count
                if total > maximumBytes && !entries.isEmpty { return entries }
                entries.append(entry)
            }
            next = end
        }
        return entries
    }

    /// A piece of the journal in memory, so that neighbouring entries cost one read.
    private struct Block {
        let file: LedgerFile
        var start: UInt64 = 0
        var bytes: [UInt8] = []

        mutating func entry(at offset: UInt64) throws(CacheMiss) -> [UInt8] {
            let length = try take(2, at: offset)
            return Array(try take(Int(length.first ?? 0) << 8 | Int(length.last ?? 0), at: offset + 2))
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

    /// Proof that entry `sequence` is in the tree of the first `size` entries. The proof is verified before it is returned.
    /// Throws ``LedgerError/outsideLedger(_:size:)``.
    public func inclusionProof(sequence: UInt64, size: UInt64) throws(LedgerError) -> InclusionProof {
        let durable = head
        guard size <= durable.size, sequence < size else {
            throw .outsideLedger("entry \(sequence) in a tree of \(size) entries", size: durable.size)
        }
        return try mendingCaches { caches throws(CacheMiss) in
            let root = try verifiedRoot(size, durable, caches)
            let leafHash = try caches.leafHash(sequence)
            return try Self.orMiss {
                let proof = try InclusionProof(index: sequence, size: size, node: caches.node)
                try proof.verify(leafHash: leafHash, root: root)
                return proof
            }
        }
    }

    /// Proof that the tree of the first `from` entries is the beginning of that of the first `to`. Verified before it is
    /// returned. Throws ``LedgerError/outsideLedger(_:size:)``.
    public func consistencyProof(from: UInt64, to: UInt64) throws(LedgerError) -> ConsistencyProof {
        let durable = head
        guard to <= durable.size, from <= to else {
            throw .outsideLedger("the trees of \(from) and of \(to) entries", size: durable.size)
        }
        return try mendingCaches { caches throws(CacheMiss) in
            let (first, second) = (try verifiedRoot(from, durable, caches), try verifiedRoot(to, durable, caches))
            return try Self.orMiss {
                let proof = try ConsistencyProof(firstSize: from, secondSize: to, node: caches.node)
                try proof.verify(firstRoot: first, secondRoot: second)
                return proof
            }
        }
    }

    /// The root over the first `size` entries. Throws ``LedgerError/outsideLedger(_:size:)``.
    public func root(size: UInt64) throws(LedgerError) -> SHA256Digest {
        let durable = head
        guard size <= durable.size else { throw .outsideLedger("a tree of \(size) entries", size: durable.size) }
        return try mendingCaches { caches throws(CacheMiss) in try verifiedRoot(size, durable, caches) }
    }

    /// A root from the caches, which is consistent with the durable one.
    private func verifiedRoot(
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

    private static func orMiss<Value>(_ body: () throws -> Value) throws(CacheMiss) -> Value {
        do { return try body() } catch { throw CacheMiss() }
    }

    /// Calls `body` with every durable entry from `first` on, in order, reading the journal as a stream; entries appended
    /// meanwhile are not included. Throws what `body` throws, and ``LedgerError`` if the journal is damaged.
    public func forEachEntry(
        from first: UInt64 = 0, _ body: (_ sequence: UInt64, _ entry: [UInt8]) throws -> Void
    ) throws {
        let durable = writer.durable
        guard first < durable.size else { return }
        let (start, offset) = try frame(holding: first)
        var sequence = start
        let reader = JournalReader(writer.journal, from: offset, to: durable.journalEnd)
        while case .frame(let offset) = try reader.next() {
            var cursor = EntryBundle.Cursor()
            while let range = try cursor.next(in: reader.payload) {
                let entry = UnsafeRawBufferPointer(rebasing: reader.payload[range])
                guard ChainedEntry.sequence(of: entry) == sequence else {
                    throw LedgerError.corruptJournal(
                        path: writer.journal.path, offset: offset, sequence: sequence,
                        reason: "the frame does not hold entry \(sequence) where it should")
                }
                if sequence >= first { try body(sequence, Array(entry)) }
                sequence += 1
            }
        }
        guard sequence == durable.size else {
            throw LedgerError.corruptJournal(
                path: writer.journal.path, offset: offset, sequence: sequence, reason: "a frame behind it cannot be read")
        }
    }

    /// The frame that holds an entry; verified by what the journal has there.
    func frame(holding sequence: UInt64) throws(LedgerError) -> (firstSequence: UInt64, offset: UInt64) {
        let end = writer.durable.journalEnd
        return try mendingCaches { caches throws(CacheMiss) in
            let found = try caches.frame(holding: sequence)
            let reader = JournalReader(writer.journal, from: found.offset, to: end)
            var cursor = EntryBundle.Cursor()
            guard let step = try? reader.next(), case .frame = step,
                let range = try? cursor.next(in: reader.payload),
                ChainedEntry.sequence(of: UnsafeRawBufferPointer(rebasing: reader.payload[range])) == found.firstSequence
            else { throw CacheMiss() }
            return found
        }
    }

    /// Runs `body` over the caches; if they turn out wrong, rewrites them from the journal and runs it again.
    func mendingCaches<Value>(_ body: (LedgerCaches) throws(CacheMiss) -> Value) throws(LedgerError) -> Value {
        do throws(CacheMiss) { return try body(writer.caches) } catch {}
        return try repair.withLock { _ throws(LedgerError) in
            // Another caller may have mended them while this one waited.
            do throws(CacheMiss) { return try body(writer.caches) } catch {}
            writer.log("the ledger's caches do not fit the journal; rewriting them")
            let durable = writer.durable
            // Positions behind `durable` belong to the writing thread; those before it never change their contents.
            let outcome = try JournalScan(journal: writer.journal, limit: durable.journalEnd)
                .run(from: ChainTip(), caches: writer.caches)
            guard outcome.tip.root == durable.root else {
                throw .corruptJournal(
                    path: writer.journal.path, offset: outcome.tip.journalEnd, sequence: outcome.tip.size,
                    reason: "the journal no longer gives the root \(durable.root) of \(durable.size) entries")
            }
            do throws(CacheMiss) { return try body(writer.caches) } catch {
                throw .corruptJournal(
                    path: writer.journal.path, offset: 0, sequence: 0, reason: "its caches could not be rewritten")
            }
        }
    }
}
