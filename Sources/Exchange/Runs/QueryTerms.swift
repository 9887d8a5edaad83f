extension QuerySubmission {
    /// The most rows that a result may have: the least that any of the products' terms allow in this mode. Of a program, the
    /// most numbers.
    public func maximumRows(_ listings: [ProductData]) -> Int64 {
        if let program { return program.numberCount }
        return listings.map { listing in
            switch mode {
            case .aggregate: listing.aggregate?.maximumRows ?? 0
            case .rows: listing.rows?.maximumRows ?? 0
            case .private: listing.privacy?.maximumRows ?? 0
            case .match: listing.match == nil ? 0 : 1
            case .metrics: 0
            }
        }.min() ?? 0
    }
}

extension ProductData {
    /// Refuses a query that goes beyond what the product allows in its mode.
    func checkTerms(_ submission: QuerySubmission, table: QueryTable) throws(Refusal) {
        if let cost = submission.privacy, let terms = privacy, cost.epsilon > terms.maximumEpsilonPerRun {
            throw Refusal(
                .privacyCostTooHigh,
                "the product of the table \(table.name) lets one run spend ε \(terms.maximumEpsilonPerRun) thousandths at most, the query would spend \(cost.epsilon)",
                pointer: "/privacy/epsilon")
        }
        guard let program = submission.program, let terms = metrics else { return }
        guard terms.runtimes.contains(program.runtime) else {
            throw Refusal(
                .programNotAllowed,
                "the product of the table \(table.name) runs programs of \(terms.runtimes.map(\.rawValue).joined(separator: ", ")) only",
                pointer: "/program/runtime")
        }
        let bytes = terms.maximumArtefactBytes ?? 0
        guard program.artefacts.isEmpty || program.artefactBytes <= bytes else {
            throw Refusal(
                .programNotAllowed,
                terms.maximumArtefactBytes == nil
                    ? "the product of the table \(table.name) allows no artefacts, only metrics"
                    : "the product of the table \(table.name) allows artefacts of \(bytes) bytes together, the program declares \(program.artefactBytes)",
                pointer: "/program/artefacts")
        }
    }
}
