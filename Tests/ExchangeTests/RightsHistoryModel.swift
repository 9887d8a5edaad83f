import Encoding
import Exchange
import ExchangeTestKit
import Testing

/// What must be true of a history of rights, told from its accepted events alone and without the rules' own state.
struct RightsHistoryModel {
    private struct Certificate {
        var root: Identifier
        var over: String
        var holder: Identifier
        /// Of the whole, in the parts of ``RightsHistoryModel/whole``.
        var share: Int64
        var isLeaf = true
        var isCancelled = false
        var expiresAt: Timestamp
        var pledgedUntil: Timestamp?
        var frozenBy: Set<Identifier> = []
        var licences: [Identifier: (isExclusive: Bool, until: Timestamp)] = [:]

        func isPledged(at time: Timestamp) -> Bool { pledgedUntil.map { time < $0 } ?? false }
        func isLive(at time: Timestamp) -> Bool { isLeaf && !isCancelled && time < expiresAt }
    }

    /// Every share in a history is a multiple of one part in so many.
    static let whole: Int64 = 720_720

    private var certificates: [Identifier: Certificate] = [:]
    private var noticeUntil: [Identifier: Timestamp] = [:]
    private var openObjections: [Identifier: Set<Identifier>] = [:]
    private var suspended: Set<Identifier> = []
    private let owners: [String: Identifier]
    private(set) var types: [EventType: Int] = [:]
    /// The rights that were asked for or came to be, in order.
    private(set) var known: [Identifier] = []

    init(_ pool: RightsHistoryPool) throws {
        owners = pool.base.state.keys.mapValues(\.participant)
        let granted = try #require(pool.base.events.last { $0.type == .rightGranted })
        certificates[pool.root] = Certificate(
            root: pool.root, over: granted.body["over"]?.stringValue ?? "", holder: pool.holders[0].identifier, share: Self.whole,
            expiresAt: try Self.time(granted, "expiresAt"))
        known = [pool.root]
    }

    mutating func observe(_ event: Event, at time: Timestamp) throws {
        types[event.type, default: 0] += 1
        let signers = Set(event.statement.keyIdentifiers.compactMap { owners[$0] })
        #expect(suspended.isDisjoint(with: signers), "\(event.type) is accepted from somebody suspended")
        if case .participantDecision(let decision) = event.statement.content {
            if decision.decision == .suspend { suspended.insert(decision.participant) } else { suspended.remove(decision.participant) }
            return
        }
        let right = try Identifier(event.subject)
        guard case .right(let statement) = event.statement.content else { return }
        switch statement {
        case .application: known.append(right)
        case .check, .objection, .objectionDecision, .decision: try observe(review: event, right, at: time)
        case .split, .merge: try observe(shape: event, right, at: time)
        case .withdrawal: #expect(certificates[right] == nil)
        default: try observe(life: statement, event, right, at: time)
        }
    }

    private mutating func observe(review event: Event, _ right: Identifier, at time: Timestamp) throws {
        #expect(certificates[right] == nil, "\(event.type) after the certificate")
        switch event.type {
        case .rightNoticed: noticeUntil[right] = try Self.time(event, "noticeUntil")
        case .rightObjected:
            #expect(try #require(noticeUntil[right]) > time)
            openObjections[right, default: []].insert(try Self.identifier(event, "objector"))
        case .rightObjectionDismissed: openObjections[right]?.remove(try Self.identifier(event, "objector"))
        case .rightGranted:
            #expect(try #require(noticeUntil[right]) <= time, "a certificate before the notice is over")
            #expect(openObjections[right]?.isEmpty ?? true, "a certificate with an open objection")
            let over = try #require(event.body["over"]?.stringValue)
            #expect(!certificates.values.contains { $0.over == over && $0.isLive(at: time) }, "an exclusive right granted twice")
            certificates[right] = Certificate(
                root: right, over: over, holder: try Self.identifier(event, "holder"), share: Self.whole,
                expiresAt: try Self.time(event, "expiresAt"))
        default: break
        }
    }

