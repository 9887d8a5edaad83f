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
        var block = LedgerReader.Block(writer.journal)
        var next = range.lowerBound
        while next < range.upperBound {
            let end = min(range.upperBound, next + 512)
            for (index, offset) in try caches.markedOffsets(next..<end).enumerated() {
                let entry = Array(try block.entry(at: offset & ~LedgerCaches.frameStartMark))
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

    /// Proof that entry `sequence` is in the tree of the first `size` entries. The proof is verified before it is returned.
    /// Throws ``LedgerError/outsideLedger(_:size:)``.
    public func inclusionProof(sequence: UInt64, size: UInt64) throws(LedgerError) -> InclusionProof {
        let durable = head
        guard size <= durable.size, sequence < size else {
            throw .outsideLedger("entry \(sequence) in a tree of \(size) entries", size: durable.size)
        }
        return try mendingCaches { caches throws(CacheMiss) in
            let root = try reader.root(size, durable, caches)
            let leafHash = try caches.leafHash(sequence)
            return try LedgerReader.orMiss {
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
            let (first, second) = (try reader.root(from, durable, caches), try reader.root(to, durable, caches))
            return try LedgerReader.orMiss {
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
        return try mendingCaches { caches throws(CacheMiss) in try reader.root(size, durable, caches) }
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
        try reader.mendingCaches(body)
    }
}
