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
    /// The log's keys are no longer those of the charter, and the entries that say so were not read.
    case keysChanged(url: String)
    /// Only a folder has the tree of an earlier checkpoint.
    case checkpointNeedsFolder
    /// The auditor's own state file cannot be trusted.
    case badState(path: String, reason: String)
    case stateOfAnotherLog(path: String, expected: String, found: String)
    /// A partial audit can neither use nor make a state.
    case stateNeedsFullAudit
    /// Single entries say nothing of the log's keys.
    case keyNeeded(path: String)
    case cannotWrite(path: String, reason: String)
    /// The task was cancelled.
    case cancelled

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
        case .keysChanged(let url):
            "the checkpoint of \(url) is not signed with the keys that the charter in entry 0 names: they have been changed since. Give the present key, obtained by another way, in a policy; or prove the entry from a copy of the folder"
        case .tooManyEntries(let limit): "at most \(limit) entries can be proved at once"
        case .checkpointNeedsFolder:
            "a node proves entries by its latest checkpoint only; for an earlier one, copy the ledger's folder"
        case .badState(let path, let reason):
            "the state file \(path) is refused: \(reason); restore it from a copy, or give --from-start to check everything anew and replace it"
        case .stateOfAnotherLog(let path, let expected, let found):
            "the state file \(path) is that of the log \"\(expected)\", but this one calls itself \"\(found)\": give each log a state file of its own"
        case .stateNeedsFullAudit: "an audit of the chain only, or of single entries, keeps no state: leave out --state"
        case .keyNeeded(let path):
            "\(path) holds single entries, which do not tell the log's key: give --policy or --vkey"
        case .cancelled: "it was stopped"
        case .cannotWrite(let path, let reason): "\(path) cannot be written: \(reason)"
        }
    }
}

/// An audit that was stopped on the way; what it had found out by then may be kept for the next.
public struct AuditInterruption: Error, Sendable, Hashable, CustomStringConvertible {
    /// How many entries had passed all checks.
    public var entries: UInt64
    /// The state file from which the next audit goes on; `nil` if there is none, or nothing to keep in it.
    public var stateFile: String?
    /// What stopped it; `nil` if it was asked to stop.
    public var cause: AuditFailure?

    public var description: String {
        var text = cause.map { "\($0); " } ?? ""
        text += entries == 0 ? "stopped before the first entry was checked"
            : "stopped after \(entries) entries, in which nothing wrong was found"
        if let stateFile { text += "; they are kept in \(stateFile), and the next run with it goes on from there" }
        return text
    }
}
