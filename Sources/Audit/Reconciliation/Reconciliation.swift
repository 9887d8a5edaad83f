import Encoding
import Exchange
import TransparencyLog

/// What a ledger's bills come to, as recorded and as recomputed.
public struct Reconciliation: Sendable {
    /// The charges for one product under one contract, from one payer to one payee. Amounts are in minor units.
    public struct Account: Sendable, Hashable {
        public var contract: String
        public var product: String
        public var payer: String
        public var payee: String
    }

    public struct Amounts: Sendable, Hashable {
        /// Charged uses, as recorded.
        public var uses: UInt64 = 0
        public var recorded: Int64 = 0
        public var recomputed: Int64 = 0
        /// Whether a sum left the range of 64 bits; the sums are then meaningless.
        public var isTooLarge = false

        mutating func add(_ other: Amounts) {
            uses += other.uses
            add(\.recorded, other.recorded)
            add(\.recomputed, other.recomputed)
            isTooLarge = isTooLarge || other.isTooLarge
        }

        mutating func add(_ sum: WritableKeyPath<Amounts, Int64>, _ amount: Int64) {
            let (result, overflow) = self[keyPath: sum].addingReportingOverflow(amount)
            self[keyPath: sum] = result
            isTooLarge = isTooLarge || overflow
        }
    }

    /// The verification of the ledger that the bills were taken from.
    public var audit: AuditReport
    public var currency = ""
    public var period: AuditPeriod
    public var contract: Identifier?
    public var participant: Identifier?
    /// Whether the ledger has the contract and the participant that it was asked for.
    public var isFilterKnown = true
    public var runsCompleted: UInt64 = 0
    public var runsRefused: UInt64 = 0
    public var accounts: [Account: Amounts] = [:]
    /// What buyers spent of products' privacy budgets, in the period.
    public var privacy: [PrivacyAccountKey: PrivacyUse] = [:]
    /// The first of them; `differenceCount` tells how many there are.
    public var differences: [BillingDifference] = []
    public var differenceCount = 0
    /// Names of participants and titles of products, for people.
    public var names: [String: String] = [:]

    /// The most differences that are kept.
    public static let maximumDifferences = 1000

    /// Whether the ledger is sound and every bill is right.
    public var isReconciled: Bool { audit.isSound && differenceCount == 0 }

    /// The accounts in order, with their sums by one of their members.
    public func totals(by member: KeyPath<Account, String>) -> [(name: String, amounts: Amounts)] {
        var totals: [String: Amounts] = [:]
        for (account, amounts) in accounts { totals[account[keyPath: member], default: Amounts()].add(amounts) }
        return totals.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    public var total: Amounts { accounts.values.reduce(into: Amounts()) { $0.add($1) } }

    public var rows: [(account: Account, amounts: Amounts)] {
        accounts.sorted { left, right in
            let (left, right) = (left.key, right.key)
            return [left.contract, left.product, left.payer, left.payee]
                .lexicographicallyPrecedes([right.contract, right.product, right.payer, right.payee])
        }.map { ($0.key, $0.value) }
    }
}

/// Recomputes every bill of a ledger while it is audited.
///
/// Memory grows with the accounts, the participants, products, contracts and queries, not with the number of runs.
public final class Reconciler: AuditVisitor {
    private var model = BillingModel()
    private var result: Reconciliation
    private let empty: Reconciliation

    /// - Parameters:
    ///   - contract: limits what is shown to this contract; everything is recomputed nevertheless.
    ///   - participant: limits what is shown to what this participant owes or earns.
    public init(contract: Identifier? = nil, participant: Identifier? = nil, period: AuditPeriod = .everything) {
        result = Reconciliation(
            audit: AuditReport(source: "", isChainOnly: false), period: period, contract: contract, participant: participant)
        empty = result
    }

    public func begin(_ note: SignedNote, _ checkpoint: Checkpoint) { (model, result) = (BillingModel(), empty) }

    public func visit(_ audited: AuditedEntry, after state: ExchangeState) { take(audited.entry) }

