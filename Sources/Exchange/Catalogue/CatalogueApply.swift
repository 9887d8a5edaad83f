import Encoding

// What the events of the catalogue change in the state.
extension ExchangeState {
    mutating func apply(_ listing: ProductListing, _ event: Event, _ mark: Mark) {
        let identifier = listing.product ?? event.statement.identifier(.product)
        let isListed = event.type == .productListed
        let version = ProductVersion(
            listed: mark, status: isListed ? .listed : .submitted, awaits: isListed ? [] : event.awaitedSteps,
            inForceSince: isListed ? mark.seq : nil, form: listing.form, productClass: listing.productClass,
            strictness: listing.strictness, data: listing.data,
            externalIdentifiers: listing.externalIdentifiers.map(\.key),
            derivedFrom: Set(listing.inputs.compactMap(\.product)).sorted())
        if products[identifier] == nil {
            products[identifier] = Product(
                identifier: identifier, provider: listing.provider, status: .submitted, title: listing.title, versions: [])
        }
        products[identifier]?.versions.append(version)
        products[identifier]?.title = listing.title
        products[identifier]?.settleStatus()
        for external in version.externalIdentifiers { catalogue.externalIdentifiers[external] = identifier }
    }

    mutating func apply(_ withdrawal: ProductWithdrawal, _ mark: Mark) {
        products[withdrawal.product]?.status = .withdrawn
        products[withdrawal.product]?.withdrawal = Product.Withdrawal(mark: mark, reason: withdrawal.reason)
    }

    mutating func apply(_ statement: CatalogueStatement, _ event: Event, _ mark: Mark, at time: Timestamp) {
        let (identifier, number) = statement.subject
        guard products[identifier]?.version(number) != nil else { return }
        let held = products[identifier]?.heldIdentifiers ?? []
        products[identifier]?.versions[Int(number) - 1].apply(statement, event, mark)
        products[identifier]?.settleStatus()
        // What only the refused version named is free for whoever has the better claim.
        for external in held.subtracting(products[identifier]?.heldIdentifiers ?? [])
        where catalogue.externalIdentifiers[external] == identifier { catalogue.externalIdentifiers[external] = nil }
    }
}

extension Product {
    /// Derives the status from the versions'; a withdrawn product stays withdrawn.
    mutating func settleStatus() {
        guard status != .withdrawn else { return }
        let all = Set(versions.map(\.status))
        status = all.contains(.listed) ? .listed : all.contains(.submitted) ? .submitted : .refused
    }
}

extension ProductVersion {
    mutating func apply(_ statement: CatalogueStatement, _ event: Event, _ mark: Mark) {
        switch statement {
        case .review(let review):
            reviewed = mark
            if review.verdict == .approve { pass(.review, mark) } else { refuse() }
        case .declaration: compliance = ProductCompliance(status: .declared, declared: mark)
        case .complianceReview(let review):
            compliance?.status = review.verdict == .accept ? .accepted : .rejected
            compliance?.reviewed = mark
            if review.verdict == .accept { pass(.compliance, mark) }
        case .assessment(let assessment):
            let figures = assessment.figures
            self.assessment = ProductAssessment(
                mark: mark, report: assessment.report, rows: figures.rows,
                minimumCompleteness: figures.minimumCompleteness, meanCompleteness: figures.meanCompleteness,
                duplicates: figures.duplicates, issueCount: Int64(figures.issues.count))
        }
    }

    private mutating func pass(_ step: ListingStep, _ mark: Mark) {
        awaits.removeAll { $0 == step }
        guard awaits.isEmpty, status == .submitted else { return }
        status = .listed
        inForceSince = mark.seq
    }

    private mutating func refuse() {
        status = .refused
        awaits = []
    }
}

extension Event {
    /// The steps that a new version waits for.
    var awaitedSteps: [ListingStep] {
        (body["awaiting"]?.arrayValue ?? []).compactMap { $0.stringValue.flatMap(ListingStep.init) }
    }
}
