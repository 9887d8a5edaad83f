import CSQLite

/// A value that SQLite stores.
enum SQLiteValue {
    case integer(Int64)
    case text(String)
    case null
}

/// One connection to an SQLite file, with its prepared statements. Not for two threads at once: its owner locks it.
final class SQLiteConnection {
    private var handle: OpaquePointer?
    private var statements: [String: OpaquePointer] = [:]
    let path: String

    /// SQLITE_TRANSIENT, which C defines by a cast that is not imported: SQLite makes its own copy of a bound text.
    private static let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    init(path: String, readOnly: Bool) throws(IndexError) {
        self.path = path
        let access = readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
        let result = sqlite3_open_v2(path, &handle, access | SQLITE_OPEN_NOMUTEX, nil)
        guard result == SQLITE_OK else {
            let failure = failure("open \(path)", result)
            close()
            throw failure
        }
        sqlite3_extended_result_codes(handle, 1)
        sqlite3_busy_timeout(handle, 10_000)
    }

    deinit { close() }

    func close() {
        for statement in statements.values { sqlite3_finalize(statement) }
        statements = [:]
        sqlite3_close_v2(handle)
        handle = nil
    }

    /// Runs statements that give no rows and take no values.
    func execute(_ sql: String) throws(IndexError) {
        let result = sqlite3_exec(handle, sql, nil, nil, nil)
        guard result == SQLITE_OK else { throw failure("run \(sql.prefix(60))", result) }
    }

    /// Runs one statement and hands each row to `row`, until that returns `false`.
    func query(
        _ sql: String, _ values: [SQLiteValue] = [], _ row: (SQLiteRow) throws(IndexError) -> Bool
    ) throws(IndexError) {
        let statement = try prepared(sql)
        defer {
            sqlite3_reset(statement)
            sqlite3_clear_bindings(statement)
        }
        for (index, value) in values.enumerated() { try bind(value, statement, Int32(index + 1)) }
        while true {
            let result = sqlite3_step(statement)
            if result == SQLITE_DONE { return }
            guard result == SQLITE_ROW else { throw failure("run \(sql.prefix(60))", result) }
            if try !row(SQLiteRow(statement: statement)) { return }
        }
    }

    func run(_ sql: String, _ values: [SQLiteValue] = []) throws(IndexError) {
        try query(sql, values) { (_) throws(IndexError) in true }
    }

    /// The first column of the first row.
    func integer(_ sql: String, _ values: [SQLiteValue] = []) throws(IndexError) -> Int64? {
        var found: Int64?
        try query(sql, values) { (row) throws(IndexError) in
            found = row.isNull(0) ? nil : row.integer(0)
            return false
        }
        return found
    }

    /// Runs `body` in a transaction, which is rolled back if it throws.
    func transaction(_ body: () throws(IndexError) -> Void) throws(IndexError) {
        try execute("BEGIN IMMEDIATE")
        do throws(IndexError) {
            try body()
            try execute("COMMIT")
        } catch {
            // Some failures (a full disk) have rolled back already; then this one has nothing to do.
            sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
            throw error
        }
    }

    private func prepared(_ sql: String) throws(IndexError) -> OpaquePointer {
        if let statement = statements[sql] { return statement }
        var statement: OpaquePointer?
        let result = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        guard result == SQLITE_OK, let statement else { throw failure("prepare \(sql.prefix(60))", result) }
        statements[sql] = statement
        return statement
    }

    private func bind(_ value: SQLiteValue, _ statement: OpaquePointer, _ index: Int32) throws(IndexError) {
        let result: Int32
        switch value {
        case .integer(let number): result = sqlite3_bind_int64(statement, index, number)
        case .text(let text):
            var text = text
            result = text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    // A null pointer would bind NULL, and an empty string may have one.
                    characters.baseAddress.map {
                        sqlite3_bind_text(statement, index, $0, Int32(clamping: characters.count), Self.copies)
                    } ?? sqlite3_bind_text(statement, index, "", 0, Self.copies)
                }
            }
        case .null: result = sqlite3_bind_null(statement, index)
        }
        guard result == SQLITE_OK else { throw failure("bind a value", result) }
    }

    private func failure(_ operation: String, _ code: Int32) -> IndexError {
        let message = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "out of memory"
        switch code & 0xFF {
        case SQLITE_CORRUPT, SQLITE_NOTADB: return .corrupt(path: path, message: message)
        case SQLITE_ERROR where message == "integer overflow": return .amountOverflow
        default: return .database(operation: operation, code: code, message: message)
        }
    }
}

/// The row a statement stands at; valid until its closure returns.
struct SQLiteRow {
    fileprivate let statement: OpaquePointer

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(statement, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }

    func text(_ column: Int32) -> String {
        guard let bytes = sqlite3_column_text(statement, column) else { return "" }
        let count = Int(sqlite3_column_bytes(statement, column))
        return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
}