    /// Takes up the next entry, whose signatures must have been verified.
    func take(_ entry: LedgerEntry) {
        let reading = model.take(entry)
        guard result.period.contains(entry.time) else { return }
        for difference in reading.differences where isWanted(difference) {
            result.differenceCount += 1
            if result.differences.count < Reconciliation.maximumDifferences { result.differences.append(difference) }
        }
        let recorded = reading.recorded.filter(isWanted), recomputed = reading.recomputed.filter(isWanted)
        for charge in recorded {
            result.accounts[account(charge), default: .init()].uses += 1
            result.accounts[account(charge), default: .init()].add(\.recorded, charge.amount)
        }
        for charge in recomputed { result.accounts[account(charge), default: .init()].add(\.recomputed, charge.amount) }
        if let spent = reading.spent { book(spent.cost, spent.buyer, spent.products) }
        switch entry.event.type {
        case .runCompleted where isWanted(entry) || !recorded.isEmpty || !recomputed.isEmpty: result.runsCompleted += 1
        case .runRefused where isWanted(entry): result.runsRefused += 1
        default: break
        }
    }

    public func conclude(_ report: AuditReport, state: ExchangeState) { _ = conclude(report) }

    /// The result so far; complete once the audit has ended.
    @discardableResult
    func conclude(_ report: AuditReport) -> Reconciliation {
        result.audit = report
        result.currency = model.currency
        let isContractKnown = result.contract.map { model.contracts[$0] != nil } ?? true
        let isParticipantKnown = result.participant.map { model.parties[$0] != nil } ?? true
        result.isFilterKnown = isContractKnown && isParticipantKnown
        for account in result.accounts.keys {
            for identifier in [account.payer, account.payee] { result.names[identifier] = name(ofParty: identifier) }
            result.names[account.product] = title(ofProduct: account.product)
        }
        for key in result.privacy.keys {
            result.names[key.buyer] = name(ofParty: key.buyer)
            result.names[key.product] = title(ofProduct: key.product)
        }
        return result
    }

    public var reconciliation: Reconciliation { result }

    private func book(_ cost: PrivacyCost, _ buyer: Identifier, _ products: Set<Identifier>) {
        for product in products {
            if let wanted = result.participant, wanted != buyer, wanted != model.products[product]?.provider { continue }
            let key = Reconciliation.PrivacyAccountKey(buyer: buyer.text, product: product.text)
            result.privacy[key, default: .init()].runs += 1
            let (sum, overflow) = result.privacy[key, default: .init()].epsilon.addingReportingOverflow(cost.epsilon)
            result.privacy[key, default: .init()].epsilon = overflow ? .max : sum
        }
    }

    // MARK: What was asked for

    private func isWanted(_ charge: BilledCharge) -> Bool {
        if let contract = result.contract, charge.contract != contract.text { return false }
        if let participant = result.participant { return charge.payer == participant.text || charge.payee == participant.text }
        return true
    }

    private func isWanted(_ difference: BillingDifference) -> Bool {
        // What cannot be laid to anybody's account concerns everybody.
        if difference.concerns.isEmpty { return true }
        return [result.contract, result.participant].allSatisfy { wanted in
            wanted.map { concerned(by: difference).contains($0) } ?? true
        }
    }

    /// With the providers of the contracts concerned, who would be paid.
    private func concerned(by difference: BillingDifference) -> Set<Identifier> {
        difference.concerns.reduce(into: difference.concerns) { all, identifier in
            if let terms = model.contracts[identifier]?.terms { all.formUnion([terms.buyer] + terms.providers) }
        }
    }

    /// Whether a run is the participant's own and names the contract.
    private func isWanted(_ entry: LedgerEntry) -> Bool {
        guard case .runRequest(let request) = entry.event.statement.content else { return false }
        if let contract = result.contract, !request.contracts.contains(contract) { return false }
        if let participant = result.participant { return entry.event.actor == participant.text }
        return true
    }

    private func account(_ charge: BilledCharge) -> Reconciliation.Account {
        Reconciliation.Account(
            contract: charge.contract, product: charge.product, payer: charge.payer, payee: charge.payee)
    }

    private func name(ofParty identifier: String) -> String? {
        (try? Identifier(identifier)).flatMap { model.parties[$0]?.name }
    }

    private func title(ofProduct identifier: String) -> String? {
        (try? Identifier(identifier)).flatMap { model.products[$0]?.title }.map(\.inOneLine)
    }
}

extension [String: String] {
    /// Texts by language tag, in the tags' order, for one line.
    var inOneLine: String { sorted { $0.key < $1.key }.map(\.value).joined(separator: " · ") }
}
