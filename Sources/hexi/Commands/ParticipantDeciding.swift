import CommandLineInterface
import Encoding
import Exchange

/// The operators' word on participants: check, approve, refuse, assure, suspend, resume, revoke.
struct ParticipantDeciding: Sendable {
    let environment: CommandEnvironment

    var commands: [Command] {
        [
            check,
            decision(.approve, "register an applicant", "Checked the business licence", takesAssurance: true),
            decision(.refuse, "refuse an application", "The licence has expired"),
            decision(.assure, "set how surely it is known who a participant is", "Seen in person", takesAssurance: true),
            decision(.suspend, "suspend a participant at once", "Under investigation"),
            decision(.resume, "end a suspension", "Cleared"),
            decision(.revoke, "end a registration for good", "Licence withdrawn"),
        ]
    }

    private static let participant = CommandArgument("participant", about: "its identifier")

    private var check: Command {
        Command(
            name: "check", about: "say whether an application is complete, before it is decided on (operator)",
            discussion: """
                The first of two stages where the space's policy asks for two. Look at the evidence first: \
                "hexi evidence list PARTICIPANT". With --incomplete the applicant is told --notes and applies anew.
                """,
            options: [
                .flag("incomplete", about: "something is missing; say in --notes what"),
                .value("notes", "TEXT", about: "for the applicant; it is public, so never say what the evidence says", default: ""),
                Cosigning.option,
            ],
            arguments: [Self.participant],
            examples: [
                "hexi participant check 86.gs.qingyang/P… --profile node/operator",
                "hexi participant check 86.gs.qingyang/P… --incomplete --notes \"The licence is not signed\"",
            ],
            run: environment.action { context in
                let participant = try context.identifier("participant", .participant)
                let isIncomplete = context.arguments.flag("incomplete")
                let notes = context.arguments.value("notes") ?? ""
                if isIncomplete, notes.isEmpty {
                    throw ClientError.usage("an incomplete application goes back with a word on what is missing", hint: "Give it with --notes TEXT.")
                }
                let review = ParticipantReview(
                    participant: participant, finding: isIncomplete ? .incomplete : .complete, notes: notes)
                let session = try context.session()
                context.note("Signing a review as \(session.profile.name): \(participant) is \(review.finding.rawValue).")
                try await Cosigning(context: context, session: session).send(
                    .identity(.review(review)), file: context.arguments.value("cosign")
                ) { _ in "\(participant) is \(isIncomplete ? "returned to the applicant" : "checked")." }
                return .success
            })
    }

    private func decision(
        _ verdict: ParticipantVerdict, _ about: String, _ reason: String, takesAssurance: Bool = false
    ) -> Command {
        var options: [CommandOption] = [.value("reason", "TEXT", about: "why; it is public", default: ""), Cosigning.option]
        if takesAssurance {
            options.append(
                .value(
                    "assurance", "LEVEL", about: "how surely it is known who it is, from 1 to 4", isRequired: verdict == .assure))
        }
        let example = verdict == .assure ? " --assurance 2" : ""
        return Command(
            name: verdict.rawValue, about: "\(about) (operator)", options: options, arguments: [Self.participant],
            examples: ["hexi participant \(verdict.rawValue) 86.gs.qingyang/P…\(example) --reason \"\(reason)\" --profile node/operator"],
            run: environment.action { context in
                let participant = try context.identifier("participant", .participant)
                let assurance = takesAssurance ? try context.arguments.integer("assurance", in: 1...4).map(Int64.init) : nil
                let session = try context.session()
                context.note("Signing a decision as \(session.profile.name): \(verdict.rawValue) \(participant).")
                let decision = ParticipantDecision(
                    participant: participant, decision: verdict, reason: context.arguments.value("reason") ?? "",
                    assurance: assurance)
                try await Cosigning(context: context, session: session).send(
                    .participantDecision(decision), file: context.arguments.value("cosign")
                ) { _ in "\(participant) is \(verdict.pastTense)." }
                return .success
            })
    }
}

extension ParticipantVerdict {
    fileprivate var pastTense: String {
        switch self {
        case .approve: "approved"
        case .refuse: "refused"
        case .suspend: "suspended"
        case .resume: "active again"
        case .revoke: "registered no longer"
        case .assure: "assured"
        }
    }
}
