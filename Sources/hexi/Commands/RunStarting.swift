import CommandLineInterface
import Encoding
import Exchange

/// `hexi run start`: has a task minted, signs the request that uses it, waits, and prints the result.
struct RunStarting: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "start", about: "run an approved query of yours and print the result",
            discussion: """
                Your signature on the request is also your consent to be charged; what it will cost is said before. A run \
                that is refused costs nothing. Each run uses up one task, which is minted first; --task uses one that you \
                have. If the connection breaks, the same signed requests are sent again, and the node runs them at most once.
                """,
            options: [.value("task", "ID", about: "a task of yours; its query, contracts and parameters are run")]
                + TaskDraft.options + RunCommands.resultOptions,
            arguments: [CommandArgument("query", about: "its identifier; not needed with --task", isRequired: false)],
            examples: [
                "hexi run start 86.gs.qingyang/Q… --parameter month=7", "hexi run start 86.gs.qingyang/Q… --csv > delays.csv",
                "hexi run start --task 86.gs.qingyang/K…",
            ],
            run: environment.action { try await start($0) })
    }

    private func start(_ context: CommandContext) async throws -> ExitCode {
        let task = try context.arguments.value("task").map { try Notation.identifier($0, .task, of: "--task") }
        let query = try context.arguments.argument("query").map { try Notation.identifier($0, .query, of: "<query>") }
        if task != nil, query != nil || !context.arguments.values("parameter").isEmpty || !context.arguments.values("contract").isEmpty {
            throw ClientError.usage("the task says already what is run", hint: "Give either --task, or a query with its options.")
        }
        let session = try context.session()
        let space = try await session.space()
        let request: RunRequest
        if let task {
            request = try await Self.request(using: task, session)
            context.note("Signing a run of \(request.query) as \(session.profile.name), with the task \(task).")
        } else {
            guard let query else { throw UsageError.missingArgument("query") }
            let draft = try await TaskDraft(query, context, session, currency: space.currency)
            context.note("Signing a run of \"\(draft.title)\" as \(session.profile.name), \(draft.terms).")
            request = try await Self.request(draft, session, context)
        }
        let answer = try await session.sender.send(.runRequest(request), to: RunCommands.path, patience: .run)
        try Self.show(answer, session, currency: space.currency, context)
        return .success
    }

    /// Has a task minted for a run. Without a contract none can be: the request goes as it is, and is refused on the record.
    private static func request(_ draft: TaskDraft, _ session: Session, _ context: CommandContext) async throws(ClientError) -> RunRequest {
        let wish = draft.request
        let task = wish.contracts.isEmpty ? nil : try await draft.mint(session, context).task
        return RunRequest(task: task, query: wish.query, contracts: wish.contracts, parameters: wish.parameters)
    }

    /// The request that uses a task which was minted before.
    private static func request(using task: Identifier, _ session: Session) async throws(ClientError) -> RunRequest {
        let view = try await session.client.get(RequestTarget("\(TaskCommands.path)/\(task)"))
        do {
            let cursor = JSONCursor(view)
            let contracts = try cursor.member("contracts").array(maximumCount: 8).map {
                try Identifier(try $0.string(maximumCount: 128), kind: .contract)
            }
            return RunRequest(
                task: task, query: try Identifier(try cursor.member("query").string(maximumCount: 128), kind: .query),
                contracts: contracts, parameters: try cursor.member("parameters").value.objectValue ?? [:])
        } catch { throw .unexpectedAnswer(node: session.client.address.base, reason: "the task \(task): \(error)") }
    }

    private static func show(
        _ answer: StatementAnswer, _ session: Session, currency: String, _ context: CommandContext
    ) throws(ClientError) {
        let node = session.client.address.base
        guard let run = answer.body["run"] else { throw .unexpectedAnswer(node: node, reason: "a run without its description") }
        // A repeated request has no result where it is not kept any more.
        let result = try DeliveredResult(of: run, answer.body["result"], sealed: answer.body["sealed"], session)
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
