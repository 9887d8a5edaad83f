import Glibc
import Signing

/// Why the ledger could not be opened, read or extended.
public enum LedgerError: Error, Sendable, CustomStringConvertible {
    /// There is no ledger in the folder (and none was to be created), or a file in it is not what it should be.
    case notALedger(path: String, reason: String)
    /// `create` found a ledger already there.
    case alreadyExists(path: String)
    /// Another process holds the ledger open. Its identifier, if it could be read.
    case inUse(directory: String, processIdentifier: Int?)
    /// A system call failed; `code` is its `errno`.
    case systemCall(String, path: String, code: Int32)
    /// The journal was changed or damaged: `offset` is the first byte of the frame or entry that is wrong.
    case corruptJournal(path: String, offset: UInt64, sequence: UInt64, reason: String)
    /// The published checkpoint cannot be read as one of this ledger's.
    case badCheckpoint(path: String, reason: String)
    /// The published checkpoint covers entries that the journal no longer has.
    case historyLost(checkpointSize: UInt64, journalSize: UInt64)
    /// The journal's entries are not those that the published checkpoint commits to.
    case historyChanged(size: UInt64, checkpointRoot: SHA256Digest, journalRoot: SHA256Digest)
    /// Entry `index` of an append is longer than 65,535 bytes.
    case entryTooLong(index: Int, length: Int)
    /// Entry `index` of an append is not the rest of a JSON object on one line.
    case badDraft(index: Int, reason: String)
    /// One append holds more bytes than fit in a journal frame.
    case appendTooLarge(bytes: Int, limit: Int)
    /// More is waiting to be written than the ledger holds in memory; nothing of this append was accepted.
    case overloaded(pendingBytes: Int)
    /// Writing failed; the ledger is read-only until ``Ledger/recover()`` succeeds or it is opened anew.
    case writingStopped(reason: String)
    case closed
    /// A range, proof or snapshot was asked for beyond the durable entries.
    case outsideLedger(String, size: UInt64)
    case badSnapshotKey(length: Int)
    /// The keys that were to sign the checkpoints cannot.
    case badSigners(reason: String)
    /// The state given for a snapshot belongs to another history.
    case snapshotDoesNotFit(size: UInt64, root: SHA256Digest, ledgerRoot: SHA256Digest)

    public var description: String {
        switch self {
        case .notALedger(let path, let reason): "\(path): \(reason)"
        case .alreadyExists(let path): "\(path) already holds a ledger; open it instead of creating one"
        case .inUse(let directory, let holder):
            "the ledger in \(directory) is in use by "
                + (holder.map { "process \($0)" } ?? "another process") + "; stop that process first"
        case .systemCall(let call, let path, let code):
            "\(path): \(call) failed: \(String(cString: strerror(code)))"
        case .corruptJournal(let path, let offset, let sequence, let reason):
            "\(path) is damaged at byte \(offset), entry \(sequence): \(reason). "
                + "Restore the ledger from a copy; nothing was changed"
        case .badCheckpoint(let path, let reason):
            "\(path) is not a checkpoint of this ledger: \(reason)"
        case .historyLost(let checkpoint, let journal):
            "history was lost: the checkpoint covers \(checkpoint) entries, the journal holds \(journal). "
                + "Restore the journal from a copy; a ledger never shrinks"
        case .historyChanged(let size, let checkpoint, let journal):
            "history was changed: at \(size) entries the checkpoint has the root \(checkpoint), the journal \(journal)"
        case .entryTooLong(let index, let length):
            "entry \(index) of this append has \(length) bytes; at most 65535 are allowed"
        case .badDraft(let index, let reason): "entry \(index) of this append: \(reason)"
        case .appendTooLarge(let bytes, let limit):
            "this append has \(bytes) bytes; at most \(limit) can be made durable at once"
        case .overloaded(let pending):
            "\(pending) bytes are already waiting to be written; try again shortly"
        case .writingStopped(let reason): "the ledger is read-only because writing failed: \(reason)"
        case .closed: "the ledger is closed"
        case .outsideLedger(let what, let size): "\(what) lies outside the ledger's \(size) entries"
        case .badSnapshotKey(let length): "the snapshot key has \(length) bytes instead of 32"
        case .badSigners(let reason): "these keys cannot sign the ledger's checkpoints: \(reason)"
        case .snapshotDoesNotFit(let size, let root, let ledgerRoot):
            "the snapshot's root for \(size) entries is \(root), the ledger's is \(ledgerRoot)"
        }
    }
}
