import Encoding
import Exchange

/// The bill recomputed: a second, smaller set of books beside `ExchangeState`, so that a mistake in the rules of exchange
/// shows here.
///
/// Independent of the rules: who is active, which products are listed, who has signed a contract and approved a query,
/// how many runs are used up, what a run costs. All of it is taken from the signed statements; what the node wrote about
/// them in an entry's body (`active`, `complete`, `signers`) is not believed. Of the node's word only that remains which
/// nobody signs: an entry's time and type.
///
/// Shared with the rules: the reading of entries and statements, the identifiers made from them, the verification of
/// signatures (which the audit has done before an entry comes here), and how long a run request is fresh.
struct BillingModel {
    struct Party {
        var name: String
        var type: ParticipantType
        var level: GovernmentLevel?
        var roles: [Role]
        var isActive = false
        /// For good, whatever is decided afterwards.
        var isRevoked = false
    }

    struct Contract {
        var terms: ContractTerms
        var signers: Set<Identifier> = []
        var isEnded = false
        var runs: Int64 = 0

        var missingSigners: [Identifier] { ([terms.buyer] + terms.providers).filter { !signers.contains($0) } }
    }

    struct Query {
        var submission: QuerySubmission
        var approvals: Set<Identifier> = []
        /// Refused by the machine check or by a provider, or revoked.
        var isBarred = false
    }

    private(set) var currency = ""
    private(set) var parties: [Identifier: Party] = [:]
    private(set) var products: [Identifier: BilledProduct] = [:]
    /// The catalogue's rules in force, as the operator signed them.
    private(set) var catalogue = CataloguePolicy()
    private(set) var contracts: [Identifier: Contract] = [:]
    private(set) var queries: [Identifier: Query] = [:]
    private(set) var keys = BillingKeys()
    /// Tasks and privacy budgets.
    private var books = RunBooks()
    private var requests = RecentRequests()

    /// What an entry means for the bill.
    struct Reading {
        var differences: [BillingDifference] = []
        /// As recorded, and as they should be; both empty unless the entry is a completed run.
        var recorded: [BilledCharge] = []
        var recomputed: [BilledCharge] = []
        /// What the run spent of each product's privacy budget.
        var spent: (cost: PrivacyCost, buyer: Identifier, products: Set<Identifier>)?
    }

    /// Takes up the next entry. The signatures on its statement must have been verified.
    mutating func take(_ entry: LedgerEntry) -> Reading {
        var reading = Reading()
        let isRun = entry.event.type == .runCompleted
        if case .runRequest(let request) = entry.event.statement.content {
            if isRun { return bill(request, entry) }
        } else {
            if isRun { reading.note(.signer, entry, "that a run was completed", "there is no run without a run request") }
            follow(entry, &reading)
        }
        // Money belongs to completed runs alone; a refused run costs nothing.
        if entry.event.body["charges"] != nil {
            let recorded = BilledCharge.recorded(in: entry.event.body)
            reading.recorded = recorded ?? []
            reading.note(
                .charges, entry, recorded.map(BilledCharge.inWords) ?? "charges that cannot be read",
                "a \(entry.event.type.rawValue) costs nothing")
        }
        return reading
    }

    // MARK: What leads up to a run

    private mutating func follow(_ entry: LedgerEntry, _ reading: inout Reading) {
        let statement = entry.event.statement
        switch statement.content {
        case .spaceCharter(let charter):
            if keys.found(charter) { currency = charter.currency }
        case .participantApplication(let application):
            let identifier = statement.identifier(.participant)
            keys.register(application.keys.map(\.keyIdentifier), for: identifier)
            parties[identifier] = Party(
                name: application.name, type: application.type, level: application.level, roles: application.roles)
        case .participantDecision(let decision): follow(decision, entry, &reading)
        case .identity(let statement):
            if let missing = keys.follow(statement, entry) {
                reading.note(.signer, entry, "that keys or staff were changed", "it needs the signature of \(missing)")
            }
        case .spacePolicy(let policy):
            guard isSigned(entry, byOperatorsWith: .policy, &reading) else { return }
            catalogue = policy.catalogue
            books.taskHours = policy.runs.taskHours
        case .productListing(let listing): follow(listing, entry, &reading)
        case .catalogue(let statement): follow(statement, entry, &reading)
        case .productWithdrawal(let withdrawal):
            guard isSigned(entry, by: products[withdrawal.product]?.provider, &reading) else { return }
            products[withdrawal.product]?.isWithdrawn = true
        case .contract(let terms): follow(terms, entry, &reading)
        case .contractTermination(let termination):
            let terms = contracts[termination.contract]?.terms
            let party = keys.signers(of: entry).first { $0 == terms?.buyer || terms?.providers.contains($0) == true }
            guard isSigned(entry, by: party, &reading) else { return }
            contracts[termination.contract]?.isEnded = true
        case .querySubmission(let submission):
            guard isSigned(entry, by: submission.buyer, &reading) else { return }
            queries[statement.identifier(.query)] = Query(
                submission: submission, isBarred: entry.event.type != .querySubmitted)
        case .queryDecision(let decision): follow(decision, entry, &reading)
        case .run(.task(let request)):
            let buyer = queries[request.query]?.submission.buyer
            guard isSigned(entry, by: buyer, &reading), let buyer else { return }
            books.mint(request, entry, buyer: buyer)
        case .run(.taskCancellation(let cancellation)): follow(cancellation, entry, &reading)
        default: break
        }
    }

