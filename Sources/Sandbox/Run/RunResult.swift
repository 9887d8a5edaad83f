import Encoding
import Signing

/// What a run gives to the buyer, and what binds it.
public struct RunResult: Sendable, Hashable {
    public struct Column: Sendable, Hashable {
        public var name: String
        /// The DuckDB type.
        public var type: String

        public init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    public var columns: [Column]
    /// Whole numbers are JSON integers (strings beyond 64 bits), floating point JSON numbers, decimals strings of digits ("12.50"),
    /// booleans and NULL themselves, everything else text; times are UTC.
    public var rows: [[JSONValue]]
    /// How many groups were left out because they rest on too few privacy units. Told only if those groups together rest on at
    /// least the smallest group's number of units, else 0: the count would otherwise tell that somebody is there.
    public var suppressedGroups: Int
    /// From the start of the process to its end.
    public var milliseconds: Int
    /// The canonical JSON of columns and rows: `{"columns":[{"name","type"}],"rows":[[…]]}`.
    public var resultBytes: [UInt8]
    /// SHA-256 of `resultBytes`.
    public var resultHash: SHA256Digest
    /// Of the rewritten template (`CheckedQuery.policyHash`).
    public var policyHash: SHA256Digest
    /// Such as "DuckDB 1.5.6".
    public var engine: String
    /// In private mode, beside each cell of `rows`: how far it is at most, in 95 of 100 cases, from what it would be without noise
    /// (of rows bounded and clamped all the same); NULL where the column is no aggregate as it is. They stand in `resultBytes` too, as
    /// "errors", with `privacy` as "privacy". Empty in other modes.
    public var errors: [[JSONValue]] = []
    /// What was spent; `nil` in other modes.
    public var privacy: PrivacyReport?
}
