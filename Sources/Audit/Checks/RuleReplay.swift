import Encoding
import Exchange
import Signing

/// Replays the entries through the rules of exchange, one after the other, and counts what they record.
struct RuleReplay {
    private(set) var state = ExchangeState()
    private(set) var counts = AuditCounts()
    private(set) var firstTime: Timestamp?
    let keys: KeyDirectory

    /// A replay from the first entry on, or from where an earlier audit stood.
    init(from milestone: AuditMilestone? = nil) {
        keys = milestone.map { KeyDirectory($0.state) } ?? KeyDirectory()
        guard let milestone else { return }
        (state, counts, firstTime) = (milestone.state, milestone.counts, milestone.firstTime)
    }

    /// Where the replay stands, at a place of the walk that has come equally far.
    func milestone(at position: WalkPosition) -> AuditMilestone? {
        guard position.count == state.size, state.size > 0 else { return nil }
        return AuditMilestone(position: position, state: state, counts: counts, firstTime: firstTime)
    }

    /// Takes up only what an entry says of the log's keys: replays the charter and the changes of keys, which need nothing of
    /// the entries between them, and leaves every other entry alone.
    mutating func followLogKeys(_ entry: some Collection<UInt8>, seq: UInt64, offset: UInt64?) throws(AuditProblem) {
        guard seq == 0 || EntryGlimpse.changesLogKeys(entry, sequence: seq) else { return }
        let bytes = Array(entry)[...]
        state.size = seq
        try replay(CheckedEntry(bytes, keys: keys), bytes, offset: offset)
    }

    /// Replays the next entry; throws what is wrong with it.
    @discardableResult
    mutating func replay(
        _ checked: CheckedEntry, _ bytes: ArraySlice<UInt8>, offset: UInt64?
    ) throws(AuditProblem) -> AuditedEntry {
        let seq = state.size
        func problem(_ check: AuditProblem.Check, _ reason: String) -> AuditProblem {
            AuditProblem(check, seq: seq, offset: offset, reason: reason).naming(Array(bytes))
        }
        let entry: LedgerEntry
        let verified: VerifiedStatement
        switch checked {
        case .malformed(let error): throw problem(.entry, Self.withoutSubject(error.description))
        case .badSignature(_, let error): throw problem(.signature, error.description)
        case .unknownKey(let found):
            entry = found
            do { verified = try found.event.statement.verified(keys.key) } catch {
                throw problem(.signature, error.description)
            }
        case .verified(let found, let statement): (entry, verified) = (found, statement)
        }
        do { try state.replay(entry, verified) } catch { throw problem(.rules, error.description) }
        keys.register(verified.statement.content)
        firstTime = firstTime ?? entry.time
        counts.add(entry.event, signatures: verified.keys.count)
        return AuditedEntry(entry: entry, verified: verified, bytes: bytes)
    }

    /// What is wrong with an entry as it stands, apart from the place it was found in; `nil` if the rules would take it.
    func fault(of entry: [UInt8]) -> String? {
        var copy = self
        do { try copy.replay(CheckedEntry(entry[...], keys: keys), entry[...], offset: nil) } catch { return error.reason }
        return nil
    }

    /// The sentence goes on after the entry has been named.
    private static func withoutSubject(_ text: String) -> String {
        for (start, replacement) in [("the entry is ", "it is "), ("the entry's ", "its ")] where text.hasPrefix(start) {
            return replacement + text.dropFirst(start.count)
        }
        return text
    }
}
