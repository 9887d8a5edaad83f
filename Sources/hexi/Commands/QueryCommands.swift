import CommandLineInterface
import Encoding
import Exchange
import HTTPTransport

/// `hexi query`: checked by machine, submitted by the buyer, decided by the providers.
struct QueryCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/queries"

    var command: Command {
        Command(
            name: "query", about: "check, submit and decide on queries",
            subcommands: [
                check, test, submit, list, show,
                decision(.approve, "approve a query over your product", "Statistics by month only"),
                decision(.refuse, "refuse a query over your product", "Groups too fine"),
                decision(.revoke, "take your approval back; running queries are stopped", "The product is under review"),
            ])
    }

    private var check: Command {
        Command(
            name: "check", about: "let the node check a query's text; nothing is recorded",
            options: QueryDraft.options,
            arguments: [QueryDraft.file],
            examples: [
                "hexi query check delays.sql --table flights=86.gs.qingyang/D…",
                "hexi query check -e 'SELECT carrier, avg(dep_delay) FROM flights GROUP BY carrier' --table flights=86.gs.qingyang/D…",
            ],
            run: environment.action { context in
                let session = try context.session()
                let draft = try await QueryDraft(context, session.client)
                let answer = try await session.client.post(RequestTarget("\(Self.path)/check"), draft.json).body
                let isAccepted = answer["accepted"]?.boolValue == true
                context.show(answer) {
                    if isAccepted { Self.showAccepted(answer, context) } else { Self.showFault(answer, sql: draft.sql, context) }
                }
                return isAccepted ? .success : .negative
            })
    }

    private static func showAccepted(_ answer: JSONValue, _ context: CommandContext) {
        context.console.print("accepted")
        var details = DetailList()
        details.add("policy", answer.text("policy"))
        details.add("engine", answer.text("engine"))
        context.console.print(details.render())
        // The query as it would run, with the disclosure control, where the node tells.
        if let text = answer["rewritten"]?.stringValue { context.console.print("\n" + QueryText.numbered(text)) }
    }

    private static func showFault(_ answer: JSONValue, sql: String, _ context: CommandContext) {
        let diagnostic = QueryDiagnostic(
            fault: answer["fault"] ?? .null, sql: sql, name: context.arguments.argument("file") ?? "query")
        diagnostic.lines(style: context.console.style).forEach { context.console.print($0) }
    }

    private var test: Command {
        Command(
            name: "test", about: "try a query on synthetic rows; no contract is needed and nothing is recorded",
            discussion: """
                The node makes rows up from each product's quality report, and runs the query on them in its sandbox under the \
                very rules that a real run has. The numbers mean nothing; that the query works, and gives what you expect in \
                form, does.
                """,
            options: QueryDraft.options + [
                .value("value", "NAME=VALUE", about: "a parameter's value", isRepeated: true),
                .value("rows", "N", about: "synthetic rows in each table, 1 to 10000", default: "1000"),
                .flag("csv", about: "print the result as CSV"),
            ],
            arguments: [QueryDraft.file],
            examples: [
                "hexi query test delays.sql --table flights=86.gs.qingyang/D…",
                "hexi query test by-day.sql --table flights=86.gs.qingyang/D… --parameter since:date --value since=2013-06-01",
            ],
            run: environment.action { context in
                let session = try context.session()
                let draft = try await QueryDraft(context, session.client)
                let target = RunTarget(title: "", tables: draft.tables, parameters: draft.parameters)
                var document = draft.json.objectValue ?? [:]
                document["values"] = .object(try target.values(context.arguments.values("value"), option: "--value"))
                document["rows"] = .integer(Int64(try context.arguments.integer("rows", in: 1...10_000) ?? 1000))
                let answer = try await session.client.post(RequestTarget("\(Self.path)/test"), .object(document), patience: .run).body
                let isAccepted = answer["accepted"]?.boolValue == true
                context.show(answer) {
                    guard isAccepted else { return Self.showFault(answer, sql: draft.sql, context) }
                    context.note("SYNTHETIC: \(answer.text("notice"))")
                    RunText.printTable(answer.list("columns"), answer.list("rows"), context)
                    context.note("\(answer.text("suppressedGroups")) groups suppressed; \(answer.text("milliseconds")) ms; \(answer.text("engine")).")
                }
                return isAccepted ? .success : .negative
            })
    }

    private var submit: Command {
        Command(
            name: "submit", about: "sign a query and put it forward for approval",
            discussion: "A contract in force must cover every table. A query that fails the machine check is recorded as refused.",
            options: QueryDraft.options + [.value("title", "TEXT", about: "what the query is for, in a few words", isRequired: true)],
            arguments: [QueryDraft.file],
            examples: ["hexi query submit delays.sql --title \"Delay by carrier\" --table flights=86.gs.qingyang/D…"],
            run: environment.action { context in
                let session = try context.session()
                let buyer = try session.profile.requireParticipant()
                let draft = try await QueryDraft(context, session.client)
                let submission = draft.submission(buyer: buyer, title: try context.arguments.required("title"))
                context.note("Signing the submission of \"\(TextWidth.printable(submission.title))\" as \(session.profile.name).")
                do throws(ClientError) {
                    let answer = try await session.sender.send(.querySubmission(submission), to: Self.path)
                    context.showAnswer(
                        answer, "Submitted as \(answer.identifier). The providers decide; see \"hexi query show \(answer.identifier)\".")
                    return .success
                } catch { return context.report(error, sql: draft.sql) }
            })
    }

    private var list: Command {
        Command(
            name: "list", about: "list queries that are yours or await your word",
            options: [
                .value("status", "STATUS", about: "only those of this status", choices: QueryStatus.allCases.map(\.rawValue)),
                CommandContext.limit,
            ],
            examples: ["hexi query list --status submitted"],
            run: environment.action { context in
                let session = try context.session()
                let items = try await context.items(
                    session.client, Self.path, [("status", context.arguments.value("status"))])
                let names = context.wantsJSON ? [:] : await NameLookup.participants(items.map { $0.text("buyer") }, session.client)
                context.show(["items": .array(items)]) {
                    var table = Table(["query", "status", "mode", "buyer", "title"])
                    for item in items {
                        let buyer = item.text("buyer")
                        table.append([
                            item.text("identifier"), item.text("status"), item.text("mode"), names[buyer] ?? buyer, item.text("title"),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var show: Command {
        Command(
            name: "show", about: "show a query: its text, tables and decisions",
            arguments: [CommandArgument("query", about: "its identifier")],
            examples: ["hexi query show 86.gs.qingyang/Q…"],
            run: environment.action { context in
                let query = try context.identifier("query", .query)
                let view = try await context.session().client.get(RequestTarget("\(Self.path)/\(query)"))
                context.show(view) { QueryText.lines(view).forEach { context.console.print($0) } }
                return .success
            })
    }

    private func decision(_ verdict: QueryVerdict, _ about: String, _ reason: String) -> Command {
        Command(
            name: verdict.rawValue, about: about,
            options: [.value("reason", "TEXT", about: "why; the buyer sees it", default: "")],
            arguments: [CommandArgument("query", about: "its identifier")],
            examples: ["hexi query \(verdict.rawValue) 86.gs.qingyang/Q… --reason \"\(reason)\""],
            run: environment.action { context in
                let query = try context.identifier("query", .query)
                let session = try context.session()
                if verdict == .approve {
                    // Whoever approves signs for this text, so it is shown.
                    let submitted = try await SubmittedQuery(query, session.client)
                    QueryText.lines(submitted.view).forEach(context.note)
                }
                context.note("Signing a decision as \(session.profile.name): \(verdict.rawValue) \(query).")
                let content = StatementContent.queryDecision(
                    QueryDecision(query: query, decision: verdict, reason: context.arguments.value("reason") ?? ""))
                let answer = try await session.sender.send(content, to: "\(Self.path)/\(query)/decisions")
                context.showAnswer(answer, "Your word on \(query), \(verdict.rawValue), is on the ledger.")
                return .success
            })
    }
}
