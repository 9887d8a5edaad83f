import Exchange
import TransparencyLog

/// The log's keys as the ledger's first entries name them.
struct LogKeyHistory {
    /// In force after these entries: each of them should sign.
    let inForce: [NoteVerifier]
    /// Dropped by an entry before: their signature alone counts for nothing.
    let retired: [(key: NoteVerifier, seq: UInt64)]
    /// The entry of each change, and the verifier keys that signed its handover, which are those in force after it.
    private let changes: [(seq: UInt64, after: [String])]

    /// - Parameter size: how many entries count, at least 1; `space` must be the state after so many, or after more.
    init(_ space: Space, size: UInt64) throws(AuditProblem) {
        let past = space.logKeyChanges.filter { $0.mark.seq < size }
        let now = space.logKeys(atSize: size)
        inForce = try Self.verifiers(now)
        let afters = past.dropFirst().map(\.before) + [now]
        changes = zip(past, afters).map { ($0.mark.seq, $1) }
        var retired: [(key: NoteVerifier, seq: UInt64)] = []
        for (change, after) in zip(past, afters) {
            let dropped = change.before.filter { !after.contains($0) && !now.contains($0) }
            retired += try Self.verifiers(dropped).map { ($0, change.mark.seq) }
        }
        self.retired = retired
    }

    private static func verifiers(_ texts: [String]) throws(AuditProblem) -> [NoteVerifier] {
        var keys: [NoteVerifier] = []
        for text in texts {
            do { keys.append(try NoteVerifier(text)) } catch {
                throw AuditProblem(.checkpoint, reason: "the ledger names a log key that cannot verify it: \(error)")
            }
        }
        return keys
    }

    /// The entries over whose handovers the word of the pinned keys reaches one of the signers; empty if one of them is
    /// pinned itself, `nil` if it reaches none.
    ///
    /// A handover is signed with every key that it leads to. So whoever trusts one of these has that key's own word for
    /// the others. That the operator signed the change counts for nothing here: who forges a ledger forges its operator too.
    func path(from pinned: [NoteVerifier], to signers: [NoteVerifier]) -> [UInt64]? {
        var paths: [String: [UInt64]] = [:]
        for key in pinned { paths[key.description] = [] }
        for (seq, after) in changes {
            guard let shortest = Self.shortest(after.compactMap { paths[$0] }) else { continue }
            for key in after where paths[key] == nil { paths[key] = shortest + [seq] }
        }
        return Self.shortest(signers.compactMap { paths[$0.description] })
    }

    private static func shortest(_ paths: [[UInt64]]) -> [UInt64]? { paths.min { $0.count < $1.count } }
}
