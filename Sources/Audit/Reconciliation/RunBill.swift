import Encoding
import Exchange

/// The bill of one completed run, computed from what the entries before it say.
struct RunBill {
    private let request: RunRequest
    private let entry: LedgerEntry
    private let buyer: Identifier?
    /// The participants and contracts that the run concerns.
    let concerned: Set<Identifier>
    var reading = BillingModel.Reading()
    /// The contracts whose runs it uses up.
    private(set) var charged: Set<Identifier> = []
    private var isComputable = true

    init(_ request: RunRequest, _ entry: LedgerEntry, buyer: Identifier?) {
        (self.request, self.entry, self.buyer) = (request, entry, buyer)
        concerned = Set(request.contracts + (buyer.map { [$0] } ?? []))
    }

    private mutating func note(_ rule: BillingDifference.Rule, _ says: String, _ should: String) {
        reading.note(rule, entry, says, should, concerned)
    }

    /// A request is worth nothing an hour after it was signed, so that the node cannot keep it for later.
    mutating func checkAge() {
        let issued = entry.event.statement.header.issuedAt
        let isFresh = issued.advanced(byMilliseconds: ExchangeState.maximumRunAge) >= entry.time
            && issued <= entry.time.advanced(byMilliseconds: ExchangeState.maximumStatementLead)
        if !isFresh { note(.replay, "that the run was completed at \(entry.time)", "its request, signed at \(issued), was not fresh then") }
    }

    mutating func compute(_ model: BillingModel) {
        let body = entry.event.body
        checkBuyer(model)
        if body["query"]?.stringValue != request.query.text {
            note(.query, "a run of \(body["query"]?.stringValue ?? "no query")", "the request names \(request.query)")
        }
        if let query = model.queries[request.query] {
            checkQuery(query, model)
            chargeTables(of: query.submission, model)
        } else {
            note(.query, "a run of \(request.query)", "there is no such query")
            isComputable = false
        }
        guard let recorded = BilledCharge.recorded(in: body), body["charges"] != nil else {
            return note(.charges, "no charges that can be read", BilledCharge.inWords(reading.recomputed))
        }
        reading.recorded = recorded
        if recorded.sorted() != reading.recomputed.sorted() {
            let should = isComputable ? BilledCharge.inWords(reading.recomputed) : "no charge, since the run was not allowed"
            note(.charges, BilledCharge.inWords(recorded), should)
        }
    }

    private mutating func checkBuyer(_ model: BillingModel) {
        guard let buyer, let party = model.parties[buyer] else {
            return note(.signer, "that the run was asked for", "its signer is no registered participant")
        }
        if !party.isActive { note(.signer, "that \(buyer) ran a query", "\(party.name) was not active then") }
        if !party.roles.contains(.buyer) { note(.signer, "that \(buyer) ran a query", "\(party.name) is no buyer") }
        if !model.keys.signerMayAct(entry, as: .buyer) {
            note(.signer, "that \(buyer) ran a query", "the staff key that signed may not act as a buyer")
        }
        if entry.event.actor != buyer.text { note(.signer, "that \(entry.event.actor) did it", "\(buyer) signed the request") }
        let own = entry.event.statement.identifier(.run).text
        if entry.event.subject != own { note(.replay, "that it is the run \(entry.event.subject)", "the request makes it \(own)") }
    }

    private mutating func checkQuery(_ query: BillingModel.Query, _ model: BillingModel) {
        if query.submission.buyer != buyer { note(.query, "a run of \(request.query)", "the query is \(query.submission.buyer)'s") }
        if query.isBarred { note(.query, "a run of \(request.query)", "the query had been refused or revoked") }
        let missing = model.providers(of: query.submission).subtracting(query.approvals).sorted()
        if !missing.isEmpty {
            note(.query, "a run of \(request.query)", "\(missing.map(\.text).joined(separator: ", ")) had not approved it")
        }
    }

