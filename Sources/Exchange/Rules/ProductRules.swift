import Encoding

// Products: submitted (where a version waits for the operator) → listed → withdrawn, | refused. The table is in
// Catalogue/README.md.
extension ExchangeState {
    func decide(_ listing: ProductListing, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        try requireSigner(signer, is: listing.provider, pointer: "/provider")
        try requireRole(.provider, of: signer)
        try requireAssurance(.listProduct, of: signer)
        let identifier = listing.product ?? command.statement.identifier(.product)
        let existing = listing.product == nil ? nil : try continued(identifier, listing, by: signer)
        try checkContent(of: listing, after: existing)
        try checkLineage(of: listing, identifier)
        try checkExternalIdentifiers(of: listing, identifier, after: existing)
        try requireRights(listing, signer, at: time)
        let awaits = stepsAwaited(by: existing)
        var body: JSONObject = ["version": .integer(listing.version)]
        body["snapshot"] = listing.data.map { .string($0.snapshot) }
        if !awaits.isEmpty { body["awaiting"] = .array(awaits.map { .string($0.rawValue) }) }
        return Event(
            type: awaits.isEmpty ? .productListed : .productSubmitted, subject: identifier.text,
            actor: signer.identifier.text, body: body, statement: command.statement)
    }

    /// The product that a later version belongs to.
    private func continued(
        _ identifier: Identifier, _ listing: ProductListing, by signer: Participant
    ) throws(Refusal) -> Product {
        guard let product = products[identifier] else {
            throw Refusal(.notFound, "no product \(identifier) is listed", pointer: "/product")
        }
        guard product.provider == signer.identifier else {
            throw Refusal(.signerNotNamed, "the product \(identifier) belongs to another provider", pointer: "/product")
        }
        guard product.status != .withdrawn else {
            throw Refusal(
                .wrongStatus, "the product \(identifier) has been withdrawn; list a new product instead", pointer: "/product")
        }
        let next = Int64(product.versions.count) + 1
        guard listing.version == next else {
            throw Refusal(
                .versionOutOfOrder, "the next version of this product is \(next), not \(listing.version)",
                pointer: "/version")
        }
        return product
    }

    /// What the policy asks of the operator before a new version is in force.
    private func stepsAwaited(by existing: Product?) -> [ListingStep] {
        let policy = space?.policy.catalogue ?? CataloguePolicy()
        let isReviewed =
            switch policy.contentReview {
            case .none: false
            case .first: existing?.versions.contains { $0.status == .listed } != true
            case .every: true
            }
        return (isReviewed ? [.review] : []) + (policy.requireCompliance ? [.compliance] : [])
    }

    func decide(_ withdrawal: ProductWithdrawal, _ command: Command) throws(Refusal) -> Event {
        let signer = try activeSigner(command)
        guard let product = products[withdrawal.product] else {
            throw Refusal(.notFound, "no product \(withdrawal.product) is listed", pointer: "/product")
        }
        try requireSigner(signer, is: product.provider, pointer: "/product")
        switch product.status {
        case .submitted, .listed: break
        case .withdrawn:
            throw Refusal(.wrongStatus, "the product \(product.identifier) has been withdrawn already", pointer: "/product")
        case .refused:
            throw Refusal(
                .wrongStatus, "the product \(product.identifier) was refused and is not in the catalogue; there is nothing to withdraw",
                pointer: "/product")
        }
        return Event(
            type: .productWithdrawn, subject: product.identifier.text, actor: signer.identifier.text,
            body: ["reason": .string(withdrawal.reason)], statement: command.statement)
    }

    // MARK: Use under contract

    /// A version that is in use, with its data: the product is listed, and the version passed its review.
    func usableVersion(
        _ identifier: Identifier, _ number: Int64, pointer: String? = nil
    ) throws(Refusal) -> (product: Product, version: ProductVersion, data: ProductData) {
        guard let product = products[identifier], product.status == .listed else {
            let status = products[identifier].map { "is \($0.status.rawValue), not listed" } ?? "does not exist"
            throw Refusal(.productNotListed, "the product \(identifier) \(status)", pointer: pointer)
        }
        guard let version = product.version(number) else {
            throw Refusal(
                .productNotListed, "the product \(identifier) has \(product.versions.count) version(s), not \(number)",
                pointer: pointer)
        }
        guard version.status == .listed else {
            let inForce = product.numberInForce.map { "; the version in force is \($0)" } ?? ""
            let reason = version.status == .refused ? "was refused" : "waits for the operator's review"
            throw Refusal(
                .productNotListed, "version \(number) of the product \(identifier) \(reason)\(inForce)", pointer: pointer)
        }
        guard let data = version.data else {
            throw Refusal(
                .catalogueOnly,
                "the product \(identifier) is an entry of the catalogue only: version \(number) has no data at this node, so there is nothing to contract, query or run",
                pointer: pointer)
        }
        return (product, version, data)
    }

    /// Refuses a buyer to whom the grade of a product forbids it to go.
    func requireGrade(
        of version: ProductVersion, _ product: Identifier, allows buyer: Participant, pointer: String? = nil
    ) throws(Refusal) {
        for rule in space?.policy.catalogue.gradeRules ?? [] where version.strictness >= rule.strictness {
            if rule.allows(buyer.type, buyer.level) { continue }
            let who = [buyer.level?.rawValue, buyer.type.rawValue].compactMap { $0 }.joined(separator: " ")
            throw Refusal(
                .gradeForbidsBuyer,
                "the product \(product) has the strictness \(version.strictness) of 4, which in this space goes only to \(rule.inWords); \(buyer.name) is registered as \(who)",
                pointer: pointer)
        }
    }
}
