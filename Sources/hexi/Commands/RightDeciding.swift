import CommandLineInterface
import Encoding
import Exchange

/// What the operator, and regulators, decide about rights: check, dismiss or uphold, decide, freeze, unfreeze.
struct RightDeciding: Sendable {
    let environment: CommandEnvironment

    var commands: [Command] { [check, decideObjection, decide, freeze, unfreeze] }

    private static let reason = CommandOption.value("reason", "TEXT", about: "why; it is public", default: "")
    private static let ground = CommandOption.value(
        "ground", "GROUND", about: "of a refusal: on what ground", choices: RightRefusalGround.allCases.map(\.rawValue))

    private static func ground(_ arguments: ParsedArguments, isRefusal: Bool) throws(UsageError) -> RightRefusalGround? {
        let ground = arguments.value("ground").flatMap(RightRefusalGround.init)
        if isRefusal && ground == nil { throw .missingOption("--ground", valueName: "GROUND") }
        if !isRefusal, let ground { throw .badValue(of: "--ground", value: ground.rawValue, reason: "only a refusal has a ground") }
        return ground
    }

    private var check: Command {
        Command(
            name: "check", about: "pass or fail the formal check of an application (operator)",
            discussion: "With pass, the public notice begins, and runs for the working days that the space's rules ask for.",
            options: [Self.ground, Self.reason, CommandContext.yes],
            arguments: [
                RightCommands.argument,
                CommandArgument("verdict", about: "pass or fail", completion: .words(CheckVerdict.allCases.map(\.rawValue))),
            ],
            examples: [
                "hexi right check \(RightCommands.example) pass --profile node/operator",
                "hexi right check \(RightCommands.example) fail --ground incomplete-evidence --reason \"The contract lacks its annex\"",
            ],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let verdict: CheckVerdict = try Self.verdict(context.arguments)
                let check = RightCheck(
                    right: right, verdict: verdict, ground: try Self.ground(context.arguments, isRefusal: verdict == .fail),
                    reason: context.arguments.value("reason") ?? "")
                return try await RightSigning(context).send(.check(check)) { _ in
                    verdict == .pass ? "\(right) passed; \"hexi right show\" tells when its notice ends." : "\(right) is refused."
                }
            })
    }

    private static func verdict<Verdict: RawRepresentable & CaseIterable>(_ arguments: ParsedArguments) throws(UsageError) -> Verdict
    where Verdict.RawValue == String {
        let text = try arguments.requiredArgument("verdict")
        guard let verdict = Verdict(rawValue: text) else {
            let choices = Verdict.allCases.map(\.rawValue).joined(separator: " or ")
            throw .badValue(of: "<verdict>", value: text, reason: "give \(choices)")
        }
        return verdict
    }

    private var decideObjection: Command {
        Command(
            name: "objection", about: "uphold or dismiss an objection (operator)",
            options: [
                .value("objector", "ID", about: "whose objection", isRequired: true),
                .value("reason", "TEXT", about: "why; it is public", isRequired: true), CommandContext.yes,
            ],
            arguments: [
                RightCommands.argument,
                CommandArgument("verdict", about: "upheld or dismissed", completion: .words(ObjectionVerdict.allCases.map(\.rawValue))),
            ],
            examples: ["hexi right objection \(RightCommands.example) dismissed --objector 86.gs.qingyang/P… --reason \"The deed names another dataset\""],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let verdict: ObjectionVerdict = try Self.verdict(context.arguments)
                let objector = try Notation.identifier(try context.arguments.required("objector"), .participant, of: "--objector")
                let decision = ObjectionDecision(
                    right: right, objector: objector, verdict: verdict, reason: try context.arguments.required("reason"))
                return try await RightSigning(context).send(.objectionDecision(decision)) { _ in
                    verdict == .upheld ? "The objection is upheld, and \(right) refused." : "The objection to \(right) is dismissed."
                }
            })
    }

    private var decide: Command {
        Command(
            name: "decide", about: "grant or refuse a right when its notice is over (operator)",
            options: [Self.ground, Self.reason, CommandContext.yes],
            arguments: [
                RightCommands.argument,
                CommandArgument("verdict", about: "grant or refuse", completion: .words(RightVerdict.allCases.map(\.rawValue))),
            ],
            examples: ["hexi right decide \(RightCommands.example) grant --profile node/operator"],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let verdict: RightVerdict = try Self.verdict(context.arguments)
                let decision = RightDecision(
                    right: right, verdict: verdict, ground: try Self.ground(context.arguments, isRefusal: verdict == .refuse),
                    reason: context.arguments.value("reason") ?? "")
                return try await RightSigning(context).send(.decision(decision)) { _ in
                    verdict == .grant ? "Granted. Its certificate: hexi right certificate \(right)" : "\(right) is refused."
                }
            })
    }

    private var freeze: Command {
        Command(
            name: "freeze", about: "stop everything that could happen to a right (regulator)",
            options: [.value("reason", "TEXT", about: "why; it is public", isRequired: true), CommandContext.yes],
            arguments: [RightCommands.argument],
            examples: ["hexi right freeze \(RightCommands.example) --reason \"Order 2026-17\""],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let freeze = RightFreeze(right: right, reason: try context.arguments.required("reason"))
                return try await RightSigning(context).send(.freeze(freeze)) { _ in "\(right) is frozen." }
            })
    }

    private var unfreeze: Command {
        Command(
            name: "unfreeze", about: "lift a freeze (regulator)",
            options: [
                .value("regulator", "ID", about: "whose freeze, if that regulator is not active any more; else your own"),
                .value("reason", "TEXT", about: "why; it is public", isRequired: true), CommandContext.yes,
            ],
            arguments: [RightCommands.argument],
            examples: ["hexi right unfreeze \(RightCommands.example) --reason \"Order 2026-17 is lifted\""],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let regulator = try context.arguments.value("regulator").map { try Notation.identifier($0, .participant, of: "--regulator") }
                let unfreeze = RightUnfreeze(right: right, regulator: regulator, reason: try context.arguments.required("reason"))
                return try await RightSigning(context).send(.unfreeze(unfreeze)) { _ in "The freeze of \(right) is lifted." }
            })
    }
}
