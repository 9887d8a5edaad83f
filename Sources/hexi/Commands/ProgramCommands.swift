import CommandLineInterface
import Encoding
import Exchange
import Signing

/// `hexi program`: programs of a buyer's that run inside the node, in the place of a query's text.
struct ProgramCommands: Sendable {
    let environment: CommandEnvironment
    private static let path = "/api/v1/programs"
    private static let maximumBytes = 64 << 20

    var command: Command {
        Command(
            name: "program", about: "submit programs that run where the data are, and read those of others",
            discussion: """
                A program is put forward like a query: a declaration (JSON, see Contracts/README.md) says how it is started and \
                which numbers and files may come out, and names its bundle by SHA-256. The providers read the bundle before \
                they approve; "hexi run start" then runs it.
                """,
            subcommands: [submit, upload, get])
    }

    private var submit: Command {
        Command(
            name: "submit", about: "sign a program's declaration, put it forward for approval, and bring the bundle",
            options: [
                .value("bundle", "FILE", about: "the program: a tar archive, or a single file", isRequired: true, completion: .file),
                .value("table", "NAME=PRODUCT[@VERSION]", about: "a table's name and the product behind it", isRepeated: true, isRequired: true),
                .value("parameter", "NAME:TYPE", about: "a parameter, which the program finds in /data/parameters.json", isRepeated: true),
                .value("title", "TEXT", about: "what the program is for, in a few words", isRequired: true),
            ],
            arguments: [CommandArgument("declaration", about: "runtime, entry, metrics, artefacts and arguments, as JSON", completion: .file)],
            examples: ["hexi program submit delay-model.json --bundle delay-model.tar --title \"Delay model\" --table flights=86.gs.qingyang/D…"],
            run: environment.action { context in
                let session = try context.session()
                let buyer = try session.profile.requireParticipant()
                let file = try context.arguments.required("bundle")
                let digest = SHA256.hash(try LocalFiles.read(file, maximumCount: Self.maximumBytes))
                var document = try Self.submission(context, buyer: buyer, bundle: digest)
                document["tables"] = .array(try await Self.tables(context, session.client))
                let submission: QuerySubmission
                do { submission = try QuerySubmission(JSONCursor(.object(document))) } catch {
                    throw ClientError.usage("the declaration is not valid: \(error)", hint: "Contracts/README.md describes it.")
                }
                context.note("Signing the submission of \"\(TextWidth.printable(submission.title))\" as \(session.profile.name).")
                let answer = try await session.sender.send(.querySubmission(submission), to: QueryCommands.path)
                try await Self.bring(file, digest, session, context)
                context.showAnswer(answer, "Submitted as \(answer.identifier), with its bundle. The providers decide.")
                return .success
            })
    }

    private static func submission(_ context: CommandContext, buyer: Identifier, bundle: SHA256Digest) throws -> JSONObject {
        let text = try LocalFiles.read(try context.arguments.requiredArgument("declaration"), maximumCount: 1 << 18)
        guard case .object(var program) = try JSONValue.parse(text) else {
            throw ClientError.usage("the declaration is no JSON object", hint: "Contracts/README.md describes it.")
        }
        program["bundle"] = .string(bundle.description)
        let parameters = try context.arguments.values("parameter").map { try QueryDraft.parameter($0) }
        return [
            "buyer": .string(buyer.text), "title": .string(try context.arguments.required("title")),
            "mode": .string(QueryMode.metrics.rawValue),
            "parameters": .array(parameters.map { ["name": .string($0.name), "type": .string($0.type.rawValue)] }),
            "program": .object(program),
        ]
    }

    private static func tables(_ context: CommandContext, _ client: NodeClient) async throws -> [JSONValue] {
        var tables: [JSONValue] = []
        for text in context.arguments.values("table") {
            let (name, product) = try Notation.pair(text, of: "--table", form: "NAME=PRODUCT or NAME=PRODUCT@VERSION")
            let reference = try await ProductReference(product, of: "--table", client)
            tables.append(["name": .string(name), "product": .string(reference.product.text), "version": .integer(reference.version)])
        }
        return tables
    }

    private var upload: Command {
        Command(
            name: "upload", about: "bring the bundle of a program that you have submitted",
            arguments: [CommandArgument("file", about: "the bundle", completion: .file)], examples: ["hexi program upload delay-model.tar"],
            run: environment.action { context in
                let file = try context.arguments.requiredArgument("file")
                let digest = SHA256.hash(try LocalFiles.read(file, maximumCount: Self.maximumBytes))
                try await Self.bring(file, digest, try context.session(), context)
                context.show(["sha256": .string(digest.description)]) { context.console.print("The node has the bundle \(digest).") }
                return .success
            })
    }

    private static func bring(_ file: String, _ digest: SHA256Digest, _ session: Session, _ context: CommandContext) async throws {
        let display = ProgressDisplay(
            "sending the bundle", total: UInt64(try LocalFiles.size(file)), unit: .bytes, isQuiet: context.isQuiet || context.wantsJSON,
            console: context.console)
        defer { display.finish() }
        _ = try await session.client.upload(
            RequestTarget("\(path)/\(digest)"), method: "PUT", file: file, digest: digest, type: "application/octet-stream",
            progress: { display.update($0) })
    }

    private var get: Command {
        Command(
            name: "get", about: "fetch the bundle of a query, to read it before you approve",
            options: [.value("out", "FILE", about: "where to write it", isRequired: true, completion: .file)],
            arguments: [CommandArgument("query", about: "the query that names the bundle")],
            examples: ["hexi program get 86.gs.qingyang/Q… --out program.tar"],
            run: environment.action { context in
                let query = try context.identifier("query", .query)
                let out = try context.arguments.required("out")
                let session = try context.session()
                guard let program = try await SubmittedQuery(query, session.client).submission.program else {
                    throw ClientError.refused("\(query) is a query, not a program", hint: "See: hexi query show \(query)")
                }
                let bytes = try await session.client.download(
                    RequestTarget("\(Self.path)/\(program.bundle)"), maximumCount: Self.maximumBytes)
                guard SHA256.hash(bytes).description == program.bundle else {
                    throw ClientError.unexpectedAnswer(node: session.client.address.base, reason: "a bundle with another digest than the signed one")
                }
                try LocalFiles.write(bytes, to: out)
                context.show(["file": .string(out), "bytes": .integer(Int64(bytes.count)), "sha256": .string(program.bundle)]) {
                    context.console.print("Written to \(out): \(ByteText.format(UInt64(bytes.count))), as the signed digest says.")
                }
                return .success
            })
    }
}
