import CommandLineInterface
import Encoding
import Exchange

/// `hexi run`: what has been run, and what came out. Starting a run is in ``RunStarting``.
struct RunCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/runs"

    static let resultOptions: [CommandOption] = [.flag("csv", about: "print the result as comma-separated values (RFC 4180)")]

    var command: Command {
        Command(
            name: "run", about: "run approved queries and fetch results",
            subcommands: [RunStarting(environment: environment).command, list, show, result, destroy])
    }

    private var list: Command {
        Command(
            name: "list", about: "list the runs that you asked for or provided data to",
            options: [
                .value("query", "ID", about: "only runs of this query"), .value("contract", "ID", about: "only runs charged to this contract"),
                CommandContext.limit,
            ],
            examples: ["hexi run list --contract 86.gs.qingyang/C…"],
            run: environment.action { context in
                let query = try context.arguments.value("query").map { try Notation.identifier($0, .query, of: "--query") }
                let contract = try context.arguments.value("contract").map {
                    try Notation.identifier($0, .contract, of: "--contract")
                }
                let session = try context.session()
                let currency = try await session.space().currency
                let items = try await context.items(
                    session.client, Self.path, [("query", query?.text), ("contract", contract?.text)])
                context.show(["items": .array(items)]) {
                    var table = Table(["entry", "run", "time", "outcome", "rows", "charged", "reason"])
                    for item in items {
                        let isCompleted = item.text("outcome") == "completed"
                        table.append([
                            item.text("seq"), item.text("identifier"), item.text("time"), item.text("outcome"),
                            isCompleted ? item.text("rows") : "",
                            isCompleted ? MoneyText.format(RunText.total(item), currency: currency) : "", item.text("code"),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var show: Command {
        Command(
            name: "show", about: "show a run: outcome, time, charges",
            arguments: [CommandArgument("run", about: "its identifier")],
            examples: ["hexi run show 86.gs.qingyang/X…"],
            run: environment.action { context in
                let run = try context.identifier("run", .run)
                let session = try context.session()
                let currency = try await session.space().currency
                let view = try await session.client.get(RequestTarget("\(Self.path)/\(run)"))
                context.show(view) { context.console.print(RunText.details(view, currency: currency)) }
                return .success
            })
    }

    private var result: Command {
        Command(
            name: "result", about: "fetch the result of a run of yours again",
            options: Self.resultOptions, arguments: [CommandArgument("run", about: "its identifier")],
            examples: ["hexi run result 86.gs.qingyang/X… --csv > delays.csv"],
            run: environment.action { context in
                let run = try context.identifier("run", .run)
                let session = try context.session()
                let view = try await session.client.get(RequestTarget("\(Self.path)/\(run)"))
                let document = try await session.client.get(RequestTarget("\(Self.path)/\(run)/result"))
                let delivered: DeliveredResult?
                // Without the type a bare nil would be JSON's null, which is a document too.
                if let sealed = document["sealed"] {
                    delivered = try DeliveredResult(of: view, Optional<JSONValue>.none, sealed: sealed, session)
                } else {
                    delivered = try DeliveredResult(of: view, document, sealed: Optional<JSONValue>.none, session)
                }
                guard let result = delivered else {
                    throw ClientError.unexpectedAnswer(node: session.client.address.base, reason: "no result")
                }
                if context.wantsJSON { context.console.print(json: result.document) } else { RunText.printResult(result, context) }
                return .success
            })
    }

    private var destroy: Command {
        Command(
            name: "destroy", about: "have the result of a run of yours destroyed before its time",
            discussion: """
                The node destroys what it keeps of the result, with the artefacts of the run, and puts that on the ledger with \
                its signature. When the contract's time is over it does so by itself.
                """,
            options: [.flag("yes", about: "do not ask")], arguments: [CommandArgument("run", about: "its identifier")],
            examples: ["hexi run destroy 86.gs.qingyang/X… --yes"],
            run: environment.action { context in
                let run = try context.identifier("run", .run)
                let session = try context.session()
                try context.confirmSigning("Destroy the result of \(run) for good?")
                let answer = try StatementAnswer(
                    try await session.client.post(RequestTarget("\(Self.path)/\(run)/destruction"), patience: .write),
                    node: session.client.address.base)
                context.showAnswer(answer, "The result of \(run) is destroyed.")
                return .success
            })
    }
}
