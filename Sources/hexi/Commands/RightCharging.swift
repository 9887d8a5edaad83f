import CommandLineInterface
import Encoding
import Exchange

/// What others get in a right without its changing hands: licences and pledges.
struct RightCharging: Sendable {
    let environment: CommandEnvironment

    var commands: [Command] { [licence, endLicence, pledge, release] }

    private static let ground = CommandOption.value(
        "ground", "GROUND", about: "on what ground, if the operator does it", choices: CancellationGround.allCases.map(\.rawValue))
    private static let reason = CommandOption.value("reason", "TEXT", about: "why; it is public", default: "")

    private var licence: Command {
        Command(
            name: "licence", about: "license a right to another participant, who signs too",
            options: [
                .value("to", "ID", about: "the licensee", isRequired: true),
                .value("scope", "TEXT", about: "what the licensee may do; it is public", isRequired: true),
                .value("until", "DAY", about: "the last day, or a UTC time", isRequired: true),
                .flag("exclusive", about: "nobody else may have a licence meanwhile"),
            ] + RightSigning.offerOptions,
            arguments: [RightCommands.argument],
            examples: ["hexi right licence \(RightCommands.example) --to 86.gs.qingyang/P… --scope \"Delay statistics\" --until 2027-12-31 --out licence.json"],
            run: environment.action { context in
                let arguments = context.arguments
                let right = try context.identifier("certificate", .right)
                let licence = RightLicence(
                    right: right, licensee: try Notation.identifier(try arguments.required("to"), .participant, of: "--to"),
                    scope: try arguments.required("scope"), isExclusive: arguments.flag("exclusive"),
                    until: try Notation.time(try arguments.required("until"), of: "--until", isEnd: true))
                return try await RightSigning(context).offer(.licence(licence), needsOthers: true) { _ in "\(right) is licensed." }
            })
    }

    private var endLicence: Command {
        Command(
            name: "end-licence", about: "give a licence up, or end one on a ground (operator)",
            options: [
                .value("licensee", "ID", about: "whose licence; else your own"), Self.ground, Self.reason, CommandContext.yes,
            ],
            arguments: [RightCommands.argument], examples: ["hexi right end-licence \(RightCommands.example)"],
            run: environment.action { context in
                let arguments = context.arguments
                let right = try context.identifier("certificate", .right)
                let signing = try RightSigning(context)
                let licensee = try arguments.value("licensee").map { try Notation.identifier($0, .participant, of: "--licensee") }
                let end = RightLicenceEnd(
                    right: right, licensee: try licensee ?? signing.session.profile.requireParticipant(),
                    ground: arguments.value("ground").flatMap(CancellationGround.init), reason: arguments.value("reason") ?? "")
                return try await signing.send(.licenceEnd(end)) { _ in "The licence of \(right) has ended." }
            })
    }

    private var pledge: Command {
        Command(
            name: "pledge", about: "pledge a right as security to another participant, who signs too",
            options: [
                .value("to", "ID", about: "the pledgee", isRequired: true),
                .value("secures", "TEXT", about: "what it secures; it is public", isRequired: true),
                .value("amount", "AMOUNT", about: "the secured amount, such as 500000 or 12.50"),
                .value("until", "DAY", about: "when the pledge ends by itself; else with the pledgee's release"),
            ] + RightSigning.offerOptions,
            arguments: [RightCommands.argument],
            examples: ["hexi right pledge \(RightCommands.example) --to 86.gs.qingyang/P… --secures \"Loan 2026-08\" --amount 500000 --out pledge.json"],
            run: environment.action { context in
                let arguments = context.arguments
                let right = try context.identifier("certificate", .right)
                let pledge = RightPledge(
                    right: right, pledgee: try Notation.identifier(try arguments.required("to"), .participant, of: "--to"),
                    secures: try arguments.required("secures"),
                    amount: try arguments.value("amount").map { try Notation.amount($0, of: "--amount") },
                    until: try arguments.value("until").map { try Notation.time($0, of: "--until", isEnd: true) })
                return try await RightSigning(context).offer(.pledge(pledge), needsOthers: true) { _ in "\(right) is pledged." }
            })
    }

    private var release: Command {
        Command(
            name: "release", about: "release a pledge (pledgee, or the operator on a ground)",
            options: [Self.ground, Self.reason, CommandContext.yes], arguments: [RightCommands.argument],
            examples: ["hexi right release \(RightCommands.example) --reason \"Paid\""],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let release = RightPledgeRelease(
                    right: right, ground: context.arguments.value("ground").flatMap(CancellationGround.init),
                    reason: context.arguments.value("reason") ?? "")
                return try await RightSigning(context).send(.pledgeRelease(release)) { _ in "The pledge on \(right) is released." }
            })
    }
}
