import CommandLineInterface
import Encoding
import Exchange

/// What moves a right: transfer, split, merge, cancel; and the further signature on what several sign.
struct RightMoving: Sendable {
    let environment: CommandEnvironment

    var commands: [Command] { [transfer, split, merge, cancel, sign] }

    private var transfer: Command {
        Command(
            name: "transfer", about: "transfer a right to another participant, who signs too",
            options: [
                .value("to", "ID", about: "the new holder", isRequired: true),
                .value("from", "ID", about: "the present holder, if the new holder signs first; else you"),
                .value("consideration", "TEXT", about: "what is given for it; it is public"),
            ] + RightSigning.offerOptions,
            arguments: [RightCommands.argument],
            examples: ["hexi right transfer \(RightCommands.example) --to 86.gs.qingyang/P… --out transfer.json"],
            run: environment.action { context in
                let arguments = context.arguments
                let right = try context.identifier("certificate", .right)
                let signing = try RightSigning(context)
                let from = try arguments.value("from").map { try Notation.identifier($0, .participant, of: "--from") }
                let transfer = RightTransfer(
                    right: right, from: try from ?? signing.session.profile.requireParticipant(),
                    to: try Notation.identifier(try arguments.required("to"), .participant, of: "--to"),
                    consideration: arguments.value("consideration"))
                return try await signing.offer(.transfer(transfer), needsOthers: true) { _ in "\(right) is transferred." }
            })
    }

    private var split: Command {
        Command(
            name: "split", about: "split a right into parts, each with a certificate of its own",
            discussion: """
                Shares are exact fractions of the whole right and must add up to the share that is split. Everybody who gets a \
                part signs; with --out the statement is written for them.
                """,
            options: [.value("part", "SHARE=ID", about: "a part and who gets it, such as 1/3=86.gs.qingyang/P…", isRepeated: true, isRequired: true)]
                + RightSigning.offerOptions,
            arguments: [RightCommands.argument],
            examples: ["hexi right split \(RightCommands.example) --part 1/3=86.gs.qingyang/P… --part 2/3=86.gs.qingyang/P… --out split.json"],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                let signing = try RightSigning(context)
                let own = try signing.session.profile.requireParticipant()
                let parts = try context.arguments.values("part").map { try Self.part($0) }
                guard RightSplit.partCounts.contains(parts.count) else {
                    throw UsageError.badValue(
                        of: "--part", value: "\(parts.count) parts",
                        reason: "give \(RightSplit.partCounts.lowerBound) to \(RightSplit.partCounts.upperBound)")
                }
                let needsOthers = parts.contains { $0.holder != own }
                return try await signing.offer(.split(RightSplit(right: right, parts: parts)), needsOthers: needsOthers) { _ in
                    "\(right) is split; \"hexi right list --over …\" shows its parts."
                }
            })
    }

    private static func part(_ text: String) throws(UsageError) -> RightPart {
        let (share, holder) = try Notation.pair(text, of: "--part", form: "SHARE=ID, such as 1/3=86.gs.qingyang/P…")
        let numbers = share.split(separator: "/", omittingEmptySubsequences: false).map { Int64($0) }
        // 2/6 is a person's way to write 1/3.
        guard numbers.count == 2, let numerator = numbers[0], let denominator = numbers[1],
            let fraction = Fraction(numerator, denominator), fraction <= .one
        else { throw .badValue(of: "--part", value: text, reason: "write the share as a fraction such as 1/3, above 0 and at most 1/1") }
        return RightPart(holder: try Notation.identifier(holder, .participant, of: "--part"), share: fraction)
    }

    private var merge: Command {
        Command(
            name: "merge", about: "make one certificate of several parts of the same right",
            options: [CommandContext.yes],
            arguments: [CommandArgument("certificates", about: "the numbers of the parts", isRepeated: true)],
            examples: ["hexi right merge 86.gs.qingyang/T… 86.gs.qingyang/T…"],
            run: environment.action { context in
                let signing = try RightSigning(context)
                let rights = try context.arguments.argumentList("certificates").map { try Notation.identifier($0, .right, of: "<certificates>") }
                guard (2...32).contains(rights.count), Set(rights).count == rights.count else {
                    throw ClientError.usage("a merge takes 2 to 32 certificates, none of them twice", hint: "Give the numbers of the parts.")
                }
                let merge = RightMerge(holder: try signing.session.profile.requireParticipant(), rights: rights)
                return try await signing.send(.merge(merge)) { "Merged into \($0.identifier)." }
            })
    }

    private var cancel: Command {
        Command(
            name: "cancel", about: "end a right before its time",
            discussion: "A holder cancels at his own request; the operator only on another ground.",
            options: [
                .value(
                    "ground", "GROUND", about: "why", default: CancellationGround.holderRequest.rawValue,
                    choices: CancellationGround.allCases.map(\.rawValue)),
                .value("reason", "TEXT", about: "more of it; it is public", default: ""), CommandContext.yes,
            ],
            arguments: [RightCommands.argument],
            examples: [
                "hexi right cancel \(RightCommands.example)",
                "hexi right cancel \(RightCommands.example) --ground court-order --reason \"(2026) No. 12\" --profile node/operator",
            ],
            run: environment.action { context in
                let right = try context.identifier("certificate", .right)
                // The parser has let only known words pass.
                let ground = CancellationGround(rawValue: try context.arguments.required("ground")) ?? .holderRequest
                let cancellation = RightCancellation(right: right, ground: ground, reason: context.arguments.value("reason") ?? "")
                return try await RightSigning(context).send(.cancellation(cancellation)) { _ in "\(right) is cancelled." }
            })
    }

    private var sign: Command {
        Command(
            name: "sign", about: "sign what another party has written for you to sign, and send it",
            discussion: """
                What is shown is read from the very bytes that you sign. If more have to sign after you, write the statement \
                into a file again with --out instead of sending it.
                """,
            options: [
                .value("out", "FILE", about: "write it for the next signer instead of sending it", completion: .file),
                CommandContext.yes,
            ],
            arguments: [CommandArgument("file", about: "the half-signed statement", completion: .file)],
            examples: ["hexi right sign transfer.json --profile ./bureau"],
            run: environment.action { context in
                let path = try context.arguments.requiredArgument("file")
                return try await RightSigning(context).sign(path)
            })
    }
}
