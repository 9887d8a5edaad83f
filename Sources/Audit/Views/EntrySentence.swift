import CommandLineInterface
import Encoding
import Exchange

/// Says in one plain line what an entry records: who did what, with names.
///
/// Names are other people's words: they must be made printable before they are shown. Since a name may be borne by several,
/// the last characters of the identifier stand behind it.
struct EntrySentence {
    let entry: LedgerEntry
    private let state: ExchangeState

    /// - Parameter state: the state with the entry applied.
    init(_ entry: LedgerEntry, after state: ExchangeState) {
        self.entry = entry
        self.state = state
    }

    var text: String {
        let event = entry.event
        switch event.statement.content {
        case .spaceCharter(let charter):
            return "the operator founded the space \(Self.quoted(charter.name.inOneLine)) (\(event.subject))"
        case .logKeys(let change): return logKeys(change)
        case .spacePolicy: return "the operator set the space's rules"
        case .identity(let statement): return identity(statement)
        case .catalogue(let statement): return catalogue(statement)
        case .right(let statement): return right(statement)
        case .run(let statement): return run(statement)
        case .participantApplication(let application):
            let roles = application.roles.map(\.rawValue).joined(separator: ", ")
            return "\(subject) applied to join as \(roles)"
        case .participantDecision(let decision): return self.decision(decision)
        case .productListing(let listing):
            return self.listing(listing)
        case .productWithdrawal: return "\(actor) withdrew \(subject)\(reason)"
        case .contract(let terms): return contract(terms)
        case .contractTermination: return "\(actor) ended \(subject)\(reason)"
        case .querySubmission(let submission): return query(submission)
        case .queryDecision(let decision): return "\(actor) \(past(decision.decision)) \(subject)\(reason)"
        case .runRequest(let request): return run(request)
        }
    }

