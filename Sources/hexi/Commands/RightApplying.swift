import CommandLineInterface
import Encoding
import Exchange

/// What applicants, objectors and holders do on their own: apply, withdraw, object, change, renew.
struct RightApplying: Sendable {
    let environment: CommandEnvironment

    var commands: [Command] { [apply, withdraw, object, change, renew] }

    /// How long a right is asked for.
    private static let termOptions: [CommandOption] = [
        .value("months", "N", about: "for so many months"),
        .value("until", "DAY", about: "instead of months: to the end of this day, or to this UTC time"),
    ]

    static func term(_ arguments: ParsedArguments) throws -> RightTerm {
        switch (try arguments.integer("months", in: 1...1200), arguments.value("until")) {
        case (let months?, nil): return .months(Int64(months))
        case (nil, let until?): return .until(try Notation.time(until, of: "--until", isEnd: true))
        case (nil, nil): throw UsageError.missingOption("--months", valueName: "N (or --until DAY)")
        case (_, let until?): throw UsageError.badValue(of: "--until", value: until, reason: "give either --months or --until")
        }
    }

    private var apply: Command {
        Command(
            name: "apply", about: "apply for a right over a resource or a product",
            options: [
                .value("over", "ID", about: "the resource or product", isRequired: true),
                .value("kind", "KIND", about: "which right", isRequired: true, choices: RightKind.allCases.map(\.rawValue)),
                .value("title", "LANG=TEXT", about: "its title, once for each language", isRepeated: true, isRequired: true),
                .value("ground", "GROUND", about: "how you came by it", isRequired: true, choices: RightGround.allCases.map(\.rawValue)),
                .value("basis", "ID", about: "the registered right from which it derives"),
                .value("territory", "TEXT", about: "where it is good; else everywhere"),
                .flag("exclusive", about: "nobody else may have the same right over the same thing"),
            ] + Self.termOptions + [EvidenceBox.option, CommandContext.yes],
            examples: [
                "hexi right apply --over 86.gs.qingyang/R… --kind holding --title zh=航班数据持有权 --ground self-collected --months 36 --exclusive --evidence contract=agreement.pdf"
            ],
            run: environment.action { context in
                let signing = try RightSigning(context)
                let arguments = context.arguments
                let over = try Self.thing(try arguments.required("over"))
                let basis = try arguments.value("basis").map { try Notation.identifier($0, .right, of: "--basis") }
                let title = try Notation.languageMap(arguments.values("title"), of: "--title")
                let term = try Self.term(arguments)
                let holder = try signing.session.profile.requireParticipant()
                let evidence = try EvidenceBox(signing.session.profile).prepare(arguments.values("evidence"))
                // The parser has let only known words pass.
                let application = RightApplication(
                    kind: RightKind(rawValue: try arguments.required("kind")) ?? .operation, over: over, holder: holder, title: title,
                    ground: RightGround(rawValue: try arguments.required("ground")) ?? .derived, basis: basis,
                    isExclusive: arguments.flag("exclusive"), term: term, territory: arguments.value("territory"),
                    evidence: evidence.map(\.reference))
                return try await signing.send(.application(application), evidence: evidence) {
                    "Applied for as \($0.identifier). The operator checks it; see \"hexi right show \($0.identifier)\"."
                }
            })
    }

    private static func thing(_ text: String) throws(UsageError) -> Identifier {
        let identifier: Identifier
        do { identifier = try Identifier(text) } catch { throw .badValue(of: "--over", value: text, reason: error.description) }
        guard identifier.kind == .resource || identifier.kind == .product else {
            throw .badValue(of: "--over", value: text, reason: "name a resource (R…) or a product (D…)")
        }
        return identifier
    }

    private var withdraw: Command {
        Command(
            name: "withdraw", about: "take your application back before it is decided",
            options: [.value("reason", "TEXT", about: "why; it is public", default: ""), CommandContext.yes],
            arguments: [RightCommands.argument], examples: ["hexi right withdraw \(RightCommands.example)"],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let statement = RightStatement.withdrawal(RightWithdrawal(right: right, reason: context.arguments.value("reason") ?? ""))
                return try await RightSigning(context).send(statement) { _ in "The application \(right) is withdrawn." }
            })
    }

    private var object: Command {
        Command(
            name: "object", about: "object to an application in public notice",
            discussion: "What you say is on the public ledger: write no personal data. \"hexi right notices\" lists what is open.",
            options: [
                .value("ground", "GROUND", about: "on what ground", isRequired: true, choices: ObjectionGround.allCases.map(\.rawValue)),
                .value("statement", "TEXT", about: "what you have to say; it is public", isRequired: true), EvidenceBox.option,
                CommandContext.yes,
            ],
            arguments: [RightCommands.argument],
            examples: ["hexi right object \(RightCommands.example) --ground better-right --statement \"The readings are ours by contract\" --evidence contract=deed.pdf"],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let signing = try RightSigning(context)
                let evidence = try EvidenceBox(signing.session.profile).prepare(context.arguments.values("evidence"))
                let objection = RightObjection(
                    right: right, ground: ObjectionGround(rawValue: try context.arguments.required("ground")) ?? .other,
                    statement: try context.arguments.required("statement"), evidence: evidence.map(\.reference))
                return try await signing.send(.objection(objection), evidence: evidence) { _ in
                    "Your objection to \(right) is recorded; the right is not granted before it is decided."
                }
            })
    }

    private var change: Command {
        Command(
            name: "change", about: "amend what your certificate says: its title, territory or evidence",
            options: [
                .value("title", "LANG=TEXT", about: "the new title, once for each language", isRepeated: true),
                .value("territory", "TEXT", about: "the new territory"), EvidenceBox.option,
                .value("reason", "TEXT", about: "why; it is public", default: ""), CommandContext.yes,
            ],
            arguments: [RightCommands.argument], examples: ["hexi right change \(RightCommands.example) --title zh=航班与天气数据持有权"],
            run: environment.action { context in
                let arguments = context.arguments
                let right = try context.identifier("certificate", .right)
                let signing = try RightSigning(context)
                let titles = try Notation.languageMap(arguments.values("title"), of: "--title")
                let evidence = try EvidenceBox(signing.session.profile).prepare(arguments.values("evidence"))
                let change = RightChange(
                    right: right, title: titles.isEmpty ? nil : titles, territory: arguments.value("territory"),
                    evidence: evidence.map(\.reference), reason: arguments.value("reason") ?? "")
                return try await signing.send(.change(change), evidence: evidence) { _ in
                    "\(right) is amended; get its new certificate with: hexi right certificate \(right)"
                }
            })
    }

    private var renew: Command {
        Command(
            name: "renew", about: "renew a right that is about to end",
            discussion: "Months count from the present end. The space's rules say how early a right can be renewed, and for how long.",
            options: Self.termOptions + [CommandContext.yes], arguments: [RightCommands.argument],
            examples: ["hexi right renew \(RightCommands.example) --months 36"],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let renewal = RightRenewal(right: right, term: try Self.term(context.arguments))
                return try await RightSigning(context).send(.renewal(renewal)) { _ in
                    "\(right) is renewed; get its new certificate with: hexi right certificate \(right)"
                }
            })
    }
}
