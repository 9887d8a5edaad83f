import CommandLineInterface
import Encoding
import Exchange
import Signing

/// What the commands share that sign statements about rights: show it, ask, sign, send; or write a file for the next signer.
struct RightSigning: Sendable {
    let context: CommandContext
    let session: Session

    init(_ context: CommandContext) throws(ClientError) {
        self.context = context
        session = try context.session()
    }

    /// For statements that others sign after you.
    static let offerOptions: [CommandOption] = [
        .value("out", "FILE", about: "write the half-signed statement here for the others to sign with \"hexi right sign FILE\"", completion: .file),
        .value("valid-days", "N", about: "for how many days the others can sign and send it", default: "14"),
        CommandContext.yes,
    ]

    /// Shows a statement of one's own, signs it and sends it; evidence follows once it is recorded.
    func send(_ statement: RightStatement, evidence: [EvidenceFile] = [], done: (StatementAnswer) -> String) async throws -> ExitCode {
        let box = EvidenceBox(session.profile)
        let signed: SignedStatement
        do {
            signed = try session.sender.sign(.right(statement))
            try await show(statement, asked: "Sign this as \(session.profile.name)?")
        } catch {
            box.discard(evidence)
            throw error
        }
        let answer: StatementAnswer
        do throws(ClientError) { answer = try await session.sender.send(signed, to: RightAddress.path(statement)) } catch {
            if case .problem(let problem) = error, problem.status < 500, problem.status != 429 { box.discard(evidence) }
            throw error
        }
        try await upload(evidence, box)
        context.showAnswer(answer, done(answer))
        return .success
    }

    private func upload(_ evidence: [EvidenceFile], _ box: EvidenceBox) async throws {
        guard !evidence.isEmpty else { return }
        do throws(ClientError) {
            try await box.upload(evidence.map(\.reference.sha256), session.client) { _ in }
        } catch {
            context.note("The statement is recorded; its evidence is not with the node yet. Send it with: hexi evidence put")
            throw error
        }
    }

    /// Signs a statement as the first of several, and writes it for the others; sends it where nobody else has to sign.
    func offer(_ statement: RightStatement, needsOthers: Bool, done: (StatementAnswer) -> String) async throws -> ExitCode {
        let file = context.arguments.value("out")
        guard needsOthers || file != nil else { return try await send(statement, done: done) }
        guard let file else {
            throw ClientError.usage(
                "others have to sign this too", hint: "Write it into a file for them with --out FILE; they sign it with \"hexi right sign FILE\".")
        }
        let days = try context.arguments.integer("valid-days", in: 1...90) ?? 14
        let signed = try session.sender.sign(.right(statement), validForDays: days)
        try await show(statement, asked: "Sign this as \(session.profile.name)?")
        try StatementFile(signed).write(to: file)
        report(signed, file)
        return .success
    }

    /// `hexi right sign FILE`.
    func sign(_ path: String) async throws -> ExitCode {
        let file = try StatementFile(readingFrom: path)
        guard case .right(let statement) = file.statement.content else {
            throw ClientError.file(path: path, reason: "holds a \(file.statement.kind.rawValue), not a statement about a right")
        }
        guard file.statement.header.space == session.profile.space else {
            throw ClientError.refused("the statement is for the space \(file.statement.header.space), not \(session.profile.space)", hint: "")
        }
        try await show(statement, asked: "Sign this too, as \(session.profile.name)?")
        let signed = try file.signedAlso(by: session.key)
        if let out = context.arguments.value("out") {
            try StatementFile(signed).write(to: out)
            report(signed, out)
            return .success
        }
        let answer = try await session.sender.send(signed, to: RightAddress.path(statement))
        context.showAnswer(answer, "Recorded: \(answer.identifier).")
        return .success
    }

    private func report(_ signed: SignedStatement, _ file: String) {
        var object: JSONObject = ["file": .string(file), "kind": .string(signed.kind.rawValue)]
        object["signatures"] = .integer(Int64(signed.keyIdentifiers.count))
        object["acceptUntil"] = signed.header.acceptUntil.map { .string($0.description) }
        context.show(.object(object)) {
            let until = signed.header.acceptUntil.map { " until \($0)" } ?? ""
            context.console.print("Written to \(file); nothing is recorded yet. The next signer runs: hexi right sign \(TextWidth.printable(file))")
            context.console.print("It can be recorded\(until).")
        }
    }

    /// Shows what is to be signed on standard error, and asks.
    private func show(_ statement: RightStatement, asked question: String) async throws {
        if !(context.isQuiet && context.arguments.flag("yes")) {
            let currency = try await session.space().currency
            let named = Self.participants(in: StatementContent.right(statement).members)
            let text = RightText(statement: statement, currency: currency, names: await NameLookup.participants(named, session.client))
            context.console.note("")
            text.lines().forEach(context.console.note)
            context.console.note("")
        }
        try context.confirmSigning(question)
    }

    private static func participants(in members: [(String, JSONValue?)]) -> [String] {
        var found: [String] = []
        func collect(_ value: JSONValue) {
            switch value {
            case .string(let text): if (try? Identifier(text, kind: .participant)) != nil { found.append(text) }
            case .array(let elements): elements.forEach(collect)
            case .object(let object): object.members.forEach { collect($0.value) }
            default: break
            }
        }
        for (_, value) in members { if let value { collect(value) } }
        return found
    }
}
