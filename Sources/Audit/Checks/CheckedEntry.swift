import Exchange
import Signing

/// What can be found out about an entry without the entries before it.
enum CheckedEntry: Sendable {
    case malformed(LedgerEntryError)
    /// A signature does not hold.
    case badSignature(LedgerEntry, StatementError)
    /// A signing key is not registered yet; one of the entries just before may register it.
    case unknownKey(LedgerEntry)
    case verified(LedgerEntry, VerifiedStatement)

    init(_ bytes: ArraySlice<UInt8>, keys: KeyDirectory) {
        let entry: LedgerEntry
        do { entry = try LedgerEntry(bytes) } catch {
            self = .malformed(error)
            return
        }
        do {
            self = .verified(entry, try entry.event.statement.verified { keys.key($0) })
        } catch .unknownKey {
            self = .unknownKey(entry)
        } catch {
            self = .badSignature(entry, error)
        }
    }
}

extension EntryBatch {
    /// Starts to check the batch in so many tasks; their results joined are those of the entries in order.
    func startChecks(workers: Int, keys: KeyDirectory) -> [Task<[CheckedEntry], Never>] {
        shares(workers).map { share in
            Task {
                var checked: [CheckedEntry] = []
                checked.reserveCapacity(share.count)
                for index in share where !Task.isCancelled { checked.append(CheckedEntry(entry(index), keys: keys)) }
                return checked
            }
        }
    }
}
