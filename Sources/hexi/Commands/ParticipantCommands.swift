import CommandLineInterface
import Encoding
import Exchange
import Signing

/// `hexi participant`: registration, and the operator's decisions on it.
struct ParticipantCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/participants"

    var command: Command {
        Command(
            name: "participant", about: "register, and decide on registrations",
            subcommands: [
                ParticipantApplying(environment: environment).command, list, show,
                decision(.approve, "register an applicant", "Checked the business licence"),
                decision(.refuse, "refuse an application", "The licence has expired"),
                decision(.suspend, "suspend a participant at once", "Under investigation"),
                decision(.resume, "end a suspension", "Cleared"), whoami,
            ])
    }

    private var list: Command {
        Command(
            name: "list", about: "list the participants of the space",
            options: [
                .value("status", "STATUS", about: "only those of this status", choices: ParticipantStatus.allCases.map(\.rawValue)),
                .value("role", "ROLE", about: "only those with this role", choices: Role.allCases.map(\.rawValue)),
                CommandContext.limit,
            ],
            examples: ["hexi participant list --status applied"],
            run: environment.action { context in
                let arguments = context.arguments
                let items = try await context.items(
                    try context.publicClient(), Self.path,
                    [("status", arguments.value("status")), ("role", arguments.value("role"))])
                context.show(["items": .array(items)]) {
                    var table = Table(["identifier", "name", "type", "roles", "status"])
                    for item in items {
                        table.append([
                            item.text("identifier"), item.text("name"), item.text("type"), item.joined("roles"), item.text("status"),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var show: Command {
        Command(
            name: "show", about: "show one participant",
            arguments: [CommandArgument("participant", about: "its identifier")],
            examples: ["hexi participant show 86.gs.qingyang/P…"],
            run: environment.action { context in
                let participant = try context.identifier("participant", .participant)
                let view = try await context.publicClient().get(RequestTarget("\(Self.path)/\(participant)"))
                context.show(view) { context.console.print(Self.details(view)) }
                return .success
            })
    }

    private var whoami: Command {
        Command(
            name: "whoami", about: "show who you are to the node",
            examples: ["hexi participant whoami"],
            run: environment.action { context in
                let session = try context.session()
                let view = try await Self.describeSelf(session)
                context.show(view) {
                    if view.text("identifier") == "operator" {
                        context.console.print("the operator of \(session.profile.space), key \(session.key.keyIdentifier)")
                    } else {
                        context.console.print(Self.details(view))
                    }
                }
                return .success
            })
    }

    /// Who the node takes the key for. One that may not act yet, or no more, is told its public status.
    private static func describeSelf(_ session: Session) async throws(ClientError) -> JSONValue {
        do throws(ClientError) {
            return try await session.client.get(RequestTarget("/api/v1/whoami"))
        } catch {
            guard case .problem(let problem) = error, problem.status == 401 || problem.status == 403,
                let participant = session.profile.participant
            else { throw error }
            return try await session.client.withoutKey().get(RequestTarget("\(path)/\(participant)"))
        }
    }

    private func decision(_ verdict: ParticipantVerdict, _ about: String, _ reason: String) -> Command {
        Command(
            name: verdict.rawValue, about: "\(about) (operator)",
            options: [.value("reason", "TEXT", about: "why; it is public", default: "")],
            arguments: [CommandArgument("participant", about: "its identifier")],
            examples: ["hexi participant \(verdict.rawValue) 86.gs.qingyang/P… --reason \"\(reason)\" --profile node/operator"],
            run: environment.action { context in
                let participant = try context.identifier("participant", .participant)
                let session = try context.session()
                context.note("Signing a decision as \(session.profile.name): \(verdict.rawValue) \(participant).")
                let content = StatementContent.participantDecision(
                    ParticipantDecision(
                        participant: participant, decision: verdict, reason: context.arguments.value("reason") ?? ""))
                let answer = try await session.sender.send(content, to: "\(Self.path)/\(participant)/decisions")
                context.showAnswer(answer, "\(participant) is \(verdict.pastTense).")
                return .success
            })
    }

    static func details(_ view: JSONValue) -> String {
        var details = DetailList()
        details.add("identifier", view.text("identifier"))
        details.add("name", view.text("name"))
        details.add("status", view.text("status"))
        details.add("type", view.text("type"))
        details.add("country", view.text("country"))
        details.add("credit code", view.text("creditCode"))
        details.add("roles", view.joined("roles"))
        details.add("keys", view.joined("keys"))
        details.add("applied at", view.text("appliedAt"))
        details.add("ledger entry", view.text("seq"))
        return details.render()
    }
}

extension ParticipantVerdict {
    fileprivate var pastTense: String {
        switch self {
        case .approve: "approved"
        case .refuse: "refused"
        case .suspend: "suspended"
        case .resume: "active again"
        case .revoke: "revoked for good"
        case .assure: "of another assurance level"
        }
    }
}
