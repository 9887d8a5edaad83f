import CommandLineInterface
import Encoding
import Exchange
import Signing

/// `hexi operator`: who acts for the space's operator beside the root key.
struct OperatorCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/space/operators"

    var command: Command {
        Command(
            name: "operator", about: "appoint operators with duties of their own",
            discussion: """
                The root key, made with the node, may do everything. It appoints operators, each with a key of their own \
                and some duties, so that it can be locked away. Where the space's policy wants two for an action \
                (identity.dualControl), the first signs with --cosign FILE and the second completes it with "hexi cosign FILE".
                """,
            subcommands: [appoint, dismiss, list])
    }

    private var appoint: Command {
        Command(
            name: "appoint", about: "appoint an operator, or change one's duties (root key)",
            options: [
                .value("key", "FILE", about: "the operator's public key, as \"hexi keys jwk\" prints it", isRequired: true, completion: .file),
                .value("duty", "DUTY", about: "what the operator may do", isRepeated: true, isRequired: true, choices: OperatorDuty.allCases.map(\.rawValue)),
                .value("reason", "TEXT", about: "why; it is public", default: ""), Cosigning.option,
            ],
            arguments: [CommandArgument("name", about: "a name or function, as public as the ledger")],
            examples: ["hexi operator appoint \"registrar 2\" --key registrar.jwk --duty check --duty approve --profile node/operator"],
            run: environment.action { context in
                let arguments = context.arguments
                let appointed = SpaceOperator(
                    name: try arguments.requiredArgument("name"), key: try KeyDocument.read(try arguments.required("key")),
                    duties: Set(arguments.values("duty").compactMap { OperatorDuty(rawValue: $0) }))
                let session = try context.session()
                var operators = try await Self.operators(session)
                operators.removeAll { $0.key == appointed.key || $0.name == appointed.name }
                operators.append(appointed)
                return try await send(operators, context, session, "\(appointed.name) is an operator of \(session.profile.space).")
            })
    }

    private var dismiss: Command {
        Command(
            name: "dismiss", about: "end an operator's appointment, at once and for good for the key (root key)",
            options: [.value("reason", "TEXT", about: "why; it is public", default: ""), Cosigning.option],
            arguments: [CommandArgument("name", about: "as the list shows it")],
            examples: ["hexi operator dismiss \"registrar 2\" --reason \"Has left\" --profile node/operator"],
            run: environment.action { context in
                let name = try context.arguments.requiredArgument("name")
                let session = try context.session()
                let operators = try await Self.operators(session)
                let rest = operators.filter { $0.name != name }
                guard rest.count < operators.count else {
                    throw ClientError.refused("there is no operator \"\(name)\"", hint: "See them with: hexi operator list")
                }
                return try await send(rest, context, session, "\(name) is an operator no longer.")
            })
    }

    private var list: Command {
        Command(
            name: "list", about: "list the operators and their duties",
            examples: ["hexi operator list"],
            run: environment.action { context in
                let view = try await context.publicClient().get(RequestTarget(Self.path))
                context.show(view) {
                    var table = Table(["name", "duties", "key"])
                    table.append(["(root)", "everything", view.text("rootKey")])
                    for item in view.list("items") { table.append([item.text("name"), item.joined("duties"), item.text("keyIdentifier")]) }
                    context.show(table)
                }
                return .success
            })
    }

    private func send(
        _ operators: [SpaceOperator], _ context: CommandContext, _ session: Session, _ sentence: String
    ) async throws -> ExitCode {
        let appointment = OperatorAppointment(operators: operators, reason: context.arguments.value("reason") ?? "")
        try await Cosigning(context: context, session: session).send(
            .identity(.operatorAppointment(appointment)), file: context.arguments.value("cosign")
        ) { _ in sentence }
        return .success
    }

    private static func operators(_ session: Session) async throws -> [SpaceOperator] {
        let items = try await session.client.withoutKey().get(RequestTarget(path)).list("items")
        do {
            return try items.map { item in
                var object = item.objectValue ?? [:]
                object["keyIdentifier"] = nil
                return try SpaceOperator(JSONCursor(.object(object)))
            }
        } catch {
            throw ClientError.unexpectedAnswer(node: session.client.address.base, reason: "the list of operators: \(error)")
        }
    }
}
