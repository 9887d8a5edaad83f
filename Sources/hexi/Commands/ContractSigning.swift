import CommandLineInterface
import Encoding
import Exchange

/// `hexi contract offer` and `hexi contract sign`: the terms are shown before anything is signed.
struct ContractSigning: Sendable {
    let environment: CommandEnvironment

    var offer: Command {
        Command(
            name: "offer", about: "draw up a contract over products, sign it and offer it",
            discussion: """
                The providers are those of the products, at the listed prices. The contract is in force once every \
                provider has signed it too. A provider can offer as well, naming the buyer with --buyer.
                """,
            options: [
                .value(
                    "product", "ID[@VERSION]", about: "a product, in its latest version unless one is named", isRepeated: true,
                    isRequired: true),
                .value(
                    "purpose", "PURPOSE", about: "what the results may be used for", isRequired: true,
                    choices: Purpose.allCases.map(\.rawValue)),
                .value("runs", "N", about: "how many runs at most", isRequired: true),
                .value("until", "DAY", about: "the last day, such as 2026-12-31, or a UTC time", isRequired: true),
                .value("from", "DAY", about: "the first day, or a UTC time; else now"),
                .value("retention-days", "N", about: "how long results are kept for the buyer", default: "30"),
                .value("buyer", "ID", about: "the buyer, if that is not you"), CommandContext.yes,
            ],
            examples: [
                "hexi contract offer --product 86.gs.qingyang/D… --purpose risk-assessment --runs 100 --until 2026-12-31"
            ],
            run: environment.action { context in
                let session = try context.session()
                let terms = try await Self.terms(context, session)
                let statement = try session.sender.sign(.contract(terms))
                try await Self.show(terms, session, context)
                try context.confirmSigning("Sign this contract as \(session.profile.name)?")
                let answer = try await session.sender.send(statement, to: ContractCommands.path)
                context.showAnswer(
                    answer, "Offered as \(answer.identifier). The other parties sign it with: hexi contract sign \(answer.identifier)")
                return .success
            })
    }

    private static func terms(_ context: CommandContext, _ session: Session) async throws -> ContractTerms {
        let arguments = context.arguments
        var products: [ContractProduct] = []
        var providers: [Identifier] = []
        for text in arguments.values("product") {
            let reference = try await ProductReference(text, of: "--product", session.client)
            guard let price = reference.pricePerRun else {
                throw ClientError.refused(
                    "the node does not say what version \(reference.version) of \(reference.product) costs",
                    hint: "Name its latest version.")
            }
            products.append(ContractProduct(product: reference.product, version: reference.version, pricePerRun: price))
            if !providers.contains(reference.provider) { providers.append(reference.provider) }
        }
        let buyer = try arguments.value("buyer").map { try Notation.identifier($0, .participant, of: "--buyer") }
        let from = try arguments.value("from").map { try Notation.time($0, of: "--from", isEnd: false) }
        let runs = try arguments.integer("runs", in: 1...1_000_000_000) ?? 1
        let days = try arguments.integer("retention-days", in: 0...3650) ?? 30
        // The parser has let only known words pass.
        let purpose = Purpose(rawValue: try arguments.required("purpose")) ?? .personalStudy
        return ContractTerms(
            buyer: try buyer ?? session.profile.requireParticipant(), providers: providers, products: products,
            purpose: purpose, validFrom: from ?? context.environment.time.now(),
            validUntil: try Notation.time(try arguments.required("until"), of: "--until", isEnd: true),
            maximumRuns: Int64(runs), resultRetentionDays: Int64(days))
    }

    var sign: Command {
        Command(
            name: "sign", about: "sign a contract that another party has offered",
            discussion: """
                The terms shown are read from the very bytes that you sign. To sign again what you have signed already \
                changes nothing and is no error.
                """,
            options: [CommandContext.yes],
            arguments: [CommandArgument("contract", about: "its identifier")],
            examples: ["hexi contract sign 86.gs.qingyang/C… --profile ./airport"],
            run: environment.action { context in
                let contract = try context.identifier("contract", .contract)
                let session = try context.session()
                let offered = try await OfferedContract(contract, session.client)
                try Self.checkSigner(offered, session)
                if try Self.hasSigned(offered, session) {
                    context.show(["identifier": .string(contract.text), "duplicate": true]) {
                        context.console.print("You have signed \(contract) already; nothing was recorded.")
                    }
                    return .success
                }
                try await Self.show(offered.terms, session, context)
                try context.confirmSigning("Sign this contract as \(session.profile.name)?")
                let signed: SignedStatement
                do { signed = try offered.statement.signedAlso(by: session.key) } catch {
                    throw ClientError.refused("the contract cannot be signed: \(error)", hint: "")
                }
                let answer = try await session.sender.send(signed, to: "\(ContractCommands.path)/\(contract)/signatures")
                context.showAnswer(answer, "Signed \(contract).")
                return .success
            })
    }

    /// A stranger's signature would be refused by the node; it is better not made at all.
    private static func checkSigner(_ offered: OfferedContract, _ session: Session) throws(ClientError) {
        guard offered.statement.header.space == session.profile.space else {
            throw .refused("the contract is for the space \(offered.statement.header.space), not \(session.profile.space)", hint: "")
        }
        let participant = try session.profile.requireParticipant()
        guard offered.terms.parties.contains(participant) else {
            throw .refused("you, \(participant), are no party to this contract", hint: "")
        }
    }

    private static func hasSigned(_ offered: OfferedContract, _ session: Session) throws(ClientError) -> Bool {
        let participant = try session.profile.requireParticipant()
        return offered.view.list("signers").contains { $0.stringValue == participant.text }
            || offered.statement.keyIdentifiers.contains(session.key.keyIdentifier)
    }

    /// Shows the terms on standard error, so that the result on standard output stays clean.
    private static func show(_ terms: ContractTerms, _ session: Session, _ context: CommandContext) async throws {
        let currency = try await session.space().currency
        let names = await NameLookup.names(of: terms, session.client)
        let text = ContractText(terms: terms, currency: currency, names: names)
        // Whoever is asked must have seen what for, also with --quiet.
        if context.isQuiet && context.arguments.flag("yes") { return }
        context.console.note("The contract:\n")
        text.lines().forEach(context.console.note)
        context.console.note("")
    }
}
