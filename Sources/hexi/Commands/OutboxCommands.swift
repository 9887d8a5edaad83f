import CommandLineInterface
import Encoding
import Exchange

/// `hexi outbox`: signed statements whose answer was lost.
struct OutboxCommands: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "outbox", about: "send statements again whose answer was lost",
            discussion: """
                A statement is kept here from before it is sent until the node has answered. Sending it again is safe: the \
                node records it at most once and answers a repetition with the first receipt. A statement that never \
                arrived can be sent within ten minutes of its signing; later, sign a new one.
                """,
            subcommands: [list, send, discard])
    }

    private var list: Command {
        Command(
            name: "list", about: "list the statements that await an answer",
            examples: ["hexi outbox list"],
            run: environment.action { context in
                let items = try Outbox(directory: context.profile().outboxDirectory).items()
                let described = items.map { item -> JSONValue in
                    let statement = try? item.parsed()
                    return [
                        "name": .string(item.name), "kind": .string(statement?.kind.rawValue ?? ""),
                        "issuedAt": .string(statement?.header.issuedAt.description ?? ""), "path": .string(item.path),
                    ]
                }
                context.show(["items": .array(described)]) {
                    var table = Table(["name", "kind", "signed at", "to"])
                    for item in described {
                        table.append([item.text("name"), item.text("kind"), item.text("issuedAt"), item.text("path")])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var send: Command {
        Command(
            name: "send", about: "send every waiting statement again, in the very same bytes",
            examples: ["hexi outbox send"],
            run: environment.action { context in
                let session = try context.session()
                let items = try session.sender.outbox.items()
                if items.isEmpty { context.note("Nothing awaits an answer.") }
                var worst = ExitCode.success
                for item in items {
                    do throws(ClientError) {
                        let patience: NodeClient.Patience = item.path == RunCommands.path ? .run : .write
                        let answer = try await session.sender.deliver(item, patience: patience)
                        context.showAnswer(answer, "\(item.name): \(answer.identifier)")
                    } catch {
                        context.console.note("\(item.name):")
                        let code = context.report(error)
                        if code.rawValue > worst.rawValue { worst = code }
                    }
                }
                return worst
            })
    }

    private var discard: Command {
        Command(
            name: "discard", about: "forget a waiting statement; whether the node recorded it stays unknown here",
            arguments: [CommandArgument("name", about: "its name in the list")],
            examples: ["hexi outbox discard run-request-0123456789abcdef.json"],
            run: environment.action { context in
                let name = try context.arguments.requiredArgument("name")
                let outbox = Outbox(directory: try context.profile().outboxDirectory)
                guard let item = try outbox.items().first(where: { $0.name == name }) else {
                    throw ClientError.refused("the outbox has no \"\(name)\"", hint: "See: hexi outbox list")
                }
                outbox.remove(item)
                context.note("Forgotten: \(name)")
                return .success
            })
    }
}
