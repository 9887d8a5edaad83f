import CommandLineInterface
import Encoding
import Exchange
import Signing

/// `hexi product assess|quality|sample`: what is known of a product's data without seeing it.
struct QualityCommands: Sendable {
    let environment: CommandEnvironment

    private static let version = CommandOption.value("version", "N", about: "this version; else the one in force")
    private static let product = CommandArgument("product", about: "its identifier")

    var assess: Command {
        Command(
            name: "assess", about: "have the node assess a product's data, and sign the report",
            discussion: """
                The node counts rows, missing and repeated values, shares and ranges in its sandbox, signs the report and puts \
                its figures on the ledger. No value is shown that rests on fewer than ten rows, or than the product's own \
                smallest group. For the provider and the operator.
                """,
            options: [Self.version],
            arguments: [Self.product],
            examples: ["hexi product assess 86.gs.qingyang/D…"],
            run: environment.action { context in
                let product = try context.identifier("product", .product)
                let session = try context.session()
                let number = try context.arguments.integer("version", in: 1...1_000_000)
                let progress = ProgressDisplay("assessing", total: nil, unit: .count("s"), isQuiet: context.isQuiet || context.wantsJSON, console: context.console)
                let clock = Task {
                    for second in 1...86_400 {
                        try await Task.sleep(for: .seconds(1))
                        progress.update(UInt64(second))
                    }
                }
                defer {
                    clock.cancel()
                    progress.finish()
                }
                let target = RequestTarget("\(ProductCommands.path)/\(product)/quality", [("version", number.map(String.init))])
                let answer = try await session.client.post(target, patience: .run).body
                clock.cancel()
                progress.finish()
                context.show(answer) {
                    context.console.print(QualityText.summary(answer["report"] ?? .null))
                    if let receipt = answer["receipt"] { ReceiptText.lines(receipt).forEach(context.console.print) }
                }
                return .success
            })
    }

    var quality: Command {
        Command(
            name: "quality", about: "show a product's quality report, with its signature checked",
            options: [
                Self.version,
                .value("html", "FILE", about: "write it as a page for people", completion: .file),
                .value("signed", "FILE", about: "write the signed report, as the ledger's digest covers it", completion: .file),
            ],
            arguments: [Self.product],
            examples: ["hexi product quality 86.gs.qingyang/D…", "hexi product quality 86.gs.qingyang/D… --html quality.html"],
            run: environment.action { context in
                let product = try context.identifier("product", .product)
                let client = try context.publicClient()
                let number = try context.arguments.integer("version", in: 1...1_000_000)
                let answer = try await client.get(
                    RequestTarget("\(ProductCommands.path)/\(product)/quality", [("version", number.map(String.init))]))
                let report = try await Self.checked(answer, product, client)
                if let path = context.arguments.value("signed") {
                    try LocalFiles.write(Array(answer.text("signed").utf8), to: path, mode: 0o644)
                }
                if let path = context.arguments.value("html") {
                    try LocalFiles.write(Array(QualityPage.html(report, entry: answer.text("entry"), digest: answer.text("sha256")).utf8), to: path, mode: 0o644)
                    context.note("Wrote \(path).")
                }
                context.show(answer) {
                    context.console.print(QualityText.summary(report))
                    context.console.print()
                    context.show(QualityText.columns(report))
                    context.console.print("\nSigned by the node; ledger entry \(answer.text("entry")) has its SHA-256 \(answer.text("sha256")).")
                }
                return .success
            })
    }

    /// The report as it was signed: what the node shows beside it is not believed.
    static func checked(_ answer: JSONValue, _ product: Identifier, _ client: NodeClient) async throws -> JSONValue {
        func wrong(_ reason: String) -> ClientError { .unexpectedAnswer(node: client.address.base, reason: "the quality report \(reason)") }
        let signed = answer["signed"]?.stringValue ?? ""
        guard SHA256.hash(Array(signed.utf8)).description == answer["sha256"]?.stringValue else { throw wrong("is not the one of its digest") }
        let space = try await client.withoutKey().get(RequestTarget("/api/v1/space"))
        do {
            let jws = try CompactJWS(signed, maximumCount: 16 << 20)
            var keys: [VerificationKey] = []
            for key in try JSONCursor(space).member("nodeKeys").array(maximumCount: 16) { keys.append(try VerificationKey(jwk: key)) }
            guard jws.type == "hexi-quality-report+jws", let key = keys.first(where: { $0.keyIdentifier == jws.keyIdentifier }) else {
                throw wrong("is not signed with a key of the node that the space names")
            }
            try jws.verify(with: key)
            let report = try JSONValue.parse(jws.payload, maximumDepth: 8, maximumCount: 16 << 20)
            guard report["product"]?.stringValue == product.text else { throw wrong("is about another product") }
            return report
        } catch let error as ClientError { throw error } catch { throw wrong("does not check: \(error)") }
    }

    var sample: Command {
        Command(
            name: "sample", about: "get synthetic rows in the likeness of a product's data",
            discussion: """
                The rows are made up from the quality report's shares and ranges; none is real, and columns are drawn \
                independently of each other. Use them to write a query, and "hexi query test" to try it.
                """,
            options: [
                Self.version, .value("rows", "N", about: "how many, 1 to 10000", default: "1000"),
                .value("output", short: "o", "FILE", about: "write them there instead of printing them", completion: .file),
            ],
            arguments: [Self.product],
            examples: ["hexi product sample 86.gs.qingyang/D… --rows 200 --output sample.csv"],
            run: environment.action { context in
                let product = try context.identifier("product", .product)
                let rows = try context.arguments.integer("rows", in: 1...10_000) ?? 1000
                let number = try context.arguments.integer("version", in: 1...1_000_000)
                let target = RequestTarget("\(ProductCommands.path)/\(product)/sample", [("rows", String(rows)), ("version", number.map(String.init))])
                let bytes = try await context.publicClient().fetch(target, maximumCount: 64 << 20)
                context.note("SYNTHETIC: these rows are made up from published statistics. 合成数据，不含真实记录。")
                guard let path = context.arguments.value("output") else {
                    let text = String(decoding: bytes, as: UTF8.self)
                    context.show(["synthetic": true, "csv": .string(text)]) { context.console.write(text, to: .output) }
                    return .success
                }
                try LocalFiles.write(bytes, to: path, mode: 0o644)
                context.show(["synthetic": true, "file": .string(path), "rows": .integer(Int64(rows))]) { context.note("Wrote \(rows) rows to \(path).") }
                return .success
            })
    }
}
