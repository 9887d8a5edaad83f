import Encoding

// Results are kept by their content: two runs can have the same one, which is then kept as long as either may.
extension CatalogueIndex {
    /// Until when a result may be kept, by the run that may keep it longest; `nil` if no run has it.
    ///
    /// - Parameters:
    ///   - result: SHA-256 in hexadecimal.
    ///   - run: one that is not asked about; `nil` to ask about all.
    public func resultExpiry(_ result: String, besides run: String? = nil) throws(IndexError) -> Timestamp? {
        try reader.withLock { (connection) throws(IndexError) in
            try connection.integer(
                "SELECT max(result_expires) FROM run WHERE result = ? AND identifier <> ?", [.text(result), .text(run ?? "")]
            ).map { Timestamp(milliseconds: $0) }
        }
    }
}