    private mutating func follow(_ decision: ParticipantDecision, _ entry: LedgerEntry, _ reading: inout Reading) {
        guard keys.areOperators(entry.event.statement.keyIdentifiers, for: decision.decision) else {
            return reading.note(
                .signer, entry, "that \(decision.participant) was judged", "only an operator's signature decides that",
                [decision.participant])
        }
        switch decision.decision {
        case .approve, .resume: parties[decision.participant]?.isActive = true
        case .refuse, .suspend: parties[decision.participant]?.isActive = false
        case .revoke:
            parties[decision.participant]?.isActive = false
            parties[decision.participant]?.isRevoked = true
        case .assure: break
        }
        if parties[decision.participant]?.isRevoked == true { parties[decision.participant]?.isActive = false }
    }

    private mutating func follow(_ listing: ProductListing, _ entry: LedgerEntry, _ reading: inout Reading) {
        guard isSigned(entry, by: listing.provider, &reading) else { return }
        let identifier = listing.product ?? entry.event.statement.identifier(.product)
        var product = products[identifier] ?? BilledProduct(provider: listing.provider)
        let next = Int64(product.versions.count) + 1
        guard product.provider == listing.provider, listing.version == next, !product.isWithdrawn else {
            return reading.note(
                .product, entry, "version \(listing.version) by \(listing.provider)",
                product.isWithdrawn ? "the product is withdrawn" : "the next is version \(next) by \(product.provider)",
                [listing.provider])
        }
        product.append(listing, under: catalogue)
        products[identifier] = product
    }

    private mutating func follow(_ statement: CatalogueStatement, _ entry: LedgerEntry, _ reading: inout Reading) {
        let (product, version) = statement.subject
        switch statement {
        case .review, .complianceReview:
            guard isSigned(entry, byOperatorsWith: .catalogue, &reading) else { return }
        case .declaration:
            guard isSigned(entry, by: products[product]?.provider, &reading) else { return }
        case .assessment: return
        }
        products[product]?.take(statement, of: version, payload: entry.event.statement.payloadHash)
    }

    private mutating func follow(_ terms: ContractTerms, _ entry: LedgerEntry, _ reading: inout Reading) {
        let identifier = entry.event.statement.identifier(.contract)
        let concerned = Set([identifier, terms.buyer] + terms.providers)
        var contract = contracts[identifier] ?? Contract(terms: terms)
        if contracts[identifier] == nil {
            for item in terms.products {
                let listed = products[item.product]?.data(item.version)?.pricePerRun
                if listed != item.pricePerRun {
                    reading.note(
                        .price, entry, "\(item.pricePerRun) a run of \(item.product) version \(item.version)",
                        listed.map { "the listed price is \($0)" } ?? "that version is not listed", concerned)
                }
                if let rule = rule(against: terms.buyer, item.product, item.version) {
                    reading.note(.product, entry, "a contract over \(item.product)", rule, concerned)
                }
            }
        }
        for signer in keys.signers(of: entry) {
            if parties[signer]?.isActive == true, signer == terms.buyer || terms.providers.contains(signer) {
                contract.signers.insert(signer)
            } else {
                reading.note(.signer, entry, "that \(signer) signed the contract", "that is no active party to it", concerned)
            }
        }
        contracts[identifier] = contract
    }

    private mutating func follow(_ decision: QueryDecision, _ entry: LedgerEntry, _ reading: inout Reading) {
        let providers = queries[decision.query].map { self.providers(of: $0.submission) } ?? []
        let provider = keys.signers(of: entry).first { providers.contains($0) }
        guard isSigned(entry, by: provider, &reading), let provider else { return }
        switch decision.decision {
        case .approve: queries[decision.query]?.approvals.insert(provider)
        case .refuse, .revoke: queries[decision.query]?.isBarred = true
        }
    }