    /// Each version of a product that the query reads is paid for once, at the price of the first named contract that
    /// covers it.
    private mutating func chargeTables(of submission: QuerySubmission, _ model: BillingModel) {
        var seen: Set<String> = []
        for table in submission.tables {
            guard let product = model.products[table.product], let listing = product.data(table.version) else {
                note(.product, "a run over \(table.product) version \(table.version)", "that version is not listed")
                isComputable = false
                continue
            }
            check(product, listing, table, model)
            guard let (identifier, contract) = contract(for: table, model),
                let item = contract.terms.products.first(where: { $0.product == table.product && $0.version == table.version })
            else {
                isComputable = false
                continue
            }
            charged.insert(identifier)
            guard seen.insert("\(table.product) \(table.version)").inserted else { continue }
            if item.pricePerRun != listing.pricePerRun {
                note(.price, "a run at \(item.pricePerRun)", "the listed price of \(table.product) is \(listing.pricePerRun)")
            }
            reading.recomputed.append(
                BilledCharge(
                    contract: identifier.text, product: table.product.text, payer: buyer?.text ?? "",
                    payee: product.provider.text, amount: item.pricePerRun))
        }
        for extra in request.contracts where isComputable && !charged.contains(extra) {
            note(.contract, "a run under \(extra)", "the query reads nothing that this contract is charged for")
        }
    }

    private mutating func check(
        _ product: BilledProduct, _ listing: ProductData, _ table: QueryTable, _ model: BillingModel
    ) {
        if product.isWithdrawn { note(.product, "a run over \(table.product)", "the product had been withdrawn") }
        if model.parties[product.provider]?.isActive != true {
            note(.product, "a run over \(table.product)", "its provider \(product.provider) was not active then")
        }
        if let buyer, let rule = model.rule(against: buyer, table.product, table.version) {
            note(.product, "a run over \(table.product)", rule)
        }
        let used = entry.event.body["snapshots"]?[table.name]?.stringValue
        if used != listing.snapshot {
            note(.product, "the snapshot \(used ?? "none") for \(table.name)", "version \(table.version) is \(listing.snapshot)")
        }
    }

    /// The first contract that the request names, that covers the table, and that may be used now.
    private mutating func contract(for table: QueryTable, _ model: BillingModel) -> (Identifier, BillingModel.Contract)? {
        var obstacle: (rule: BillingDifference.Rule, reason: String) =
            (.contract, "the request names no contract of the buyer that covers it")
        for identifier in request.contracts {
            guard let contract = model.contracts[identifier], contract.terms.buyer == buyer,
                contract.terms.products.contains(where: { $0.product == table.product && $0.version == table.version })
            else { continue }
            let missing = contract.missingSigners.map(\.text)
            if contract.isEnded {
                obstacle = (.contract, "\(identifier) had ended")
            } else if !missing.isEmpty {
                obstacle = (.contract, "\(identifier) was not signed by \(missing.joined(separator: ", "))")
            } else if entry.time < contract.terms.validFrom || entry.time > contract.terms.validUntil {
                obstacle = (.contract, "\(identifier) is valid from \(contract.terms.validFrom) to \(contract.terms.validUntil)")
            } else if contract.runs >= contract.terms.maximumRuns {
                obstacle = (.runLimit, "\(identifier) allows \(contract.terms.maximumRuns) runs, and all were used")
            } else {
                return (identifier, contract)
            }
        }
        note(obstacle.rule, "a run over \(table.product) at \(entry.time)", obstacle.reason)
        return nil
    }
}

/// The run requests of the last hour, so that none is charged twice. An older one is not fresh any more.
struct RecentRequests {
    private var queue: [(request: Identifier, time: Timestamp)] = []
    private var head = 0
    private var sequences: [Identifier: UInt64] = [:]

    /// Remembers an entry's request; gives the entry that recorded it before, if it is still remembered.
    mutating func take(_ entry: LedgerEntry) -> UInt64? {
        let window = ExchangeState.maximumRunAge + ExchangeState.maximumStatementLead
        let oldest = entry.time.advanced(byMilliseconds: -window)
        while head < queue.count, queue[head].time < oldest {
            sequences[queue[head].request] = nil
            head += 1
        }
        if head > 64, head * 2 > queue.count {
            queue.removeFirst(head)
            head = 0
        }
        let request = entry.event.statement.identifier(.run)
        if let earlier = sequences[request] { return earlier }
        sequences[request] = entry.seq
        queue.append((request, entry.time))
        return nil
    }
}
