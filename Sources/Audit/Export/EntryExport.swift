import Encoding
import Exchange
import TransparencyLog

/// Chooses entries while a ledger is audited, and writes them with their proofs into an evidence bundle: those asked for,
/// the charter, and those that register the keys by which one of them is signed.
public final class EntryExport: AuditVisitor {
    /// What a bundle of single entries holds, in numbers.
    public struct Outcome: Sendable, Hashable {
        /// The entries asked for.
        public var chosen: UInt64
        /// Those that are there so that signatures can be checked.
        public var supporting: UInt64
        /// Those asked for that are in no checkpoint yet, and so cannot be proved.
        public var unsigned: UInt64
    }

    private let identifiers: [Identifier]
    private let numbers: Set<UInt64>
    private let proofs: ProofExport
    private var note: SignedNote?
    private var size: UInt64 = 0
    private var chosen: Set<UInt64> = []
    private var unsigned: UInt64 = 0
    /// The keys that signed the chosen entries.
    private var signers: Set<String> = []
    /// Which entry made a key known.
    private var registrations: [String: UInt64] = [:]
    /// The keys that signed an entry which makes keys known.
    private var registrars: [UInt64: [String]] = [:]
    private var logKeys: [String] = []
    private var lastTime = Timestamp(milliseconds: 0)
    private var found: Set<Identifier> = []

    /// - Parameters:
    ///   - identifiers: every entry that has to do with one of them is chosen, as ``LifeView`` does.
    ///   - numbers: the numbers of entries.
    /// - Throws: ``AuditFailure`` where the system gives no temporary file.
    public init(identifiers: [Identifier], numbers: Set<UInt64>) throws(AuditFailure) {
        self.identifiers = identifiers
        self.numbers = numbers
        proofs = try ProofExport()
    }

    public func begin(_ note: SignedNote, _ checkpoint: Checkpoint) {
        (self.note, size) = (note, checkpoint.size)
        proofs.begin(note, checkpoint)
    }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) {
        let seq = audited.entry.seq
        let isChosen = isChosen(audited, after: state)
        guard seq < size else {
            if isChosen { unsigned += 1 }
            return
        }
        (lastTime, logKeys) = (audited.entry.time, state.space?.logKeys ?? [])
        let keys = audited.verified.keys.map(\.keyIdentifier)
        let registered = audited.verified.statement.content.registeredKeys
        for key in registered where registrations[key.keyIdentifier] == nil { registrations[key.keyIdentifier] = seq }
        if !registered.isEmpty { registrars[seq] = keys }
        if isChosen {
            chosen.insert(seq)
            signers.formUnion(keys)
        }
        // Which registrations will be needed is known only at the end, so all are kept ready.
        if isChosen || !registered.isEmpty || seq == 0 { proofs.want(audited) }
        proofs.visit(audited, after: state)
    }

    private func isChosen(_ audited: AuditedEntry, after state: ExchangeState) -> Bool {
        let related = identifiers.filter { !EntryRelations.find($0, in: audited, after: state).isEmpty }
        found.formUnion(related)
        return !related.isEmpty || numbers.contains(audited.entry.seq)
    }

    /// The identifiers and numbers that were asked for and stand nowhere in the ledger.
    public var missing: [String] {
        identifiers.filter { !found.contains($0) }.map(\.text)
            + numbers.filter { $0 >= size }.sorted().map { "entry \($0)" }
    }

    /// Writes the bundle.
    ///
    /// - Parameter path: its file; one that is there is replaced.
    /// - Returns: what it holds; `nil` for a ledger that is not sound, of which nothing can be proved.
    /// - Throws: ``AuditFailure`` if it cannot be written.
    public func write(_ path: String, _ heading: ExportHeading, _ report: AuditReport) throws -> Outcome? {
        guard report.isSound, let note, !chosen.isEmpty else { return nil }
        let needed = neededEntries()
        let bundleHeading = heading.bundleHeading(
            note, logKeys: logKeys, time: lastTime, remarks: [heading.soundRemark(size), choiceRemark])
        let writer = try EvidenceBundleWriter(path, bundleHeading, isPartial: true)
        try proofs.forEachProof(report) { proof in
            if needed.contains(proof.index), let entry = proof.extra { try writer.add(entry, proof) }
        }
        try writer.finish()
        return Outcome(
            chosen: UInt64(chosen.count), supporting: UInt64(needed.count - chosen.count), unsigned: unsigned)
    }

    /// The chosen entries, entry 0, and those that make the signers' keys known, with the signers of those in turn.
    private func neededEntries() -> Set<UInt64> {
        var needed = chosen
        var open = signers
        if needed.insert(0).inserted { open.formUnion(registrars[0] ?? []) }
        while let key = open.popFirst() {
            guard let seq = registrations[key], needed.insert(seq).inserted else { continue }
            open.formUnion(registrars[seq] ?? [])
        }
        return needed
    }

    private var choiceRemark: String {
        let subjects = identifiers.isEmpty ? [] : ["every entry that has to do with " + identifiers.map(\.text).joined(separator: " or ")]
        let entries = numbers.isEmpty ? [] : ["entry " + numbers.sorted().map(String.init).joined(separator: ", ")]
        return "Chosen (所选条目): " + (subjects + entries).joined(separator: "; ")
            + ". Beside them stand entry 0 and the entries that register the keys which signed them (另附登记签名公钥的条目)."
    }
}