    private mutating func follow(_ cancellation: TaskCancellation, _ entry: LedgerEntry, _ reading: inout Reading) {
        if !keys.areOperators(entry.event.statement.keyIdentifiers, with: .suspend), let task = books.tasks[cancellation.task] {
            let providers = queries[task.request.query].map { self.providers(of: $0.submission) } ?? []
            let party = keys.signers(of: entry).first { $0 == task.buyer || providers.contains($0) }
            guard isSigned(entry, by: party, &reading) else { return }
        }
        books.cancel(cancellation.task)
    }

    // MARK: Who signed

    func providers(of submission: QuerySubmission) -> Set<Identifier> {
        Set(submission.tables.compactMap { products[$0.product]?.provider })
    }

    /// Why a buyer may not have a product's version at all, whatever the contract says: its grade is too strict.
    func rule(against buyer: Identifier, _ product: Identifier, _ version: Int64) -> String? {
        guard let party = parties[buyer], let strictness = products[product]?.strictness(version) else { return nil }
        let broken = catalogue.gradeRules.first { rule in
            guard strictness >= rule.strictness else { return false }
            guard rule.types.contains(party.type) else { return true }
            guard party.type == .government, let least = rule.minimumLevel else { return false }
            return (party.level ?? .township) < least || party.level == nil
        }
        return broken.map { "what is as strict as \($0.strictness) of 4 does not go to \(party.name)" }
    }

    private func isSigned(_ entry: LedgerEntry, byOperatorsWith duty: OperatorDuty, _ reading: inout Reading) -> Bool {
        if keys.areOperators(entry.event.statement.keyIdentifiers, with: duty) { return true }
        reading.note(
            .signer, entry, "that the operator did it", "only operators with the duty \(duty.rawValue) may", [])
        return false
    }

    /// Whether an active participant signed alone, as the entry needs; otherwise notes the difference.
    private func isSigned(_ entry: LedgerEntry, by expected: Identifier?, _ reading: inout Reading) -> Bool {
        let signers = keys.signers(of: entry)
        if let expected, signers == [expected], parties[expected]?.isActive == true { return true }
        let found = signers.map { "\($0)\(parties[$0]?.isActive == true ? "" : ", who is not active")" }
        reading.note(
            .signer, entry, "that it was signed by \(found.isEmpty ? "nobody registered" : found.joined(separator: ", "))",
            expected.map { "it needs the signature of \($0), while active" } ?? "nobody may sign this",
            Set(signers + (expected.map { [$0] } ?? [])))
        return false
    }
}

extension BillingModel {
    /// Bills a completed run, and counts it.
    private mutating func bill(_ request: RunRequest, _ entry: LedgerEntry) -> Reading {
        let buyer = keys.signers(of: entry).first
        var bill = RunBill(request, entry, buyer: buyer)
        if let earlier = requests.take(entry) {
            bill.reading.note(
                .replay, entry, "that the run was completed", "this request was recorded as entry \(earlier) already",
                bill.concerned)
        }
        bill.checkAge()
        bill.compute(self)
        for contract in bill.charged { contracts[contract]?.runs += 1 }
        if let fault = books.use(request, buyer: buyer, at: entry.time) {
            bill.reading.note(.task, entry, "that the run was completed", fault, bill.concerned)
        }
        spend(request, entry, buyer: buyer, &bill.reading)
        return bill.reading
    }

    /// Books what a run in private mode spent, by its query and not by what the entry says.
    private mutating func spend(_ request: RunRequest, _ entry: LedgerEntry, buyer: Identifier?, _ reading: inout Reading) {
        let recorded = entry.event.body["privacy"]
        guard let submission = queries[request.query]?.submission, let cost = submission.privacy, let buyer else {
            if recorded != nil {
                reading.note(.budget, entry, "that privacy was spent", "its query is not of the mode private")
            }
            return
        }
        if recorded?["epsilon"]?.integerValue != cost.epsilon {
            reading.note(
                .budget, entry, "ε \(recorded?["epsilon"]?.integerValue ?? 0) thousandths", "the query costs \(cost.epsilon)", [buyer])
        }
        let terms = submission.tables.compactMap { table in
            products[table.product]?.data(table.version)?.privacy.map { (product: table.product, terms: $0) }
        }
        if let over = books.spend(cost, terms, buyer: buyer, at: entry.time) {
            reading.note(
                .budget, entry, "that the run was completed",
                "with it \(buyer) has ε \(over.epsilon) of \(over.product) in this period, more than its budget", [buyer])
        }
        reading.spent = (cost, buyer, Set(submission.tables.map(\.product)))
    }
}

extension BillingModel.Reading {
    mutating func note(
        _ rule: BillingDifference.Rule, _ entry: LedgerEntry, _ says: String, _ should: String,
        _ concerns: Set<Identifier> = []
    ) {
        differences.append(
            BillingDifference(
                rule: rule, seq: entry.seq, subject: entry.event.subject, says: says, should: should, concerns: concerns))
    }
}