    /// Splits and merges.
    private mutating func observe(shape event: Event, _ right: Identifier, at time: Timestamp) throws {
        if event.type == .rightDivided {
            let whole = try #require(certificates[right])
            expectFree(whole, event, at: time)
            certificates[right]?.isLeaf = false
            for part in event.body["parts"]?.arrayValue ?? [] {
                let number = try Identifier(try #require(part["right"]?.stringValue))
                try add(number, like: whole, try Self.share(part["share"]), try Identifier(part["holder"]?.stringValue ?? ""))
            }
            return
        }
        let parts = try (event.body["rights"]?.arrayValue ?? []).map { try Identifier($0.stringValue ?? "") }
        var total: Int64 = 0
        for part in parts {
            let certificate = try #require(certificates[part])
            expectFree(certificate, event, at: time)
            #expect(certificate.holder.text == event.actor)
            total += certificate.share
            certificates[part]?.isLeaf = false
        }
        let first = try #require(parts.first.flatMap { certificates[$0] })
        #expect(try Self.share(event.body["share"]) == total)
        #expect(Set(parts.compactMap { certificates[$0]?.root }) == [first.root])
        try add(right, like: first, total, first.holder)
    }

    private mutating func add(_ number: Identifier, like other: Certificate, _ share: Int64, _ holder: Identifier) throws {
        #expect(certificates[number] == nil, "a number is given twice")
        certificates[number] = Certificate(
            root: other.root, over: other.over, holder: holder, share: share, expiresAt: other.expiresAt)
        known.append(number)
    }

    private mutating func observe(life statement: RightStatement, _ event: Event, _ right: Identifier, at time: Timestamp) throws {
        var certificate = try #require(certificates[right], "\(event.type) without a certificate")
        #expect(certificate.isLive(at: time), "\(event.type) of a right that is not live")
        #expect(try Self.identifier(event, "holder") == certificate.holder)
        switch statement {
        case .transfer(let transfer):
            expectFree(certificate, event, at: time)
            certificate.holder = transfer.to
            certificate.licences[transfer.to] = nil
        case .pledge(let pledge):
            #expect(certificate.frozenBy.isEmpty)
            #expect(!certificate.isPledged(at: time), "pledged twice")
            certificate.pledgedUntil = pledge.until ?? Timestamp(milliseconds: .max)
        case .pledgeRelease:
            #expect(certificate.isPledged(at: time))
            certificate.pledgedUntil = nil
        case .freeze: certificate.frozenBy.insert(try Self.identifier(event, "regulator"))
        case .unfreeze: #expect(certificate.frozenBy.remove(try Self.identifier(event, "regulator")) != nil)
        case .licence(let licence):
            #expect(certificate.frozenBy.isEmpty)
            let others = certificate.licences.values.filter { time < $0.until }
            #expect(others.allSatisfy { !$0.isExclusive } && (!licence.isExclusive || others.isEmpty))
            certificate.licences[licence.licensee] = (licence.isExclusive, licence.until)
        case .licenceEnd(let end): #expect(certificate.licences.removeValue(forKey: end.licensee) != nil)
        case .renewal: certificate.expiresAt = try Self.time(event, "expiresAt")
        case .change: #expect(certificate.frozenBy.isEmpty)
        case .cancellation:
            expectFree(certificate, event, at: time)
            certificate.isCancelled = true
        default: Issue.record("\(event.type) is no step in the life of a right")
        }
        certificates[right] = certificate
    }

    private func expectFree(_ certificate: Certificate, _ event: Event, at time: Timestamp) {
        #expect(!certificate.isPledged(at: time), "\(event.type) while pledged")
        #expect(certificate.frozenBy.isEmpty, "\(event.type) while frozen")
        #expect(certificate.isLive(at: time), "\(event.type) of a right that is not live")
    }

    /// Shares of a root's leaves add up to exactly the whole. A cancelled leaf's share is nobody's, but it is no one
    /// else's either.
    func checkShares() {
        var totals: [Identifier: Int64] = [:]
        for certificate in certificates.values where certificate.isLeaf { totals[certificate.root, default: 0] += certificate.share }
        for (root, total) in totals { #expect(total == Self.whole, "the leaves of \(root) add up to \(total)") }
    }

    /// Compares what the events add up to with what the state says.
    func check(_ state: ExchangeState, at time: Timestamp) throws {
        checkShares()
        for (identifier, certificate) in certificates {
            let right = try #require(state.rights.rights[identifier])
            #expect(right.holder == certificate.holder && right.root == certificate.root)
            #expect(right.share == Fraction(certificate.share, Self.whole))
            #expect(right.isLive(at: time) == certificate.isLive(at: time))
            #expect((right.status == .granted) == (certificate.isLeaf && !certificate.isCancelled))
            #expect(right.isFrozen == !certificate.frozenBy.isEmpty)
            #expect((right.pledge(at: time) != nil) == certificate.isPledged(at: time))
            #expect(state.isInForce(right, at: time) == (certificate.isLive(at: time) && certificate.frozenBy.isEmpty))
        }
        // In the state's own fractions, too.
        for root in Set(certificates.values.map(\.root)) {
            let leaves = state.rights.rights.values.filter { $0.root == root && ![.divided, .merged].contains($0.status) }
            #expect(try Fraction.sum(leaves.map(\.share)) == .one)
        }
        let standing = state.rights.rights.values.filter { $0.status.isPending || $0.isLive(at: time) }
        let listed = state.rights.overThing.values.flatMap { $0 }
        #expect(Set(listed).isSuperset(of: standing.map(\.identifier)) && Set(listed).count == listed.count)
    }

    private static func time(_ event: Event, _ name: String) throws -> Timestamp {
        try #require(event.body[name]?.stringValue.flatMap { Timestamp($0) })
    }

    private static func identifier(_ event: Event, _ name: String) throws -> Identifier {
        try Identifier(try #require(event.body[name]?.stringValue))
    }

    private static func share(_ value: JSONValue?) throws -> Int64 {
        let share = try #require(value?.stringValue.flatMap { Fraction($0) })
        #expect(whole % share.denominator == 0)
        return share.numerator * (whole / share.denominator)
    }
}
