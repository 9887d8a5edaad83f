import Encoding

// What a run that was completed changes in the state. One that was refused changes nothing but that it cannot be replayed.
extension ExchangeState {
    mutating func apply(_ request: RunRequest, _ event: Event, _ mark: Mark, at time: Timestamp) {
        let run = event.statement.identifier(.run)
        recentRuns.insert(run, seq: mark.seq, time: time)
        guard event.type == .runCompleted else { return }
        let charges = (event.body["charges"]?.arrayValue ?? []).compactMap { try? Charge(JSONCursor($0)) }
        charge(charges)
        guard let buyer = try? Identifier(event.actor), let query = queries[request.query] else { return }
        if let task = request.task { runs.close(task, .used, mark, at: time) }
        remember(request, of: buyer, run, mark)
        if let cost = query.submission.privacy {
            spend(cost, of: Set(query.submission.tables.map(\.product)), by: buyer, at: time)
        }
        if query.submission.mode == .match {
            for table in query.submission.tables { runs.countMatch(BuyerOfProduct(buyer: buyer, product: table.product), at: time) }
        }
        keep(run, event, query, buyer, charges, mark, at: time)
    }

    private mutating func charge(_ charges: [Charge]) {
        for contract in Set(charges.map(\.contract)) { contracts[contract]?.completedRuns += 1 }
        for charge in charges {
            // Prices and counts are bounded well below the range of 64 bits; still, never trap on a ledger's content.
            let sum = contracts[charge.contract]?.charged[charge.payee, default: 0].addingReportingOverflow(charge.amount)
            if let sum { contracts[charge.contract]?.charged[charge.payee] = sum.overflow ? .max : sum.partialValue }
        }
    }

    private mutating func keep(
        _ run: Identifier, _ event: Event, _ query: Query, _ buyer: Identifier, _ charges: [Charge], _ mark: Mark,
        at time: Timestamp
    ) {
        let artefacts = (event.body["artefacts"]?.arrayValue ?? []).compactMap { try? RunArtefact(JSONCursor($0)) }
        let providers = providers(of: query.submission)
        for artefact in artefacts {
            runs.artefacts[ArtefactKey(run: run, name: artefact.name)] = HeldArtefact(
                artefact: artefact, buyer: buyer, status: .held,
                decisions: Dictionary(providers.map { ($0, HeldArtefact.Decision()) }, uniquingKeysWith: { first, _ in first }))
        }
        let days = charges.compactMap { contracts[$0.contract]?.terms.resultRetentionDays }.min() ?? 0
        guard days > 0 || !artefacts.isEmpty else { return }
        runs.results[run] = KeptResult(
            seq: mark.seq, buyer: buyer, keptUntil: time.advanced(byMilliseconds: days * 86_400_000))
    }
}
