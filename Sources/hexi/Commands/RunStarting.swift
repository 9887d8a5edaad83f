import CommandLineInterface
import Encoding
import Exchange

/// `hexi run start`: signs a request to run an approved query, waits, and prints the result.
struct RunStarting: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "start", about: "run an approved query of yours and print the result",
            discussion: """
                Your signature on the request is also your consent to be charged; what it will cost is said before. A run \
                that is refused costs nothing. If the connection breaks, the same signed request is sent again, and the node \
                runs it at most once.
                """,
            options: [
                .value(
                    "contract", "ID", about: "the contract to charge; else those of yours in force that cover the query. "
                        + "\"none\" sends the request without a contract, which the node refuses on the record", isRepeated: true),
                .value("parameter", "NAME=VALUE", about: "the value of a parameter of the query", isRepeated: true),
            ] + RunCommands.resultOptions,
            arguments: [CommandArgument("query", about: "its identifier")],
            examples: ["hexi run start 86.gs.qingyang/Q… --parameter month=7", "hexi run start 86.gs.qingyang/Q… --csv > delays.csv"],
            run: environment.action { try await start($0) })
    }

    private func start(_ context: CommandContext) async throws -> ExitCode {
        let query = try context.identifier("query", .query)
        let named = try Self.namedContracts(context.arguments)
        let session = try context.session()
        let space = try await session.space()
        let target = try await RunTarget(query, session.client)
        let parameters = try target.values(context.arguments.values("parameter"))
        let choice: ContractChoice
        if let named {
            choice = ContractChoice(named: named)
        } else {
            choice = try ContractChoice(covering: target.tables, from: try await Self.contractsInForce(session))
        }
        let terms = Self.terms(of: choice, currency: space.currency)
        context.note("Signing a run of \"\(target.title)\" as \(session.profile.name), \(terms).")
        let request = RunRequest(query: query, contracts: choice.contracts, parameters: parameters)
        let answer = try await session.sender.send(.runRequest(request), to: RunCommands.path, patience: .run)
        try Self.show(answer, node: session.client.address.base, currency: space.currency, context)
        return .success
    }

    private static func terms(of choice: ContractChoice, currency: String) -> String {
        if choice.contracts.isEmpty { return "without a contract" }
        let cost = choice.cost.map { MoneyText.format($0, currency: currency) } ?? "the contracts' prices"
        return "at \(cost), charged to \(choice.contracts.map(\.text).joined(separator: ", "))"
    }

    /// `nil` where the command is to find them.
    private static func namedContracts(_ arguments: ParsedArguments) throws -> [Identifier]? {
        let texts = arguments.values("contract")
        if texts.isEmpty { return nil }
        if texts == ["none"] { return [] }
        return try texts.map { try Notation.identifier($0, .contract, of: "--contract") }
    }

    private static func contractsInForce(_ session: Session) async throws -> [ContractChoice.Candidate] {
        let own = session.profile.participant?.text
        var candidates: [ContractChoice.Candidate] = []
        var cursor: String?
        repeat {
            let page = try await session.client.get(
                RequestTarget(
                    ContractCommands.path, [("status", ContractStatus.active.rawValue), ("limit", "200"), ("cursor", cursor)]))
            for item in page.list("items") where item["inForce"]?.boolValue == true {
                guard item["terms"]?["buyer"]?.stringValue == own else { continue }
                do { candidates.append(try ContractChoice.Candidate(JSONCursor(item))) } catch {
                    throw ClientError.unexpectedAnswer(node: session.client.address.base, reason: "a contract: \(error)")
                }
            }
            cursor = page.list("items").isEmpty ? nil : page["next"]?.stringValue
        } while cursor != nil
        return candidates
    }

    private static func show(
        _ answer: StatementAnswer, node: String, currency: String, _ context: CommandContext
    ) throws(ClientError) {
        guard let run = answer.body["run"] else { throw .unexpectedAnswer(node: node, reason: "a run without its description") }
        // A repeated request has no result where it is not kept any more.
        let result = try answer.body["result"].map { document throws(ClientError) in
            try DeliveredResult(document, expected: run.text("result"), node: node)
        }
        if context.wantsJSON { return context.console.print(json: answer.body) }
        if let result { RunText.printResult(result, context) }
        var lines = ["", RunText.details(run, currency: currency)]
        if let receipt = answer.body["receipt"] { lines += ReceiptText.lines(receipt) }
        if answer.isDuplicate { lines.append("This very request had been run before; it was not run or charged again.") }
        if result == nil { lines.append("The result is not kept any more.") }
        // With --csv standard output holds nothing but the result.
        for line in lines {
            if context.arguments.flag("csv") { context.note(line) } else { context.console.print(line) }
        }
    }
}

/// The query that is to be run, as far as the request needs it.
struct RunTarget: Sendable {
    let title: String
    let tables: [QueryTable]
    let parameters: [QueryParameter]

    init(_ query: Identifier, _ client: NodeClient) async throws(ClientError) {
        let view = try await client.get(RequestTarget("\(QueryCommands.path)/\(query)"))
        title = view.text("title")
        do {
            let cursor = JSONCursor(view)
            var tables: [QueryTable] = []
            for element in try cursor.member("tables").array(maximumCount: 64) {
                tables.append(
                    QueryTable(
                        name: try element.member("name").string(maximumCount: 63),
                        product: try Identifier(try element.member("product").string(maximumCount: 128), kind: .product),
                        version: try element.member("version").integer(in: 1...1_000_000)))
            }
            self.tables = tables
            var parameters: [QueryParameter] = []
            for element in try cursor.member("parameters").array(maximumCount: 64) {
                parameters.append(
                    QueryParameter(
                        name: try element.member("name").string(maximumCount: 63),
                        type: try element.member("type").oneOf(ParameterType.self)))
            }
            self.parameters = parameters
        } catch { throw .unexpectedAnswer(node: client.address.base, reason: "the query \(query): \(error)") }
    }

    init(title: String, tables: [QueryTable], parameters: [QueryParameter]) {
        self.title = title
        self.tables = tables
        self.parameters = parameters
    }

    /// The values for a run from `NAME=VALUE` texts: one for each of the query's parameters, of its type.
    ///
    /// - Parameter option: the one that the texts come from, for messages.
    func values(_ texts: [String], option: String = "--parameter") throws -> JSONObject {
        var values = JSONObject()
        for text in texts {
            let (name, value) = try Notation.pair(text, of: option, form: "NAME=VALUE", allowsEmptyValue: true)
            guard let parameter = parameters.first(where: { $0.name == name }) else {
                let known = parameters.map(\.name).joined(separator: ", ")
                let reason = known.isEmpty ? "the query has no parameters" : "the query's parameters are \(known)"
                throw UsageError.badValue(of: option, value: text, reason: reason)
            }
            guard values[name] == nil else {
                throw UsageError.badValue(of: option, value: text, reason: "\(name) is given twice")
            }
            values[name] = try Notation.parameterValue(value, parameter.type, of: "the parameter \(name)")
        }
        for parameter in parameters where values[parameter.name] == nil {
            throw UsageError.missingOption(option, valueName: "\(parameter.name)=… (\(parameter.type.rawValue))")
        }
        return values
    }
}