    private func logKeys(_ change: LogKeys) -> String {
        func list(_ member: String) -> String {
            (entry.event.body[member]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
        }
        let steps = [("added", list("added")), ("dropped", list("dropped"))].filter { !$0.1.isEmpty }
        let number = change.logKeys.count == 1 ? "one signs" : "\(change.logKeys.count) sign"
        return "the operator changed the ledger's keys (\(steps.map { "\($0) \($1)" }.joined(separator: "; "))); \(number) from now on\(reason)"
    }

    private func listing(_ listing: ProductListing) -> String {
        let price = listing.data.map { "at \(money($0.pricePerRun)) a run" } ?? "as an entry of the catalogue only"
        let verb = entry.event.type == .productListed ? "listed" : "put forward"
        return "\(actor) \(verb) version \(listing.version) of \(subject) \(price)\(awaiting)"
    }

    private func catalogue(_ statement: CatalogueStatement) -> String {
        let version = "version \(statement.subject.version) of \(subject)"
        switch statement {
        case .review(let review):
            return "the operator \(review.verdict == .approve ? "approved" : "refused") the content of \(version)\(awaiting)\(reason)"
        case .declaration: return "\(actor) answered the compliance checklist for \(version)"
        case .complianceReview(let review):
            return "the operator \(review.verdict == .accept ? "accepted" : "rejected") the compliance declaration for \(version)\(awaiting)\(reason)"
        case .assessment(let assessment):
            let figures = assessment.figures
            return "the node assessed \(version): \(figures.rows) \(figures.rows == 1 ? "row" : "rows"), \(DecimalText.format(Double(figures.meanCompleteness) / 10, digits: 1)) % complete, \(figures.duplicates) repeated; \(figures.issues.isEmpty ? "nothing amiss" : figures.issues.joined(separator: ", "))"
        }
    }

    /// What a version still waits for.
    private var awaiting: String {
        let steps = (entry.event.body["awaiting"]?.arrayValue ?? []).compactMap(\.stringValue)
        let words = steps.map { $0 == ListingStep.review.rawValue ? "its content" : "its \($0)" }
        return words.isEmpty ? "" : "; it waits for the operator's word on \(words.joined(separator: " and "))"
    }

    private func contract(_ terms: ContractTerms) -> String {
        let isInForce = entry.event.body["active"]?.boolValue == true
        let outcome = isInForce ? "every party has signed" : "not every party has signed yet"
        guard entry.event.type == .contractOffered else { return "\(actor) signed \(subject); \(outcome)" }
        let products = terms.products.map { "\(name($0.product.text)) version \($0.version)" }.joined(separator: ", ")
        let others = terms.parties.map(\.text).filter { $0 != entry.event.actor }.map(name).joined(separator: ", ")
        return "\(actor) offered \(subject) to \(others) over \(products), at most \(terms.maximumRuns) runs from \(terms.validFrom) to \(terms.validUntil); \(outcome)"
    }

    private func query(_ submission: QuerySubmission) -> String {
        let tables = submission.tables.map { "\(name($0.product.text)) version \($0.version)" }.joined(separator: ", ")
        let text = "\(name(submission.buyer.text)) submitted \(subject) over \(tables)"
        return entry.event.type == .querySubmitted ? text : "\(text); the machine check refused it\(code)\(reason)"
    }

    private func run(_ request: RunRequest) -> String {
        let body = entry.event.body
        let run = "\(actor) ran \(name(request.query.text))"
        guard entry.event.type == .runCompleted else {
            let judge = body["by"]?.stringValue == "rules" ? "the rules" : "the sandbox"
            return "\(actor) asked to run \(name(request.query.text)); \(judge) refused it\(code)\(reason)"
        }
        let rows = body["rows"]?.integerValue ?? 0
        let charges = (body["charges"]?.arrayValue ?? []).map { charge in
            "\(money(charge["amount"]?.integerValue ?? 0)) to \(name(charge["payee"]?.stringValue ?? ""))"
        }
        return "\(run): \(rows) \(rows == 1 ? "row" : "rows")\(spending); \(charges.isEmpty ? "no charge" : charges.joined(separator: ", "))"
    }

    // MARK: Words

    var actor: String { name(entry.event.actor) }
    var subject: String { name(entry.event.subject) }
    private var code: String { entry.event.body["code"]?.stringValue.map { " (\($0))" } ?? "" }

    var reason: String {
        guard let reason = entry.event.body["reason"]?.stringValue, !reason.isEmpty else { return "" }
        return ": \(reason.prefix(300))"
    }

    func money(_ amount: Int64) -> String { MoneyText.format(amount, currency: state.space?.currency ?? "") }

    func past(_ verdict: ParticipantVerdict) -> String {
        switch verdict {
        case .approve: "approved"
        case .refuse: "refused"
        case .suspend: "suspended"
        case .resume: "resumed"
        case .revoke: "revoked"
        case .assure: "assured"
        }
    }

    private func past(_ verdict: QueryVerdict) -> String {
        switch verdict {
        case .approve: "approved"
        case .refuse: "refused"
        case .revoke: "revoked"
        }
    }

    func name(_ text: String) -> String { state.displayName(of: text) }

    private static func quoted(_ text: String) -> String { "\"\(text.prefix(80))\"" }
}

extension ExchangeState {
    /// What people call a thing of the ledger, with the end of its identifier: `Insurer (P…7QKM)`.
    func displayName(of text: String) -> String {
        guard let identifier = try? Identifier(text) else {
            return text == Event.operatorActor || text == Event.nodeActor ? "the \(text)" : text
        }
        let short = "\(identifier.suffix.prefix(1))…\(identifier.suffix.suffix(4))"
        return givenName(of: identifier).map { "\($0.prefix(80)) (\(short))" } ?? "\(noun(identifier.kind)) \(short)"
    }

    /// The name, title or titles that a thing was given; `nil` where it has none.
    func givenName(of identifier: Identifier) -> String? {
        switch identifier.kind {
        case .participant: participants[identifier]?.name
        case .product: products[identifier]?.title.inOneLine
        case .query: queries[identifier].map { "the query \"\($0.submission.title)\"" }
        case .resource: rights.resources[identifier]?.title.inOneLine
        case .right: rights.rights[identifier]?.title.inOneLine
        default: nil
        }
    }

    private func noun(_ kind: IdentifierKind?) -> String { kind.map { "the \($0)" } ?? "the thing" }

    /// Where a participant, product, contract, query or right stands; `nil` for anything else.
    func status(of identifier: Identifier) -> String? {
        switch identifier.kind {
        case .participant: participants[identifier]?.status.rawValue
        case .product: products[identifier]?.status.rawValue
        case .contract: contracts[identifier]?.status.rawValue
        case .query: queries[identifier]?.status.rawValue
        case .right: rights.rights[identifier]?.standing(at: time).rawValue
        case .task: runs.tasks[identifier]?.standing(at: time)
        default: nil
        }
    }
}
