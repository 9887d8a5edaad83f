import TransparencyLog

/// Where the entry bundles of a log are (C2SP tlog-tiles, "Log entries").
struct BundleSource: Sendable {
    enum Answer: Sendable {
        /// A bundle as it came: of the width asked for, or the full one in its place.
        case entries([UInt8], url: String)
        /// The log has no such resource.
        case missing(url: String, status: Int)
    }

    /// 256 entries of the greatest length, each with its two bytes of size.
    static let maximumBytes = Tile.fullWidth * (ChainedEntry.maximumLength + 2)

    let address: RemoteAddress
    let timeoutSeconds: Double
    /// How many entries the checkpoint covers.
    let size: UInt64
    private let prefix: String

    init(_ ledger: RemoteLedger, size: UInt64) {
        address = ledger.address
        timeoutSeconds = ledger.timeoutSeconds
        prefix = ledger.prefix
        self.size = size
    }

    /// How many entries bundle `index` has in a log of this size.
    func width(_ index: UInt64) -> Int { Tile(.entries, index: index, treeSize: size)?.width ?? 0 }

    func fetch(_ index: UInt64, _ connection: RemoteConnection) throws(AuditFailure) -> Answer {
        guard let tile = Tile(.entries, index: index, treeSize: size) else {
            return .missing(url: "\(prefix)/tile/entries", status: 404)
        }
        let answer = try fetch(tile, connection)
        // A log may delete a partial bundle once the full one is there.
        if case .missing = answer, !tile.isFull, let full = Tile(.entries, index: index),
            case .entries(let bytes, let url) = try fetch(full, connection)
        { return .entries(bytes, url: url) }
        return answer
    }

    private func fetch(_ tile: Tile, _ connection: RemoteConnection) throws(AuditFailure) -> Answer {
        let url = "\(prefix)/\(tile.path)"
        let answer = try connection.get(url, maximumBytes: Self.maximumBytes, .standard)
        switch answer.status {
        case 200: return .entries(answer.body, url: url)
        case 404, 410: return .missing(url: url, status: answer.status)
        default: throw .wrongStatus(url: url, status: answer.status)
        }
    }
}
