import Signing
import TransparencyLog

/// A log over HTTP: a node, or a mirror that only serves files. What it gives is as C2SP tlog-tiles says, below a prefix
/// that is the address itself or, for a node, `/ledger` behind it.
final class RemoteLedger {
    /// How many entries are asked for at once from a node that serves no tiles; what a node gives at most.
    static let maximumEntries: UInt64 = 1000
    /// A node stops at 4 MiB, after the entry that passes it.
    private static let maximumEntriesAnswer = 5 << 20
    private static let maximumTile = Tile.fullWidth * SHA256Digest.count

    let checkpoint: [UInt8]
    let address: RemoteAddress
    let timeoutSeconds: Double
    /// Below which the log's resources lie.
    let prefix: String
    private let connection: RemoteConnection

    /// Finds the log and gets its checkpoint.
    init(_ url: String, timeoutSeconds: Double) throws(AuditFailure) {
        address = try RemoteAddress(url)
        self.timeoutSeconds = timeoutSeconds
        connection = try RemoteConnection(address, timeoutSeconds: timeoutSeconds) { Task.isCancelled }
        var found: (prefix: String, note: [UInt8])?
        var refusal: AuditFailure?
        for prefix in [address.base + "/ledger", address.base] {
            let url = prefix + "/checkpoint"
            let answer = try connection.get(url, maximumBytes: CheckpointCheck.maximumLength, .brief)
            guard answer.status == 200 else {
                let failure = AuditFailure.wrongStatus(url: url, status: answer.status)
                // Where there is no such thing the other place is tried; a redirect or a fault is an answer.
                guard (400..<500).contains(answer.status) else { throw found == nil ? failure : refusal ?? failure }
                refusal = refusal ?? failure
                continue
            }
            let isNote = (try? SignedNote(answer.body)) != nil
            if isNote || found == nil { found = (prefix, answer.body) }
            if isNote { break }
        }
        guard let found else { throw refusal ?? .badURL(url: url, reason: "there is no checkpoint") }
        (prefix, checkpoint) = (found.prefix, found.note)
    }

    /// Whether the log gives the first bundle that is needed; a node of an older release has none.
    func servesTiles(from start: UInt64, size: UInt64) throws(AuditFailure) -> Bool {
        guard start < size else { return true }
        let source = BundleSource(self, size: size)
        if case .entries = try source.fetch(start / UInt64(Tile.fullWidth), connection) { return true }
        let url = entriesAddress(from: start, count: 1)
        let status = try connection.get(url, maximumBytes: Self.maximumEntriesAnswer, .standard).status
        guard status == 200 || (400..<500).contains(status) else { throw .wrongStatus(url: url, status: status) }
        return status != 200
    }

    /// One line for each entry, at most so many from `start` on.
    func entries(from start: UInt64, count: UInt64) throws(AuditFailure) -> [UInt8] {
        try get(entriesAddress(from: start, count: count), maximumBytes: Self.maximumEntriesAnswer)
    }

    /// The proof of an entry by the node's published checkpoint (C2SP tlog-proof).
    func logProof(of seq: UInt64) throws(AuditFailure) -> [UInt8] {
        try get("\(prefix)/proof/tlog?seq=\(seq)", maximumBytes: LogProof.maximumLength)
    }

    /// The bytes of a tile of hashes (C2SP tlog-tiles, "Merkle Tree"), unchecked.
    func hashes(of tile: Tile) throws(AuditFailure) -> [UInt8] {
        let url = "\(prefix)/\(tile.path)"
        let answer = try connection.get(url, maximumBytes: Self.maximumTile, .standard)
        if answer.status == 200 { return answer.body }
        // A log may delete a partial tile once the full one is there.
        guard [404, 410].contains(answer.status), !tile.isFull, let count = tile.byteCount,
            let full = Tile(tile.content, index: tile.index)
        else { throw .wrongStatus(url: url, status: answer.status) }
        let whole = try connection.get("\(prefix)/\(full.path)", maximumBytes: Self.maximumTile, .standard)
        guard whole.status == 200 else { throw .wrongStatus(url: url, status: answer.status) }
        return Array(whole.body.prefix(count))
    }

    private func get(_ url: String, maximumBytes: Int) throws(AuditFailure) -> [UInt8] {
        let answer = try connection.get(url, maximumBytes: maximumBytes, .standard)
        guard answer.status == 200 else { throw .wrongStatus(url: url, status: answer.status) }
        return answer.body
    }

    func entriesAddress(from start: UInt64, count: UInt64) -> String {
        "\(prefix)/entries?start=\(start)&count=\(count)"
    }
}
