import Encoding
import Exchange
import Foundation
import Storage

/// Makes the state from the ledger: from its last snapshot, if that is sound, and the entries after it.
enum StateLoader {
    struct Loaded: Sendable {
        var state: ExchangeState
        /// The entries that the snapshot covers; 0 without one.
        var snapshotSize: UInt64
    }

    static func load(from ledger: Ledger, log: StructuredLog) throws -> Loaded {
        var state = snapshot(ledger, log) ?? ExchangeState()
        let snapshotSize = state.size
        // The node's own journal was checked frame by frame when it was opened, and every entry was decided before it
        // was written; deciding and verifying it all again is the auditor's work.
        try ledger.forEachEntry(from: state.size) { seq, bytes in
            let entry: LedgerEntry
            do { entry = try LedgerEntry(bytes) } catch {
                throw NodeError.ledgerCorrupt(seq: seq, reason: "\(error)")
            }
            guard entry.seq == state.size, entry.time >= state.time else {
                throw NodeError.ledgerCorrupt(seq: seq, reason: "its number or time is out of order")
            }
            state.apply(entry.event, at: entry.time)
        }
        return Loaded(state: state, snapshotSize: snapshotSize)
    }

    /// The ledger itself refuses a snapshot that was edited or belongs to another history.
    private static func snapshot(_ ledger: Ledger, _ log: StructuredLog) -> ExchangeState? {
        guard let snapshot = ledger.readSnapshot() else { return nil }
        guard let state = try? JSONDecoder().decode(ExchangeState.self, from: Data(snapshot.state)),
            state.size == snapshot.size
        else {
            log.write(.warning, "the state snapshot is of another form; the state is made from the whole ledger")
            return nil
        }
        return state
    }

    /// Writes a snapshot of the state, so that the next start is quick.
    static func save(_ state: ExchangeState, to ledger: Ledger) throws {
        guard state.size > 0, state.size <= ledger.size else { return }
        let encoded = try JSONEncoder().encode(state)
        try ledger.writeSnapshot([UInt8](encoded), size: state.size, root: try ledger.root(size: state.size))
    }
}
