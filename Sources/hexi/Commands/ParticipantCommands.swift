import CommandLineInterface
import Credentials
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
            ] + ParticipantDeciding(environment: environment).commands + [credential, whoami])
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
                        let appointed = view["operator"]
                        let name = appointed.map { "\($0.text("name")), an operator" } ?? "the operator"
                        context.console.print("\(name) of \(session.profile.space), key \(session.key.keyIdentifier)")
                        if let duties = appointed?.joined("duties") { context.console.print("duties: \(duties)") }
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

    private var credential: Command {
        Command(
            name: "credential", about: "fetch a participant's credential: its registered identity, signed by the node",
            discussion: """
                A W3C Verifiable Credential 2.0 (vc+jwt). Whoever gets it checks the signature with the keys in the node's \
                did.json, and the status lists that it names. Without a participant, it is your own.
                """,
            options: [.value("out", "FILE", about: "write it there instead of printing it", completion: .file)],
            arguments: [CommandArgument("participant", about: "its identifier", isRequired: false)],
            examples: ["hexi participant credential --out airport.vc.jwt", "hexi participant credential 86.gs.qingyang/P…"],
            run: environment.action { context in
                let participant: Identifier
                if context.arguments.argument("participant") != nil {
                    participant = try context.identifier("participant", .participant)
                } else {
                    participant = try context.profile().requireParticipant()
                }
                let bytes = try await context.publicClient().fetch(
                    RequestTarget("\(Self.path)/\(participant)/credential"), maximumCount: SignedCredential.maximumCount)
                let text = String(decoding: bytes, as: UTF8.self)
                let claimed: VerifiableCredential
                do { claimed = try SignedCredential(text).claimed } catch {
                    throw ClientError.refused("what the node sent is no credential: \(error)", hint: "")
                }
                let out = context.arguments.value("out")
                if let out { try LocalFiles.write(Array(text.utf8) + [0x0A], to: out) }
                context.show(["credential": .string(text), "claims": claimed.json]) {
                    context.console.print(out.map { "Written to \($0)." } ?? text)
                    context.note("Issued by \(claimed.issuer) for \(claimed.subject["name"]?.shown ?? ""), valid from \(claimed.validFrom).")
                }
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
        details.add("level", view.text("level"))
        details.add("credit code", view.text("creditCode"))
        details.add("assurance", view.text("assurance"))
        details.add("roles", view.joined("roles"))
        details.add("keys", view.joined("keys"))
        details.add("applied at", view.text("appliedAt"))
        details.add("ledger entry", view.text("seq"))
        if let delegation = view["delegation"] {
            details.add("you are", "\(delegation.text("name")), until \(delegation.text("expiresAt"))")
            details.add("you may sign", delegation.joined("permissions"))
        }
        return details.render()
    }
}
