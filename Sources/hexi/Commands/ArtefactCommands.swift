import CommandLineInterface
import Encoding
import Exchange
import Signing

/// `hexi artefact`: the files that programs made, held until the providers have decided on them.
struct ArtefactCommands: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "artefact", about: "decide on, and fetch, the files that programs made",
            discussion: """
                A file that a program leaves, such as a model's weights, may carry the data it was made from. It stays inside \
                the node until every provider concerned has released it on the ground of a security assessment.
                """,
            subcommands: [list, decide, get])
    }

    private var list: Command {
        Command(
            name: "list", about: "list the artefacts that are yours or await your word",
            options: [
                .value("status", "STATUS", about: "only those that stand so", choices: ArtefactStatus.allCases.map(\.rawValue)),
                CommandContext.limit,
            ],
            examples: ["hexi artefact list --status held"],
            run: environment.action { context in
                let items = try await context.items(
                    try context.session().client, "/api/v1/artefacts", [("status", context.arguments.value("status"))])
                context.show(["items": .array(items)]) {
                    var table = Table(["run", "name", "status", "bytes", "sha256"])
                    for item in items {
                        table.append([item.text("run"), item.text("name"), item.text("status"), item.text("bytes"), item.text("sha256")])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private static let arguments = [
        CommandArgument("run", about: "the run's identifier"), CommandArgument("name", about: "the artefact's name"),
    ]

    private func path(_ context: CommandContext) throws -> (run: Identifier, name: String, path: String) {
        let run = try context.identifier("run", .run)
        let name = try context.arguments.requiredArgument("name")
        guard !name.isEmpty, name.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }) else {
            throw UsageError.badValue(of: "<name>", value: name, reason: "an artefact's name has lower-case letters, digits and underscores")
        }
        return (run, name, "\(RunCommands.path)/\(run)/artefacts/\(name)")
    }

    private var decide: Command {
        Command(
            name: "decide", about: "release or refuse an artefact, as a provider whose data the program has read",
            options: [
                .value("decision", "DECISION", about: "release or refuse", isRequired: true, choices: ArtefactVerdict.allCases.map(\.rawValue)),
                .value("file", "FILE", about: "the artefact as you looked at it (hexi artefact get)", isRequired: true, completion: .file),
                .value("assessment", "REFERENCE", about: "by what name you find the security assessment; a release needs it"),
                .value("report", "FILE", about: "the report of the assessment, of which only the SHA-256 is signed", completion: .file),
                .value("reason", "TEXT", about: "why; it stands on the ledger", default: ""),
            ],
            arguments: Self.arguments,
            examples: [
                "hexi artefact decide 86.gs.qingyang/X… weights --decision release --file weights --assessment \"SA-2026-017\" --report sa17.pdf"
            ],
            run: environment.action { context in
                let (run, name, path) = try path(context)
                let verdict = ArtefactVerdict(rawValue: try context.arguments.required("decision")) ?? .refuse
                let digest = SHA256.hash(try LocalFiles.read(try context.arguments.required("file"), maximumCount: 1 << 30))
                var assessment: ArtefactDecision.Assessment?
                if verdict == .release {
                    let report = try LocalFiles.read(try context.arguments.required("report"), maximumCount: 1 << 28)
                    assessment = ArtefactDecision.Assessment(
                        reference: try context.arguments.required("assessment"), sha256: SHA256.hash(report).description)
                }
                let session = try context.session()
                context.note("Signing a decision as \(session.profile.name): \(verdict.rawValue) \"\(name)\" of \(run).")
                let decision = ArtefactDecision(
                    run: run, artefact: name, sha256: digest.description, decision: verdict, assessment: assessment,
                    reason: context.arguments.value("reason") ?? "")
                let answer = try await session.sender.send(.run(.artefactDecision(decision)), to: "\(path)/decisions")
                context.showAnswer(answer, "Your word on \"\(name)\", \(verdict.rawValue), is on the ledger.")
                return .success
            })
    }

    private var get: Command {
        Command(
            name: "get", about: "fetch an artefact: to assess it while it is held, or as its buyer once it is released",
            options: [.value("out", "FILE", about: "where to write it", isRequired: true, completion: .file)], arguments: Self.arguments,
            examples: ["hexi artefact get 86.gs.qingyang/X… weights --out weights.json"],
            run: environment.action { context in
                let (run, name, path) = try path(context)
                let out = try context.arguments.required("out")
                let session = try context.session()
                let view = try await session.client.get(RequestTarget("\(RunCommands.path)/\(run)"))
                guard let recorded = view.list("artefacts").first(where: { $0.text("name") == name }) else {
                    throw ClientError.refused("the run \(run) has made no artefact \"\(name)\"", hint: "See: hexi run show \(run)")
                }
                let bytes = try await session.client.download(RequestTarget(path), maximumCount: 1 << 30)
                let digest = SHA256.hash(bytes).description
                guard digest == recorded.text("sha256") else {
                    throw ClientError.unexpectedAnswer(
                        node: session.client.address.base, reason: "the artefact's SHA-256 is \(digest), not the recorded \(recorded.text("sha256"))")
                }
                try LocalFiles.write(bytes, to: out)
                context.show(["file": .string(out), "bytes": .integer(Int64(bytes.count)), "sha256": .string(digest)]) {
                    context.console.print("Written to \(out): \(ByteText.format(UInt64(bytes.count))), as the ledger's digest says.")
                }
                return .success
            })
    }
}
