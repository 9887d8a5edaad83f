import CommandLineInterface
import Encoding
import Exchange
import Signing
import Testing

@testable import hexi

@Suite struct ContractTests {
    /// A contract that a buyer has offered to the bench's participant, who provides the product.
    struct Offer {
        let statement: SignedStatement
        let identifier: Identifier

        init(space: String = "86.gs.test", provider: UInt8 = 1) throws {
            let terms = ContractTerms(
                buyer: hexiIdentifier(.participant, 9), providers: [hexiIdentifier(.participant, provider)],
                products: [ContractProduct(product: hexiIdentifier(.product, 1), version: 1, pricePerRun: 2000)],
                purpose: .riskAssessment, validFrom: CommandBench.now,
                validUntil: CommandBench.now.advanced(byMilliseconds: 86_400_000), maximumRuns: 100, resultRetentionDays: 30)
            statement = try SignedStatement.sign(
                .contract(terms), space: space, issuedAt: CommandBench.now, nonce: "0123456789abcdef01234567",
                key: SigningKey(seed: [UInt8](repeating: 9, count: 32)))
            identifier = statement.identifier(.contract)
        }
    }

    static func bench(_ statement: JSONValue, signers: [JSONValue] = [], answers: Bool = true) throws -> CommandBench {
        try CommandBench(answers: answers) { request in
            if request.target == "/api/v1/space" { return ScriptedNode.json(200, ScriptedNode.space) }
            if request.method == "POST" {
                let made = (try? SignedStatement(request.statement))?.identifier(.contract).text ?? ""
                return ScriptedNode.json(201, ["identifier": .string(made), "duplicate": false])
            }
            if request.target.hasPrefix("/api/v1/contracts/") {
                // What the node says of the terms is not what is signed, and must not be believed.
                return ScriptedNode.json(
                    200, ["statement": statement, "signers": .array(signers), "terms": ["maximumRuns": 1], "status": "offered"])
            }
            if request.target.hasPrefix("/api/v1/products/") {
                return ScriptedNode.json(
                    200,
                    [
                        "version": 1, "provider": .string(hexiIdentifier(.participant, 2).text), "title": ["en": "Flights"],
                        "price": ["perRun": 2000],
                    ])
            }
            return ScriptedNode.problem("not-found", 404)
        }
    }

    @Test func theTermsShownAreThoseOfTheSignedBytes() async throws {
        let offer = try Offer()
        let bench = try Self.bench(offer.statement.json)
        #expect(await bench.run("contract", "sign", offer.identifier.text) == .success)
        for text in ["at most 100", "20.00 CNY a run", "risk-assessment", "2000.00 CNY"] {
            #expect(bench.error.contains(text), "\(text) is missing from \(bench.error)")
        }
        let sent = try SignedStatement(try #require(bench.node.requests.last).statement)
        #expect(sent.payload == offer.statement.payload)
        #expect(sent.keyIdentifiers == offer.statement.keyIdentifiers + [bench.key.keyIdentifier])
        let keys = [bench.key, try SigningKey(seed: [UInt8](repeating: 9, count: 32))]
        _ = try sent.verified { identifier in keys.first { $0.keyIdentifier == identifier }?.verificationKey }
    }

    @Test func anotherContractThanTheOneAskedForIsNotSigned() async throws {
        let bench = try Self.bench(try Offer().statement.json)
        #expect(await bench.run("contract", "sign", hexiIdentifier(.contract, 77).text) == .failure)
        #expect(!bench.node.requests.contains { $0.method == "POST" })
    }

    @Test func whoIsNoPartyOrHasSignedDoesNotSign() async throws {
        let foreign = try Offer(provider: 2)
        let first = try Self.bench(foreign.statement.json)
        #expect(await first.run("contract", "sign", foreign.identifier.text) == .negative)
        let offer = try Offer()
        let second = try Self.bench(offer.statement.json, signers: [.string(hexiIdentifier(.participant, 1).text)])
        #expect(await second.run("contract", "sign", offer.identifier.text) == .success, "it is signed, as was asked for")
        #expect(second.output.contains("signed") && second.output.contains("already"))
        let elsewhere = try Offer(space: "86.gs.other")
        let third = try Self.bench(elsewhere.statement.json)
        #expect(await third.run("contract", "sign", elsewhere.identifier.text) == .negative)
        for bench in [first, second, third] { #expect(!bench.node.requests.contains { $0.method == "POST" }) }
    }

    @Test func aNoSignsNothingAndYesIsNotAsked() async throws {
        let offer = try Offer()
        let bench = try Self.bench(offer.statement.json, answers: false)
        #expect(await bench.run("contract", "sign", offer.identifier.text) == .negative)
        #expect(!bench.node.requests.contains { $0.method == "POST" })
        #expect(await bench.run("contract", "sign", offer.identifier.text, "--yes") == .success)
    }

    @Test func anOfferNamesTheProductsProvidersAndPrices() async throws {
        let bench = try Self.bench(.null)
        let code = await bench.run(
            "contract", "offer", "--product", hexiIdentifier(.product, 1).text, "--purpose", "research", "--runs", "5", "--until",
            "2027-12-31")
        #expect(code == .success, "\(bench.error)")
        guard case .contract(let terms) = try SignedStatement(try #require(bench.node.requests.last).statement).content else {
            Issue.record("no contract was sent")
            return
        }
        #expect(terms.buyer == bench.participant)
        #expect(terms.providers == [hexiIdentifier(.participant, 2)])
        #expect(terms.products == [ContractProduct(product: hexiIdentifier(.product, 1), version: 1, pricePerRun: 2000)])
        #expect(terms.validFrom == CommandBench.now)
        #expect(terms.validUntil.description == "2027-12-31T23:59:59.999Z")
    }

    @Test func aTimeThatIsOverIsRefusedBeforeAnythingIsSent() async throws {
        let bench = try Self.bench(.null)
        let code = await bench.run(
            "contract", "offer", "--product", hexiIdentifier(.product, 1).text, "--purpose", "research", "--runs", "5", "--until",
            "2020-12-31")
        #expect(code == .negative)
        #expect(bench.error.contains("validUntil"))
        #expect(!bench.node.requests.contains { $0.method == "POST" })
    }

    @Test func whatCouldBeOwedIsNeverShownWrong() {
        let terms = ContractTerms(
            buyer: hexiIdentifier(.participant, 1), providers: [], 
            products: [ContractProduct(product: hexiIdentifier(.product, 1), version: 1, pricePerRun: .max)], purpose: .research,
            validFrom: CommandBench.now, validUntil: CommandBench.now, maximumRuns: 2, resultRetentionDays: 0)
        let text = ContractText(terms: terms, currency: "CNY", names: [:]).lines().joined()
        #expect(text.contains("more than can be shown"))
    }
}

/// The test kit's identifiers, from inside types that have an `identifier` of their own.
func hexiIdentifier(_ kind: IdentifierKind, _ number: UInt8) -> Identifier { identifier(kind, number) }
