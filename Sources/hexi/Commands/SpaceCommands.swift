import CommandLineInterface
import Encoding
import Exchange

/// `hexi space` and `hexi alarms`: the space's own rules, and what the node noticed.
struct SpaceCommands: Sendable {
    let environment: CommandEnvironment
    static let policyPath = "/api/v1/space/policy"

    var command: Command {
        Command(
            name: "space", about: "show the space, and set its rules",
            subcommands: [
                show,
                Command(
                    name: "policy", about: "the space's own rules: review, assurance, operators, alarms, catalogue, rights",
                    subcommands: [showPolicy, template, set]),
            ])
    }

    private var show: Command {
        Command(
            name: "show", about: "show what the node says of its space",
            examples: ["hexi space show"],
            run: environment.action { context in
                let view = try await context.publicClient().get(RequestTarget("/api/v1/space"))
                context.show(view) {
                    var details = DetailList()
                    details.add("space", view.text("prefix"))
                    details.add("name", view["name"].localised)
                    details.add("currency", view.text("currency"))
                    details.add("ledger", view.text("origin"))
                    details.add("ledger's keys", view.joined("logKeys"))
                    details.add("entries", view.text("size"))
                    details.add("node's version", view.text("version"))
                    context.console.print(details.render())
                }
                return .success
            })
    }

    private var showPolicy: Command {
        Command(
            name: "show", about: "print the policy in force, every member written out",
            examples: ["hexi space policy show > policy.json"],
            run: environment.action { context in
                let view = try await context.publicClient().get(RequestTarget(Self.policyPath))
                var object = view.objectValue ?? [:]
                object["seq"] = nil
                context.console.print(context.wantsJSON ? view.serializedString() : JSONValue.object(object).prettyString())
                return .success
            })
    }

    private var template: Command {
        Command(
            name: "template", about: "print a new space's policy, to change and set",
            examples: ["hexi space policy template > policy.json"],
            run: environment.action { context in
                let members = SpacePolicy().members.compactMap { name, value in value.map { (name, $0) } }
                context.console.print(JSONValue.object(JSONObject(members)).prettyString())
                return .success
            })
    }

    private var set: Command {
        Command(
            name: "set", about: "set the policy, whole (operator)",
            discussion: """
                A section that the file leaves out goes back to what it is in a new space, so begin with \
                "hexi space policy show". What changes is listed before you sign.
                """,
            options: [Cosigning.option, CommandContext.yes],
            arguments: [CommandArgument("file", about: "the policy, as \"show\" and \"template\" print it", completion: .file)],
            examples: ["hexi space policy set policy.json --profile node/operator"],
            run: environment.action { context in
                let name = try context.arguments.requiredArgument("file")
                let text = try LocalFiles.read(name, maximumCount: 1 << 20)
                let session = try context.session()
                let policy: SpacePolicy
                do { policy = try SpacePolicy(reading: JSONValue.parse(text)) } catch {
                    throw ClientError.refused("\(name) is no policy: \(error)", hint: "See one with: hexi space policy template")
                }
                let present = try await session.client.withoutKey().get(RequestTarget(Self.policyPath))
                let changes = Self.changes(from: present, to: JSONValue.object(JSONObject(policy.members.compactMap { name, value in value.map { (name, $0) } })))
                if changes.isEmpty {
                    context.show(["changed": false]) { context.console.print("This is the policy already; nothing was recorded.") }
                    return .success
                }
                context.note("The policy changes:")
                changes.forEach { context.note("  \($0)") }
                try context.confirmSigning("Set it as \(session.profile.name)?")
                try await Cosigning(context: context, session: session).send(
                    .spacePolicy(policy), file: context.arguments.value("cosign")
                ) { _ in "The policy is in force." }
                return .success
            })
    }

    /// What differs, member by member, as `identity/review/stages: 1 → 2`.
    static func changes(from old: JSONValue, to new: JSONValue, at place: String = "") -> [String] {
        if let members = new.objectValue, old.objectValue != nil {
            let names = members.names + (old.objectValue?.names ?? []).filter { members[$0] == nil && !(place.isEmpty && $0 == "seq") }
            return names.flatMap { name in
                changes(from: old[name] ?? .null, to: new[name] ?? .null, at: place.isEmpty ? name : "\(place)/\(name)")
            }
        }
        return old == new ? [] : ["\(TextWidth.printable(place)): \(old.shown.isEmpty ? "(none)" : old.shown) → \(new.shown.isEmpty ? "(none)" : new.shown)"]
    }

    var alarms: Command {
        Command(
            name: "alarms", about: "list what the node noticed (operator, auditors, regulators)",
            discussion: """
                More rows released to one account in an hour than the policy allows, failed signatures, runs at odd hours, \
                repeated refusals. Each alarm is on the ledger, signed by the node.
                """,
            options: [
                .value("kind", "KIND", about: "only those of this kind", choices: Alarm.allCases.map(\.rawValue)),
                .value("participant", "ID", about: "only those about this participant"),
                .value("since", "DAY", about: "from this day on, such as 2026-12-01, or a UTC time"), CommandContext.limit,
            ],
            examples: ["hexi alarms --since 2026-12-01 --profile node/operator"],
            run: environment.action { context in
                let arguments = context.arguments
                let participant = try arguments.value("participant").map { try Notation.identifier($0, .participant, of: "--participant") }
                let since = try arguments.value("since").map { try Notation.time($0, of: "--since", isEnd: false) }
                let items = try await context.items(
                    try context.session().client, "/api/v1/alarms",
                    [("kind", arguments.value("kind")), ("participant", participant?.text), ("since", since?.description)])
                context.show(["items": .array(items)]) {
                    if items.isEmpty { context.note("There are no alarms.") }
                    var table = Table(["time", "alarm", "count", "allowed", "participant", "account", "entry"])
                    for item in items {
                        table.append([
                            item.text("time"), item.text("alarm"), item.text("count"), item.text("threshold"),
                            item.text("participant"), item.text("account"), item.text("seq"),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }
}
