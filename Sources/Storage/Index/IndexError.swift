/// Why the index could not do what was asked.
public enum IndexError: Error, Sendable, Hashable, CustomStringConvertible {
    /// SQLite refused; `code` is its extended result code.
    case database(operation: String, code: Int32, message: String)
    /// The file is damaged. The index is derived: `reset()` it and apply the ledger again.
    case corrupt(path: String, message: String)
    /// A search text that is too long to be meant.
    case queryTooLong(reason: String)
    /// A paging cursor that this query did not give out.
    case badCursor
    /// A limit that is not from 1 to 200.
    case badLimit(Int)
    /// A number that does not fit into SQLite's signed 64 bits.
    case outOfRange(member: String)
    /// The sum of amounts does not fit into 64 bits.
    case amountOverflow

    public var description: String {
        switch self {
        case .database(let operation, let code, let message): "the index could not \(operation): \(message) (SQLite \(code))"
        case .corrupt(let path, let message): "the index \(path) is damaged (\(message)); it must be rebuilt from the ledger"
        case .queryTooLong(let reason): "the search text is too long: \(reason)"
        case .badCursor: "the cursor does not belong to this query; leave it out to begin at the first page"
        case .badLimit(let limit): "the limit must be from 1 to 200, is \(limit)"
        case .outOfRange(let member): "\(member) is too large for the index"
        case .amountOverflow: "the amounts add up to more than 64 bits hold; ask for a shorter time"
        }
    }
}
