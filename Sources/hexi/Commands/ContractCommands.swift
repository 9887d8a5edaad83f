import CommandLineInterface
import Encoding
import Exchange

/// `hexi contract`: what has been agreed, and its end. Offering and signing are in ``ContractSigning``.
struct ContractCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/contracts"

    var command: Command {
        let signing = ContractSigning(environment: environment)
        return Command(
            name: "contract", about: "offer, sign and end digital contracts",
            subcommands: [signing.offer, signing.sign, list, show, end])
    }

    private var list: Command {
        Command(
            name: "list", about: "list your contracts; the operator and auditors see all",
            options: [
                .value("status", "STATUS", about: "only those of this status", choices: ContractStatus.allCases.map(\.rawValue)),
                CommandContext.limit,
            ],
            examples: ["hexi contract list --status offered"],
            run: environment.action { context in
                let session = try context.session()
                let items = try await context.items(
                    session.client, Self.path, [("status", context.arguments.value("status"))])
                if context.wantsJSON {
                    context.console.print(json: ["items": .array(items)])
                } else {
                    context.show(await Self.table(items, session.client))
                }
                return .success
            })
    }

    private static func table(_ items: [JSONValue], _ client: NodeClient) async -> Table {
        func parties(_ item: JSONValue) -> [String] {
            let terms = item["terms"] ?? .null
            return [terms.text("buyer")] + terms.list("providers").map(\.shown)
        }
        let names = await NameLookup.participants(items.flatMap(parties), client)
        var table = Table(["contract", "status", "buyer", "providers", "purpose", "runs", "valid until"])
        for item in items {
            let terms = item["terms"] ?? .null
            let named = parties(item).map { names[$0] ?? $0 }
            table.append([
                item.text("identifier"), status(item), named[0], named.dropFirst().joined(separator: ", "), terms.text("purpose"),
                "\(item.number("completedRuns"))/\(terms.number("maximumRuns"))", terms.text("validUntil"),
            ])
        }
        return table
    }

    private static func status(_ view: JSONValue) -> String {
        let status = view.text("status")
        guard status == ContractStatus.active.rawValue else { return status }
        return view["inForce"]?.boolValue == true ? "in force" : "active, not in force"
    }

    private var show: Command {
        Command(
            name: "show", about: "show a contract: its signed terms, signatures, runs and charges",
            arguments: [CommandArgument("contract", about: "its identifier")],
            examples: ["hexi contract show 86.gs.qingyang/C…"],
            run: environment.action { context in
                let contract = try context.identifier("contract", .contract)
                let session = try context.session()
                let offered = try await OfferedContract(contract, session.client)
                let currency = try await session.space().currency
                let names = await NameLookup.names(of: offered.terms, session.client)
                context.show(offered.view) {
                    let text = ContractText(terms: offered.terms, currency: currency, names: names)
                    context.console.print("contract \(contract)\n")
                    text.lines().forEach { context.console.print($0) }
                    var details = DetailList()
                    details.add("status", Self.status(offered.view))
                    for signer in offered.view.list("signers") { details.add("signed by", signer.shown) }
                    details.add("completed runs", offered.view.text("completedRuns"))
                    for charge in offered.view.list("charged") {
                        details.add(
                            "charged", "\(MoneyText.format(charge.number("amount"), currency: currency)) to \(charge.text("payee"))")
                    }
                    context.console.print("\n" + details.render())
                }
                return .success
            })
    }

    private var end: Command {
        Command(
            name: "end", about: "end a contract; no run can be charged to it any more",
            options: [.value("reason", "TEXT", about: "why; the other parties see it", default: ""), CommandContext.yes],
            arguments: [CommandArgument("contract", about: "its identifier")],
            examples: ["hexi contract end 86.gs.qingyang/C… --reason \"The study is finished\""],
            run: environment.action { context in
                let contract = try context.identifier("contract", .contract)
                let session = try context.session()
                try context.confirmSigning("End the contract \(contract)?")
                let content = StatementContent.contractTermination(
                    ContractTermination(contract: contract, reason: context.arguments.value("reason") ?? ""))
                let answer = try await session.sender.send(content, to: "\(Self.path)/\(contract)/termination")
                context.showAnswer(answer, "The contract \(contract) has ended.")
                return .success
            })
    }
}

/// A contract as far as it is signed, read from its signed bytes: a signer must see what is signed, not what the node
/// says of it.
struct OfferedContract: Sendable {
    let statement: SignedStatement
    let terms: ContractTerms
    /// What the node says besides: status, runs, charges.
    let view: JSONValue

    init(_ contract: Identifier, _ client: NodeClient) async throws(ClientError) {
        view = try await client.get(RequestTarget("\(ContractCommands.path)/\(contract)"))
        do { statement = try SignedStatement(view["statement"] ?? .null) } catch {
            throw .unexpectedAnswer(node: client.address.base, reason: "the contract's statement: \(error)")
        }
        guard case .contract(let terms) = statement.content, statement.identifier(.contract) == contract else {
            throw .unexpectedAnswer(
                node: client.address.base, reason: "the statement it sent is not that of the contract \(contract)")
        }
        self.terms = terms
    }
}
