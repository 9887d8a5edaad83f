import Encoding
import Glibc
import Signing
import Synchronization

/// The search index and run history of a node, in one SQLite file: a cache that is derived from the ledger.
///
/// Safe to use from any thread. Writes go one after the other through one connection, searches through another, so a
/// search does not wait for a batch of changes. When a write returns, every later search sees it. After a power cut
/// the last batches may be missing, but then `position` says so too: it changes in the same transaction.
public final class CatalogueIndex: Sendable {
    let writer: Mutex<SQLiteConnection>
    let reader: Mutex<SQLiteConnection>
    /// What the documents are counted by, in memory.
    let facets: Mutex<FacetTable>
    private let path: String
    /// Why the file that was found could not be used and a new one was begun; `nil` where it was used or was missing.
    public let rebuildReason: String?

    private init(path: String, writer: sending SQLiteConnection, rebuildReason: String?) throws(IndexError) {
        self.path = path
        facets = Mutex(try FacetTable(writer))
        self.writer = Mutex(writer)
        reader = Mutex(try SQLiteConnection(path: path, readOnly: true))
        self.rebuildReason = rebuildReason
    }

    /// The writer must be the last to close: only then does SQLite move its log into the file, which a connection that
    /// only reads may not.
    deinit {
        reader.withLock { $0.close() }
        writer.withLock { $0.close() }
    }

    /// Opens the index, or makes a new one where there is none.
    ///
    /// A file that is damaged, has another schema or is no index at all is moved aside (to the same name with
    /// `.set-aside` after it, replacing an earlier one) and a new index begun; `rebuildReason` then says why. The
    /// caller compares `position` with the ledger and applies what is missing.
    public static func open(_ path: String) throws(IndexError) -> CatalogueIndex {
        do throws(IndexError) {
            if let writer = try openConnection(path) {
                return try CatalogueIndex(path: path, writer: writer, rebuildReason: nil)
            }
            return try replace(path, reason: "it has another schema, or is not an index")
        } catch {
            guard case .corrupt = error else { throw error }
            return try replace(path, reason: error.description)
        }
    }

    private static func replace(_ path: String, reason: String) throws(IndexError) -> CatalogueIndex {
        rename(path, path + ".set-aside")
        removeFiles(path)
        guard let writer = try openConnection(path) else {
            throw .corrupt(path: path, message: "the damaged file could not be moved aside: \(reason)")
        }
        return try CatalogueIndex(path: path, writer: writer, rebuildReason: reason)
    }

    private static func removeFiles(_ path: String) {
        for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) }
    }

    /// A full structure check of a larger file would delay the start; damage then shows when the page is used.
    private static let largestFileCheckedAtOpening: Int64 = 64 << 20

    /// `nil` where the file is a sound database but not an index of this version.
    private static func openConnection(_ path: String) throws(IndexError) -> SQLiteConnection? {
        let connection = try SQLiteConnection(path: path, readOnly: false)
        try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY")
        if try connection.integer("SELECT count(*) FROM sqlite_master") == 0 {
            try connection.transaction { () throws(IndexError) in try connection.execute(IndexSchema.tables) }
            return connection
        }
        guard try connection.integer("PRAGMA application_id") == IndexSchema.application,
            try connection.integer("PRAGMA user_version") == IndexSchema.version
        else { return nil }
        var status = stat()
        if stat(path, &status) == 0, status.st_size <= largestFileCheckedAtOpening { try check(connection) }
        return connection
    }

    private static func check(_ connection: SQLiteConnection) throws(IndexError) {
        var finding = "ok"
        try connection.query("PRAGMA quick_check(1)") { (row) throws(IndexError) in
            finding = row.text(0)
            return false
        }
        guard finding == "ok" else { throw .corrupt(path: connection.path, message: finding) }
    }

    /// Checks the whole file's structure.
    ///
    /// - Throws: `IndexError.corrupt` with the first finding.
    public func check() throws(IndexError) {
        try writer.withLock { (connection) throws(IndexError) in try Self.check(connection) }
    }

    /// Throws everything away and begins an empty index with no `position`.
    public func reset() throws(IndexError) {
        try writer.withLock { (writer) throws(IndexError) in
            try reader.withLock { (reader) throws(IndexError) in
                reader.close()
                writer.close()
                Self.removeFiles(path)
                guard let fresh = try Self.openConnection(path) else {
                    throw .corrupt(path: path, message: "the file could not be removed")
                }
                writer = fresh
                facets.withLock { $0 = FacetTable() }
                reader = try SQLiteConnection(path: path, readOnly: true)
            }
        }
    }

    /// How much of the ledger is applied; `nil` in a new index.
    public var position: IndexPosition? {
        get throws(IndexError) {
            try reader.withLock { (connection) throws(IndexError) in
                var found: IndexPosition?
                try connection.query("SELECT size, root FROM position") { (row) throws(IndexError) in
                    guard let bytes = Hexadecimal.decode(row.text(1)), let root = SHA256Digest(bytes) else { return false }
                    found = IndexPosition(size: UInt64(clamping: row.integer(0)), root: root)
                    return false
                }
                return found
            }
        }
    }

    /// Applies changes in order, and the new position, in one transaction: all or, if this throws, nothing.
    public func apply(_ changes: [IndexChange], position: IndexPosition?) throws(IndexError) {
        try writer.withLock { (connection) throws(IndexError) in
            let touched = try rows(touchedBy: changes, connection)
            try connection.transaction { () throws(IndexError) in
                for change in changes { try IndexWriter.apply(change, to: connection) }
                guard let position else { return }
                try connection.run(
                    "INSERT OR REPLACE INTO position (id, size, root) VALUES (1, ?, ?)",
                    [.integer(try IndexWriter.number(position.size, "position.size")), .text(position.root.description)])
            }
            try follow(touched, connection)
        }
    }

    /// Stores a product, in place of an earlier version.
    public func upsert(_ document: CatalogueDocument) throws(IndexError) {
        try apply([.upsert(document)], position: nil)
    }

    /// Marks a product as withdrawn; nothing happens if it is not there.
    public func withdraw(_ identifier: String, updated: Timestamp, seq: UInt64) throws(IndexError) {
        try apply([.withdraw(identifier: identifier, updated: updated, seq: seq)], position: nil)
    }

    /// Removes a product; nothing happens if it is not there.
    public func remove(_ identifier: String) throws(IndexError) {
        try apply([.remove(identifier: identifier)], position: nil)
    }

    /// Stores a run, in place of one with the same `seq`.
    public func recordRun(_ run: RunRecord) throws(IndexError) { try apply([.run(run)], position: nil) }
}
