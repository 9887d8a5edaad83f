import Encoding

public struct ConsentKey: Sendable, Hashable, Codable {
    public var product: Identifier
    public var buyer: Identifier
    public var token: String

    public init(product: Identifier, buyer: Identifier, token: String) {
        self.product = product
        self.buyer = buyer
        self.token = token
    }
}

public struct Consent: Sendable, Hashable, Codable {
    public var validFrom: Timestamp
    public var validUntil: Timestamp
    public var given: Mark
    public var ended: Mark?
    /// When it was given or ended last.
    public var changedAt: Timestamp

    public func isInForce(at time: Timestamp) -> Bool { ended == nil && time >= validFrom && time <= validUntil }
}

extension SubjectConsent { var key: ConsentKey { ConsentKey(product: product, buyer: buyer, token: token) } }
extension SubjectConsentEnd { var key: ConsentKey { ConsentKey(product: product, buyer: buyer, token: token) } }

// Consents: given → given anew, with another time → ended; one that has ended can be given again.
extension ExchangeState {
    func decide(_ consent: SubjectConsent, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let product = try consentProduct(consent.product, command)
        guard product.versionInForce?.data?.offers(.match) == true else {
            throw Refusal(
                .modeNotOffered, "no version in force of the product \(product.identifier) offers the mode match", pointer: "/product")
        }
        guard let buyer = participants[consent.buyer], buyer.status == .active, buyer.roles.contains(.buyer) else {
            throw Refusal(.partiesWrong, "\(consent.buyer) is not an active buyer", pointer: "/buyer")
        }
        guard consent.validUntil > time else {
            throw Refusal(.termsOutOfRange, "the consent would be over already: validUntil has passed", pointer: "/validUntil")
        }
        try requireLater(command, runs.consents[consent.key])
        return Event(
            type: .consentGiven, subject: consent.product.text, actor: product.provider.text,
            body: ["buyer": .string(consent.buyer.text), "token": .string(consent.token)], statement: command.statement)
    }

    func decide(_ end: SubjectConsentEnd, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        let product = try consentProduct(end.product, command)
        guard let consent = runs.consents[end.key] else {
            throw Refusal(.notFound, "no such consent is recorded", pointer: "/token")
        }
        try requireLater(command, consent)
        guard consent.ended == nil, time <= consent.validUntil else {
            throw Refusal(.wrongStatus, "the consent is over already", pointer: "/token")
        }
        return Event(
            type: .consentEnded, subject: end.product.text, actor: product.provider.text,
            body: ["buyer": .string(end.buyer.text), "token": .string(end.token)], statement: command.statement)
    }

    private func consentProduct(_ identifier: Identifier, _ command: Command) throws(Refusal) -> Product {
        let signer = try activeSigner(command)
        guard let product = products[identifier] else {
            throw Refusal(.notFound, "there is no product \(identifier)", pointer: "/product")
        }
        try requireSigner(signer, is: product.provider, pointer: "/product")
        try requireRole(.provider, of: signer)
        return product
    }

    private func requireLater(_ command: Command, _ consent: Consent?) throws(Refusal) {
        guard let consent else { return }
        let last = max(consent.given.issuedAt, consent.ended?.issuedAt ?? consent.given.issuedAt)
        guard command.statement.header.issuedAt > last else {
            throw Refusal(.staleDecision, "a later word on this consent is recorded already", pointer: "/issuedAt")
        }
    }

    /// Refuses to answer about a subject that has not consented. Whether there is such a subject makes no difference.
    func requireConsent(
        _ table: QueryTable, _ terms: MatchTerms, _ parameters: JSONObject, buyer: Identifier, at time: Timestamp
    ) throws(Refusal) {
        let token = parameters[QuerySubmission.subjectParameter.name]?.stringValue ?? ""
        guard runs.consents[ConsentKey(product: table.product, buyer: buyer, token: token)]?.isInForce(at: time) == true else {
            throw Refusal(
                .consentMissing, "no consent in force lets this buyer ask about this subject; the provider records one when the subject gives it",
                pointer: "/parameters/subject")
        }
        let asked = runs.matches[BuyerOfProduct(buyer: buyer, product: table.product)]
        guard asked?.day != time.day || (asked?.count ?? 0) < terms.maximumPerDay else {
            throw Refusal(
                .matchLimitReached, "the product answers \(terms.maximumPerDay) such questions of one buyer a day (UTC); ask again tomorrow")
        }
    }
}

extension RunsState {
    mutating func apply(_ consent: SubjectConsent, _ mark: Mark, at time: Timestamp) {
        consents[consent.key] = Consent(validFrom: consent.validFrom, validUntil: consent.validUntil, given: mark, changedAt: time)
    }

    mutating func apply(_ end: SubjectConsentEnd, _ mark: Mark, at time: Timestamp) {
        consents[end.key]?.ended = mark
        consents[end.key]?.changedAt = time
    }

    mutating func countMatch(_ key: BuyerOfProduct, at time: Timestamp) {
        let last = matches[key]
        matches[key] = DayCount(day: time.day, count: last?.day == time.day ? (last?.count ?? 0) &+ 1 : 1)
    }
}
