import Encoding
import Exchange
import Signing
import TransparencyLog

/// Collects the life of one thing: every entry that has to do with its identifier.
public final class LifeView: AuditVisitor {
    public let identifier: Identifier
    /// What the thing is called and where it stands at the end; `nil` where it has no name, or no state.
    public private(set) var name: String?
    public private(set) var status: String?
    private let spool: LineSpool
    private let note: ((AuditedEntry) -> Void)?

    /// - Parameter note: is told of each entry that belongs to the life.
    /// - Throws: `AuditFailure` where the system gives no temporary file.
    public init(of identifier: Identifier, note: ((AuditedEntry) -> Void)? = nil) throws(AuditFailure) {
        self.identifier = identifier
        self.note = note
        spool = try LineSpool()
    }

    public func begin(_ note: SignedNote, _ checkpoint: Checkpoint) { spool.clear() }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) {
        let relations = EntryRelations.find(identifier, in: audited, after: state)
        if relations.isEmpty { return }
        spool.append(LifeLine(audited, relations: relations, after: state).json.serializedString())
        note?(audited)
    }

    public func conclude(_ report: AuditReport, state: ExchangeState) {
        name = state.givenName(of: identifier)
        status = state.status(of: identifier)
    }

    /// How many entries belong to it.
    public var count: UInt64 { spool.count }

    /// Hands out the lines in the ledger's order.
    public func forEachLine(_ body: (LifeLine) throws -> Void) throws {
        try spool.forEach { text in
            guard let line = LifeLine(json: try JSONValue.parse(text)) else {
                throw AuditFailure.unreadable(path: "the temporary file for results", reason: "it was changed")
            }
            try body(line)
        }
    }
}

/// Picks out one entry by its number.
public final class EntryView: AuditVisitor {
    public struct Signer: Sendable, Hashable {
        public var keyIdentifier: String
        /// Whose key it is: a participant's identifier, `operator` or `node`.
        public var owner: String
        public var name: String
    }

    public let seq: UInt64
    public private(set) var line: LifeLine?
    /// The entry as it is stored.
    public private(set) var entry: [UInt8] = []
    /// The document that was signed.
    public private(set) var statement: JSONValue = .null
    public private(set) var signers: [Signer] = []
    private let note: ((AuditedEntry) -> Void)?

    public init(_ seq: UInt64, note: ((AuditedEntry) -> Void)? = nil) {
        self.seq = seq
        self.note = note
    }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) {
        guard audited.entry.seq == seq else { return }
        line = LifeLine(audited, relations: [], after: state)
        entry = Array(audited.bytes)
        statement = EntryRelations.payload(of: audited.entry.event.statement) ?? .null
        signers = audited.verified.keys.map { key in
            let owner = state.holder(ofKey: key.keyIdentifier)
            let name = owner.flatMap { state.givenName(of: $0) } ?? ""
            let unnamed = state.space?.nodeKeys.contains(key) == true ? Event.nodeActor : Event.operatorActor
            return Signer(keyIdentifier: key.keyIdentifier, owner: owner?.text ?? unnamed, name: name)
        }
        note?(audited)
    }
}
