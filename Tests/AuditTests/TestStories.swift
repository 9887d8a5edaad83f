import Exchange
import Signing

/// A provider, a buyer, a product and a query between them.
struct Parties {
    let providerKey = TestSpace.key(10)
    let buyerKey = TestSpace.key(11)
    var provider: Identifier
    var buyer: Identifier
    var product: Identifier
    var contract: Identifier
    var query: Identifier
}

extension TestSpace {
    /// Ten entries up to an approved query: the space's founding, two participants, a product, a contract, a query.
    mutating func openForRuns(maximumRuns: Int64 = 10) throws -> Parties {
        let (providerKey, buyerKey) = (TestSpace.key(10), TestSpace.key(11))
        try found()
        let provider = try apply("Weather bureau", .provider, providerKey)
        let buyer = try apply("Insurer", .buyer, buyerKey)
        try decide(provider, .approve)
        try decide(buyer, .approve)
        let product = try list(provider, providerKey)
        let offer = try sign(.contract(terms(buyer, provider, product, maximumRuns: maximumRuns)), buyerKey)
        let contract = try Identifier(record(offer).subject)
        try record(offer.signedAlso(by: providerKey))
        let submitted = try sign(.querySubmission(submission(buyer, product)), buyerKey)
        let query = try Identifier(record(submitted, facts: Self.accepted).subject)
        try record(sign(.queryDecision(QueryDecision(query: query, decision: .approve, reason: "")), providerKey))
        return Parties(provider: provider, buyer: buyer, product: product, contract: contract, query: query)
    }

    mutating func run(_ parties: Parties, by key: SigningKey? = nil, facts: Facts = completed()) throws {
        let request = RunRequest(query: parties.query, contracts: [parties.contract], parameters: [:])
        try record(sign(.runRequest(request), key ?? parties.buyerKey), facts: facts)
    }

    /// Every type of event at least once.
    mutating func liveThroughEverything() throws {
        let parties = try openForRuns()
        try run(parties)
        try run(parties, facts: .outcome(.refusedBySandbox(code: "group-too-small", message: "nothing was left")))
        let refused = try apply("Nobody", .auditor, TestSpace.key(12))
        try decide(refused, .refuse)
        let fault = QueryFault(code: "function-not-allowed", message: "no files", piece: "read_csv", line: 1, column: 15)
        var other = submission(parties.buyer, parties.product)
        other.sql = "SELECT * FROM read_csv('/etc/passwd')"
        try record(sign(.querySubmission(other), parties.buyerKey), facts: .check(.refused(fault)))
        try decide(parties.buyer, .suspend)
        try run(parties, facts: .outcome(.refusedByRules))
        try decide(parties.buyer, .resume)
        try setLogKeys([0, 1])
        let revocation = QueryDecision(query: parties.query, decision: .revoke, reason: "new law")
        try record(sign(.queryDecision(revocation), parties.providerKey))
        _ = try list(parties.provider, parties.providerKey, product: parties.product, version: 2)
        let termination = ContractTermination(contract: parties.contract, reason: "done")
        try record(sign(.contractTermination(termination), parties.buyerKey))
        let withdrawal = ProductWithdrawal(product: parties.product, reason: "closed")
        try record(sign(.productWithdrawal(withdrawal), parties.providerKey))
    }
}
