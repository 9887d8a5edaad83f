import CommandLineInterface
import Encoding
import Exchange

/// `hexi task`: leave for one run each, minted before it.
struct TaskCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/tasks"

    var command: Command {
        Command(
            name: "task", about: "mint, follow and cancel tasks, of which each run uses up one",
            discussion: """
                A task is bound to its buyer, query, contracts, parameters and data, and is on the ledger before anything runs. \
                The providers of its tables see it too, and may cancel it. "hexi run start" mints one by itself.
                """,
            subcommands: [mint, list, show, cancel])
    }

    private var mint: Command {
        Command(
            name: "mint", about: "have a task minted, to run it later",
            options: TaskDraft.options, arguments: [CommandArgument("query", about: "the query's identifier")],
            examples: ["hexi task mint 86.gs.qingyang/Q… --parameter month=7", "hexi task mint 86.gs.qingyang/Q… --sealed --priority low"],
            run: environment.action { context in
                let query = try context.identifier("query", .query)
                let session = try context.session()
                let draft = try await TaskDraft(query, context, session, currency: try await session.space().currency)
                context.note("Signing a task for \"\(draft.title)\" as \(session.profile.name); a run of it is \(draft.terms).")
                let (task, answer) = try await draft.mint(session, context)
                context.showAnswer(answer, "Minted \(task). Run it with: hexi run start --task \(task)")
                return .success
            })
    }

    private var list: Command {
        Command(
            name: "list", about: "list the tasks that are yours or read your products",
            options: [
                .value("status", "STATUS", about: "only those that stand so", choices: ["open", "used", "cancelled", "expired"]),
                .value("query", "ID", about: "only those of this query"), CommandContext.limit,
            ],
            examples: ["hexi task list --status open"],
            run: environment.action { context in
                let query = try context.arguments.value("query").map { try Notation.identifier($0, .query, of: "--query") }
                let session = try context.session()
                let items = try await context.items(
                    session.client, Self.path, [("status", context.arguments.value("status")), ("query", query?.text)])
                context.show(["items": .array(items)]) {
                    var table = Table(["entry", "task", "status", "progress", "query", "good until"])
                    for item in items {
                        table.append([
                            item.text("seq"), item.text("identifier"), item.text("status"), Self.progress(item), item.text("query"),
                            item.text("expiresAt"),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var show: Command {
        Command(
            name: "show", about: "show a task, and how far its run has come",
            arguments: [CommandArgument("task", about: "its identifier")], examples: ["hexi task show 86.gs.qingyang/K…"],
            run: environment.action { context in
                let task = try context.identifier("task", .task)
                let view = try await context.session().client.get(RequestTarget("\(Self.path)/\(task)"))
                context.show(view) {
                    var details = DetailList()
                    for (label, name) in [
                        ("task", "identifier"), ("status", "status"), ("buyer", "buyer"), ("query", "query"), ("priority", "priority"),
                        ("good until", "expiresAt"), ("entry", "seq"), ("closed by entry", "closedBy"),
                    ] { details.add(label, view.text(name)) }
                    details.add("progress", Self.progress(view))
                    details.add("result", view["sealed"] == true ? "sealed to the buyer's key" : "")
                    for contract in view.list("contracts") { details.add("contract", contract.stringValue ?? "") }
                    for value in view["parameters"]?.objectValue?.members ?? [] { details.add("$\(value.name)", value.value.shown) }
                    if let privacy = view["privacy"] { details.add("will spend", "ε \(privacy.text("epsilon")) thousandths") }
                    context.console.print(details.render())
                }
                return .success
            })
    }

    private static func progress(_ task: JSONValue) -> String {
        guard let progress = task["progress"] else { return "" }
        switch progress.text("state") {
        case "running": return "running for \(progress.text("seconds")) s"
        case "waiting": return "waiting, place \(progress.text("place"))"
        case "done": return "done"
        default: return ""
        }
    }

    private var cancel: Command {
        Command(
            name: "cancel", about: "cancel a task, and end its run if it runs",
            discussion: "The buyer, a provider of one of the query's tables, or an operator cancels a task that has not been used.",
            options: [.value("reason", "TEXT", about: "why; it stands on the ledger", default: "")],
            arguments: [CommandArgument("task", about: "its identifier")],
            examples: ["hexi task cancel 86.gs.qingyang/K… --reason \"data under review\""],
            run: environment.action { context in
                let task = try context.identifier("task", .task)
                let session = try context.session()
                context.note("Signing the cancellation of \(task) as \(session.profile.name).")
                let content = StatementContent.run(
                    .taskCancellation(TaskCancellation(task: task, reason: context.arguments.value("reason") ?? "")))
                let answer = try await session.sender.send(content, to: "\(Self.path)/\(task)/cancellation")
                context.showAnswer(answer, "The task \(task) is cancelled; nothing runs with it any more.")
                return .success
            })
    }
}
