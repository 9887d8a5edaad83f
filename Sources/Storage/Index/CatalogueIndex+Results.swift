import Encoding

// Results are kept by their content: two runs can have the same one, which is then kept as long as either may.
extension CatalogueIndex {
    /// Until when a result may be kept, by the run that may keep it longest; `nil` if no run has it.
    ///
    /// - Parameter result: SHA-256 in hexadecimal.
    public func resultExpiry(_ result: String) throws(IndexError) -> Timestamp? {
        try reader.withLock { (connection) throws(IndexError) in
            try connection.integer("SELECT max(result_expires) FROM run WHERE result = ?", [.text(result)])
                .map { Timestamp(milliseconds: $0) }
        }
    }

    /// The results that no run may keep beyond `time`, of those that ended after `earlier`.
    public func expiredResults(
        after earlier: Timestamp = Timestamp(milliseconds: .min), upTo time: Timestamp
    ) throws(IndexError) -> [String] {
        let sql = """
            SELECT DISTINCT e.result FROM run e WHERE e.result_expires > ? AND e.result_expires <= ?
            AND NOT EXISTS (SELECT 1 FROM run k WHERE k.result = e.result AND k.result_expires > ?)
            """
        let values: [SQLiteValue] = [
            .integer(earlier.milliseconds), .integer(time.milliseconds), .integer(time.milliseconds),
        ]
        return try reader.withLock { (connection) throws(IndexError) in
            var results: [String] = []
            try connection.query(sql, values) { (row) throws(IndexError) in
                results.append(row.text(0))
                return true
            }
            return results
        }
    }
}
