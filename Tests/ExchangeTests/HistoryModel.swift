import Encoding
import Exchange
import ExchangeTestKit
import Testing

/// What must be true of a history, told from its accepted events alone and without the rules' own state.
struct HistoryModel {
    private struct Deal {
        var signers: Set<Identifier> = []
        var isEnded = false
        var runCount: Int64 = 0
        var charged: [Identifier: Int64] = [:]
    }

    private let pool: HistoryPool
    private let owners: [String: Identifier]
    private var suspended: Set<Identifier> = []
    private var deals: [Identifier: Deal]
    private var logKeys: Set<String>
    private var droppedLogKeys: Set<String> = []
    private(set) var types: [EventType: Int] = [:]
    private(set) var codes: [String: Int] = [:]

    init(_ pool: HistoryPool) {
        self.pool = pool
        owners = pool.base.fixture.state.keys.mapValues(\.participant)
        logKeys = Set(pool.base.fixture.state.space?.logKeys ?? [])
        deals = pool.contracts.mapValues { _ in Deal() }
        deals[pool.base.contract]?.signers = Set(pool.contracts[pool.base.contract]?.parties ?? [])
    }

    mutating func observe(_ event: Event) {
        types[event.type, default: 0] += 1
        let signers = event.statement.keyIdentifiers.compactMap { owners[$0] }
        if event.type == .runRefused {
            codes[event.body["code"]?.stringValue ?? "", default: 0] += 1
        } else {
            #expect(suspended.isDisjoint(with: signers), "\(event.type) is accepted from somebody suspended")
        }
        switch event.statement.content {
        case .participantDecision(let decision):
            if decision.decision == .suspend { suspended.insert(decision.participant) }
            if decision.decision == .resume { suspended.remove(decision.participant) }
        case .logKeys(let change): observe(change)
        case .contract: deals[event.statement.identifier(.contract)]?.signers.formUnion(signers)
        case .contractTermination(let termination): deals[termination.contract]?.isEnded = true
        case .runRequest where event.type == .runCompleted: observeRun(event, by: signers)
        default: break
        }
    }

    private mutating func observe(_ change: LogKeys) {
        let keys = Set(change.logKeys.map(\.description))
        #expect(!keys.isDisjoint(with: logKeys), "a change of keys leaves none that was known")
        #expect(keys.isDisjoint(with: droppedLogKeys), "a dropped key has come back")
        droppedLogKeys.formUnion(logKeys.subtracting(keys))
        logKeys = keys
    }

    private mutating func observeRun(_ event: Event, by signers: [Identifier]) {
        let market = pool.base
        let terms = [
            market.flights: (market.airport.identifier, Market.flightsPrice),
            market.weather: (market.bureau.identifier, Market.weatherPrice),
        ]
        let charges = event.body["charges"]?.arrayValue ?? []
        #expect(!charges.isEmpty)
        var counted: Set<Identifier> = []
        for json in charges {
            guard let charge = try? Charge(JSONCursor(json)), let (payee, price) = terms[charge.product],
                let deal = deals[charge.contract], let contract = pool.contracts[charge.contract]
            else {
                Issue.record("a charge names what the history does not have: \(json.serializedString())")
                continue
            }
            #expect(charge.amount == price)
            #expect(charge.payee == payee)
            #expect([charge.payer] == signers && charge.payer == contract.buyer)
            #expect(deal.signers == Set(contract.parties) && !deal.isEnded)
            deals[charge.contract]?.charged[charge.payee, default: 0] += price
            if counted.insert(charge.contract).inserted { deals[charge.contract]?.runCount += 1 }
        }
    }

    /// Compares what the events add up to with what the state says.
    func check(_ state: ExchangeState) {
        #expect(Set(state.space?.logKeys ?? []) == logKeys)
        #expect(Set(state.space?.retiredLogKeys ?? []) == droppedLogKeys)
        for (identifier, deal) in deals {
            guard let contract = state.contracts[identifier] else {
                #expect(deal.signers.isEmpty)
                continue
            }
            #expect(contract.completedRuns == deal.runCount)
            #expect(contract.completedRuns <= contract.terms.maximumRuns)
            #expect(contract.charged == deal.charged)
            #expect(Set(contract.signers) == deal.signers)
            #expect(contract.signers.count == contract.signatureEntries.count)
        }
        for (identifier, participant) in state.participants where owners.values.contains(identifier) {
            #expect((participant.status == .suspended) == suspended.contains(identifier))
        }
    }
}
