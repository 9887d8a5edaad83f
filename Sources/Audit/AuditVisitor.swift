import Exchange
import Signing
import TransparencyLog

/// An entry that has passed the chain, the form, the signatures and the rules.
public struct AuditedEntry: Sendable {
    public let entry: LedgerEntry
    /// The entry's statement, with the keys that signed it.
    public let verified: VerifiedStatement
    /// The entry as it is stored.
    public let bytes: ArraySlice<UInt8>

    public init(entry: LedgerEntry, verified: VerifiedStatement, bytes: ArraySlice<UInt8>) {
        self.entry = entry
        self.verified = verified
        self.bytes = bytes
    }

    /// The entry's leaf hash (RFC 6962 section 2.1); computed at each call.
    public var leafHash: SHA256Digest { bytes.withUnsafeBytes { MerkleTree.leafHash($0) } }
}

/// Looks at every entry of a ledger while it is audited, in the ledger's order.
///
/// An entry is shown when it and all before it have passed every check that looks at entries one by one; whether the
/// whole ledger is sound, only the report says, at the end. A visitor sees nothing of a chain-only audit.
public protocol AuditVisitor: AnyObject {
    /// Is called before the first entry; and again, should the ledger have to be read anew from there.
    ///
    /// - Parameters:
    ///   - note: the signed checkpoint. Its form has been checked, its signature only with pinned keys: those that the
    ///     charter names come with entry 0.
    ///   - checkpoint: what it says.
    func begin(_ note: SignedNote, _ checkpoint: Checkpoint)

    /// - Parameter state: the state of exchange with the entry applied. A visitor that keeps it beyond the call pays for
    ///   a copy of the whole state.
    func visit(_ audited: AuditedEntry, after state: ExchangeState)

    /// Is called once, when the audit has come to an end, sound or not.
    ///
    /// - Parameter state: the state of exchange behind the last entry shown. To keep it costs nothing here.
    func conclude(_ report: AuditReport, state: ExchangeState)
}

extension AuditVisitor {
    public func begin(_ note: SignedNote, _ checkpoint: Checkpoint) {}
    public func conclude(_ report: AuditReport, state: ExchangeState) {}
}

/// Shows each entry to several visitors, in their order.
public final class AuditVisitors: AuditVisitor {
    private let visitors: [any AuditVisitor]

    public init(_ visitors: [any AuditVisitor]) { self.visitors = visitors }

    public func begin(_ note: SignedNote, _ checkpoint: Checkpoint) {
        for visitor in visitors { visitor.begin(note, checkpoint) }
    }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) {
        for visitor in visitors { visitor.visit(audited, after: state) }
    }

    public func conclude(_ report: AuditReport, state: ExchangeState) {
        for visitor in visitors { visitor.conclude(report, state: state) }
    }
}
