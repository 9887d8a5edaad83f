import CommandLineInterface
import Encoding
import Exchange

/// `hexi catalogue`: many listings at once, and the catalogue for other catalogues.
struct CatalogueCommands: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "catalogue", about: "import many listings from a table, and export the catalogue",
            subcommands: [importing, export])
    }

    private var importing: Command {
        Command(
            name: "import", about: "list every line of a CSV file in the catalogue",
            discussion: """
                Each line becomes an entry of the catalogue (without a snapshot; data for queries comes by "hexi product \
                import"). All lines are checked first, and whatever is wrong is reported with its line and column; nothing is \
                signed until every line is sound, unless --skip-faulty is given. What has been recorded is noted in the \
                profile: stopped at any moment, the same command goes on where it was, and lists nothing twice.

                The header names members: title.zh, title.en, summary.zh, keywords and spatial (several, divided by \
                semicolons), class, grade, grades.national, form, origin, licence, updateCycle, external.SCHEME, from, until, \
                extension.FIELD. Other names are given their meaning with --map. The file may be UTF-8, UTF-16 with a mark, or \
                GB18030.
                """,
            options: [
                .flag("template", about: "print a header with one example line, and stop"),
                .value("map", "COLUMN=MEMBER", about: "what a column is, such as 名称=title.zh", isRepeated: true),
                .value("set", "MEMBER=VALUE", about: "a member's value where a line has none, such as licence=CC-BY-4.0", isRepeated: true),
                .value("ignore", "COLUMN", about: "leave a column out", isRepeated: true),
                .value("encoding", "FORM", about: "the file's form; else it is found out", choices: ["utf-8", "utf-16", "gb18030"]),
                .value("report", "FILE", about: "write what is wrong as CSV: line, column, reason", completion: .file),
                .flag("dry-run", about: "check every line, and send nothing"),
                .flag("skip-faulty", about: "list the sound lines, though others are faulty"),
                CommandContext.yes,
            ],
            arguments: [CommandArgument("file", about: "the table", isRequired: false, completion: .file)],
            examples: [
                "hexi catalogue import --template > items.csv",
                "hexi catalogue import items.csv --dry-run --report faults.csv",
                "hexi catalogue import 目录.csv --map 名称=title.zh --map 编号=external.moid --set licence=CC-BY-4.0 --yes",
            ],
            run: environment.action { context in
                if context.arguments.flag("template") {
                    for line in [ListingColumns.template, ListingColumns.example] {
                        context.console.write(CSVText.line(line.map { .string($0) }), to: .output)
                    }
                    return .success
                }
                return try await Self.run(context)
            })
    }

    private static func run(_ context: CommandContext) async throws -> ExitCode {
        let file = try context.arguments.requiredArgument("file")
        let session = try context.session()
        let provider = try session.profile.requireParticipant()
        let form = context.arguments.value("encoding").flatMap { TableText.Form(rawValue: $0.uppercased()) }
        let text = try TableText(try LocalFiles.read(file, maximumCount: 256 << 20), form: form, path: file)
        if text.form != .utf8 { context.note("Read as \(text.form.rawValue).") }
        let table = CSVTable(text.bytes)
        guard !table.header.isEmpty else { throw ClientError.file(path: file, reason: "has no header line; see --template") }
        let columns = try ListingColumns(
            header: table.header, map: try pairs(context, "map", "COLUMN=MEMBER"), fixed: try pairs(context, "set", "MEMBER=VALUE"),
            ignored: context.arguments.values("ignore"))
        let isQuiet = context.isQuiet || context.wantsJSON
        let checking = ProgressDisplay("checking", total: UInt64(table.records.count), unit: .count("lines"), isQuiet: isQuiet, console: context.console)
        let plan = ImportPlan(table, columns, provider: provider, space: session.profile.space) { checking.update($0) }
        checking.finish()
        try report(plan.faults, context)
        let isFaulty = !plan.faults.isEmpty
        let mayGoOn = !isFaulty || context.arguments.flag("skip-faulty")
        if context.arguments.flag("dry-run") || !mayGoOn || plan.items.isEmpty {
            show(plan, BulkSender.Outcome(), isDryRun: true, context)
            return isFaulty ? .negative : .success
        }
        let outcome = try await send(plan, file, session, context, isQuiet)
        try report(outcome.refused, context)
        show(plan, outcome, isDryRun: false, context)
        return isFaulty || !outcome.refused.isEmpty ? .negative : .success
    }

    private static func pairs(_ context: CommandContext, _ name: String, _ form: String) throws -> [(String, String)] {
        try context.arguments.values(name).map { try Notation.pair($0, of: "--\(name)", form: form) }
    }

    private static func send(
        _ plan: ImportPlan, _ file: String, _ session: Session, _ context: CommandContext, _ isQuiet: Bool
    ) async throws -> BulkSender.Outcome {
        _ = try await session.space()
        try context.confirmSigning("Sign \(DecimalText.grouped(Int64(plan.items.count))) listings as \(session.profile.name)?")
        var journal = try ImportJournal(path: try ImportJournal.path(of: file, session.profile))
        let sending = ProgressDisplay("listing", total: UInt64(plan.items.count), unit: .count("items"), isQuiet: isQuiet, console: context.console)
        defer { sending.finish() }
        let console = context.console
        Interruption.onSignal { _ in
            sending.finish()
            console.note("Stopped. What was recorded is noted; the same command goes on from there.")
            return .exit
        }
        let sender = BulkSender(
            session: session, pause: context.environment.pause, note: { console.note("hexi: \($0)") }, progress: { sending.update($0) })
        return try await sender.send(plan.items, &journal)
    }

    private static let shownFaults = 50

    private static func report(_ faults: [ImportFault], _ context: CommandContext) throws(ClientError) {
        if let path = context.arguments.value("report"), !faults.isEmpty {
            var text = CSVText.line(["line", "column", "reason"])
            for fault in faults {
                let column: JSONValue = fault.column.isEmpty ? .null : .string(fault.column)
                text += CSVText.line([.integer(Int64(fault.line)), column, .string(fault.reason)])
            }
            try LocalFiles.write(Array(text.utf8), to: path, mode: 0o644)
        }
        guard !context.wantsJSON else { return }
        for fault in faults.prefix(shownFaults) {
            let place = fault.column.isEmpty ? "" : ", \(TextWidth.printable(fault.column))"
            context.note("line \(fault.line)\(place): \(TextWidth.printable(fault.reason))")
        }
        if faults.count > shownFaults { context.note("… and \(faults.count - shownFaults) more; --report FILE writes them all.") }
    }

    private static func show(_ plan: ImportPlan, _ outcome: BulkSender.Outcome, isDryRun: Bool, _ context: CommandContext) {
        let faults = plan.faults + outcome.refused
        let json: JSONValue = [
            "sound": .integer(Int64(plan.items.count)), "faulty": .integer(Int64(plan.faults.count)),
            "recorded": .integer(Int64(outcome.recorded)), "known": .integer(Int64(outcome.known)),
            "refused": .integer(Int64(outcome.refused.count)), "sent": .bool(!isDryRun), "faults": .array(faults.map(\.json)),
        ]
        context.show(json) {
            var details = DetailList()
            details.add("sound lines", DecimalText.grouped(Int64(plan.items.count)))
            details.add("faulty lines", DecimalText.grouped(Int64(plan.faults.count)))
            if isDryRun {
                details.add("sent", "nothing")
            } else {
                details.add("listed now", DecimalText.grouped(Int64(outcome.recorded)))
                details.add("there already", DecimalText.grouped(Int64(outcome.known)))
                details.add("refused by the node", DecimalText.grouped(Int64(outcome.refused.count)))
            }
            context.console.print(details.render())
        }
    }

    // MARK: Export

    private var export: Command {
        Command(
            name: "export", about: "write the catalogue in a form that other catalogues harvest",
            discussion: "DCAT 3 as JSON-LD: one catalogue with a dataset or a data service for each product that is listed.",
            options: [
                .value("format", "FORMAT", about: "the form", default: "dcat", choices: ["dcat"]),
                .value("output", short: "o", "FILE", about: "write it there instead of printing it", completion: .file),
            ],
            examples: ["hexi catalogue export --format dcat --output catalogue.jsonld"],
            run: environment.action { try await Self.export($0) })
    }

    private static func export(_ context: CommandContext) async throws -> ExitCode {
        let client = try context.publicClient()
        let isQuiet = context.isQuiet || context.wantsJSON || context.arguments.value("output") == nil
        let progress = ProgressDisplay("exporting", total: nil, unit: .count("products"), isQuiet: isQuiet, console: context.console)
        defer { progress.finish() }
        let (catalogue, count) = try await fetch(client) { progress.update($0) }
        progress.finish()
        let text = JSONValue.object(catalogue).prettyString()
        guard let path = context.arguments.value("output") else {
            context.console.print(text)
            return .success
        }
        try LocalFiles.write(Array((text + "\n").utf8), to: path, mode: 0o644)
        context.note("Wrote \(DecimalText.grouped(Int64(count))) products to \(path).")
        return .success
    }

    /// All pages as one document, and how many products it has.
    private static func fetch(_ client: NodeClient, progress: (UInt64) -> Void) async throws -> (JSONObject, Int) {
        var whole = JSONObject()
        var lists: [String: [JSONValue]] = ["dcat:dataset": [], "dcat:service": []]
        var cursor: String?
        repeat {
            let page = try await client.get(RequestTarget("/api/v1/catalogue.jsonld", [("limit", "200"), ("cursor", cursor)]))
            for member in page.objectValue?.members ?? [] where whole[member.name] == nil && member.name != "hydra:next" {
                whole[member.name] = member.value
            }
            for name in lists.keys { lists[name, default: []] += page.list(name) }
            progress(UInt64(lists.values.reduce(0) { $0 + $1.count }))
            cursor = page["hydra:next"]?.stringValue?.split(separator: "cursor=").last.map { String($0).replacing("%2F", with: "/") }
        } while cursor != nil
        for (name, list) in lists { whole[name] = .array(list) }
        // Addresses in the document are relative to the node.
        var vocabulary = whole["@context"]?.objectValue ?? [:]
        vocabulary["@base"] = .string(client.address.base + "/")
        whole["@context"] = .object(vocabulary)
        return (whole, lists.values.reduce(0) { $0 + $1.count })
    }
}
