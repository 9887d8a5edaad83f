import Signing
import TransparencyLog

/// Reads the entries of a node that serves no tiles in ranges, up to what its checkpoint covers.
final class RemoteReader: LedgerReader {
    private let ledger: RemoteLedger
    private let size: UInt64
    private var received: [UInt8] = []
    /// The lines of `received` that are still to be handed out.
    private var lines: ArraySlice<Range<Int>> = []
    private var handedOut: UInt64
    /// The entry that was handed out last, kept in place until the next call.
    private var current = UnsafeMutableRawBufferPointer.allocate(byteCount: ChainedEntry.maximumLength, alignment: 16)

    init(_ ledger: RemoteLedger, from start: UInt64 = 0, size: UInt64) {
        self.ledger = ledger
        handedOut = start
        self.size = size
    }

    deinit { current.deallocate() }

    func next() throws(AuditFailure) -> ReaderStep {
        if lines.isEmpty {
            guard handedOut < size else { return .end }
            try fetch()
            // A node that has nothing more to give has lost, or hides, entries that its own checkpoint covers.
            if lines.isEmpty { return .end }
        }
        guard let line = lines.popFirst() else { return .end }
        guard line.count <= current.count else {
            let reason = "it has \(line.count) bytes; an entry has at most \(current.count)"
            return .unsound(AuditProblem(.entry, reason: reason))
        }
        received.withUnsafeBytes { current.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[line])) }
        handedOut += 1
        return .entry(UnsafeRawBufferPointer(rebasing: current[..<line.count]), offset: nil)
    }

    func followingPrevious() throws(AuditFailure) -> SHA256Digest? {
        if lines.isEmpty, handedOut < size { try fetch() }
        return lines.first.flatMap { ChainedEntry.previousHash(of: Array(received[$0])) }
    }

    private func fetch() throws(AuditFailure) {
        let count = min(RemoteLedger.maximumEntries, size - handedOut)
        received = try ledger.entries(from: handedOut, count: count)
        let url = ledger.entriesAddress(from: handedOut, count: count)
        guard received.isEmpty || received.last == 0x0A else {
            throw .badAnswer(url: url, reason: "its last line is not complete")
        }
        var ranges: [Range<Int>] = []
        var start = 0
        for (index, byte) in received.enumerated() where byte == 0x0A {
            ranges.append(start..<index)
            start = index + 1
        }
        guard UInt64(ranges.count) <= count else {
            throw .badAnswer(url: url, reason: "it gives \(ranges.count) entries, more than the \(count) asked for")
        }
        lines = ranges[...]
    }
}
