/// Why a ledger could not be checked. It says nothing about whether the ledger is sound.
public enum AuditFailure: Error, Sendable, Hashable, CustomStringConvertible {
    case noLedger(path: String)
    case unreadable(path: String, reason: String)
    case emptyLedger(source: String)
    case badURL(url: String, reason: String)
    case network(url: String, reason: String)
    case wrongStatus(url: String, status: Int)
    case answerTooLarge(url: String, limitBytes: Int)
    case badAnswer(url: String, reason: String)
    /// An entry is to be proved that the checkpoint does not cover.
    case outsideCheckpoint(seq: UInt64, size: UInt64, source: String)
    case tooManyEntries(limit: Int)
    /// Only a folder has the tree of an earlier checkpoint.
    case checkpointNeedsFolder
    case cannotWrite(path: String, reason: String)

    public var description: String {
        switch self {
        case .noLedger(let path):
            "there is no ledger at \(path): neither \(path)/journal nor \(path)/ledger/journal is there"
        case .unreadable(let path, let reason): "\(path) cannot be read: \(reason)"
        case .emptyLedger(let source): "the ledger at \(source) has no entries yet, so there is nothing to check"
        case .badURL(let url, let reason): "\(url) is not the address of a node: \(reason)"
        case .network(let url, let reason): "\(url) cannot be reached: \(reason)"
        case .wrongStatus(let url, let status): "\(url) answers with status \(status), not 200"
        case .answerTooLarge(let url, let limit): "\(url) answers with more than the \(limit) bytes that are read"
        case .badAnswer(let url, let reason): "\(url) does not answer as a ledger does: \(reason)"
        case .outsideCheckpoint(let seq, let size, let source):
            "entry \(seq) is not covered by the checkpoint of \(source), whose last entry has the number \(Int64(clamping: size) - 1)"
        case .tooManyEntries(let limit): "at most \(limit) entries can be proved at once"
        case .checkpointNeedsFolder:
            "a node proves entries by its latest checkpoint only; for an earlier one, copy the ledger's folder"
        case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason)"
        }
    }
}
