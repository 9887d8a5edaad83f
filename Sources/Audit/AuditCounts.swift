import Encoding
import Exchange

/// What a ledger records, counted while it is replayed.
public struct AuditCounts: Sendable, Hashable, Codable {
    /// Signatures on statements that were verified; the checkpoint's own are not among them.
    public internal(set) var signatures: UInt64 = 0
    /// Entries by type.
    public private(set) var entriesByType: [EventType: UInt64] = [:]
    /// The sum of all charges of completed runs, in minor units of the space's currency.
    public private(set) var charges: Int64 = 0
    /// Whether the sum left the range of 64 bits; `charges` is then meaningless.
    public private(set) var chargesOverflow = false

    public init() {}

    public subscript(type: EventType) -> UInt64 { entriesByType[type, default: 0] }

    public var participants: UInt64 { self[.participantApplied] }
    /// Listings: products and their later versions.
    public var productVersions: UInt64 { self[.productListed] }
    public var contracts: UInt64 { self[.contractOffered] }
    public var runsCompleted: UInt64 { self[.runCompleted] }
    public var runsRefused: UInt64 { self[.runRefused] }

    mutating func add(_ event: Event, signatures count: Int) {
        signatures += UInt64(count)
        entriesByType[event.type, default: 0] += 1
        guard event.type == .runCompleted else { return }
        for charge in event.body["charges"]?.arrayValue ?? [] {
            let (sum, overflow) = charges.addingReportingOverflow(charge["amount"]?.integerValue ?? 0)
            charges = sum
            chargesOverflow = chargesOverflow || overflow
        }
    }
}
