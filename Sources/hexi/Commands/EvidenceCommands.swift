import CommandLineInterface
import Encoding
import Exchange
import Signing

/// `hexi evidence`: the files that statements name, on their way to the node and from it.
struct EvidenceCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/evidence"

    var command: Command {
        Command(
            name: "evidence", about: "bring and look at the files that prove things",
            discussion: """
                A statement names a file by the SHA-256 of 32 random bytes and its content; only that is public. The node \
                keeps the file encrypted and shows it to the operator, auditors, regulators, and whoever named it.
                """,
            subcommands: [put, list, get])
    }

    private var put: Command {
        Command(
            name: "put", about: "send the evidence that the node does not have yet",
            discussion: """
                --evidence of "hexi participant apply" and other commands keeps the salted files in the profile until the \
                node has them; this sends what is left. It may be repeated without harm.
                """,
            examples: ["hexi evidence put --profile ./airport"],
            run: environment.action { context in
                let session = try context.session()
                let box = EvidenceBox(session.profile)
                let waiting = box.waiting
                if waiting.isEmpty { context.note("The node has all the evidence of this profile.") }
                try await Self.upload(waiting, box, session, context)
                context.show(["sent": .array(waiting.map { .string($0) })]) {
                    for digest in waiting { context.console.print("sent \(digest)") }
                }
                return .success
            })
    }

    /// Sends files with the progress of each.
    static func upload(_ digests: [String], _ box: EvidenceBox, _ session: Session, _ context: CommandContext) async throws {
        for digest in digests {
            let size = UInt64(try LocalFiles.size("\(box.directory)/\(digest)"))
            let display = ProgressDisplay(
                "sending evidence", total: size, unit: .bytes, isQuiet: context.isQuiet || context.wantsJSON, console: context.console)
            defer { display.finish() }
            try await box.upload([digest], session.client) { display.update($0) }
        }
    }

    private var list: Command {
        Command(
            name: "list", about: "list what is named as evidence about something, such as an application",
            arguments: [CommandArgument("identifier", about: "a participant's, right's or other identifier")],
            examples: ["hexi evidence list 86.gs.qingyang/P… --profile node/operator"],
            run: environment.action { context in
                let text = try context.arguments.requiredArgument("identifier")
                do { _ = try Identifier(text) } catch {
                    throw UsageError.badValue(of: "<identifier>", value: text, reason: "\(error)")
                }
                let view = try await context.session().client.get(RequestTarget(Self.path, [("of", text)]))
                context.show(view) {
                    var table = Table(["kind", "name", "bytes", "here", "sha256"])
                    for item in view.list("items") {
                        table.append([
                            item.text("kind"), item.text("name"), item.text("size"), item["stored"] == true ? "yes" : "no",
                            item.text("sha256"),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var get: Command {
        Command(
            name: "get", about: "fetch a file of evidence, without its salt",
            options: [.value("out", "FILE", about: "where to write it", isRequired: true, completion: .file)],
            arguments: [CommandArgument("sha256", about: "as the list shows it")],
            examples: ["hexi evidence get 5f0c… --out licence.pdf --profile node/operator"],
            run: environment.action { context in
                let digest = try context.arguments.requiredArgument("sha256")
                let out = try context.arguments.required("out")
                let bytes = try await context.session().client.download(RequestTarget("\(Self.path)/\(digest)"), maximumCount: 20 << 20)
                guard SHA256.hash(bytes).description == digest, bytes.count > EvidenceReference.saltCount else {
                    throw ClientError.refused("what the node sent is not the file of this digest", hint: "")
                }
                let content = Array(bytes.dropFirst(EvidenceReference.saltCount))
                try LocalFiles.write(content, to: out)
                context.show(["file": .string(out), "bytes": .integer(Int64(content.count)), "sha256": .string(digest)]) {
                    context.console.print("Written to \(out): \(ByteText.format(UInt64(content.count))), as the ledger's digest says.")
                }
                return .success
            })
    }
}
