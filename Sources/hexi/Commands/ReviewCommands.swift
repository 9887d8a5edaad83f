import CommandLineInterface
import Encoding
import Exchange
import Signing

/// `hexi product waiting|review|declare|compliance|compliance-review|versions`: the way of a version into force.
struct ReviewCommands: Sendable {
    let environment: CommandEnvironment

    private static let product = CommandArgument("product", about: "its identifier")
    private static func path(_ product: Identifier, _ ending: String) -> String { "\(ProductCommands.path)/\(product)\(ending)" }

    var all: [Command] { [waiting, versions, review, declare, compliance, complianceReview] }

    private var waiting: Command {
        Command(
            name: "waiting", about: "list versions that wait for a review: all for the operator, your own for you",
            examples: ["hexi product waiting"],
            run: environment.action { context in
                let answer = try await context.session().client.get(RequestTarget("/api/v1/reviews"))
                context.show(answer) {
                    var table = Table(["product", "version", "waits for", "provider", "title"])
                    for item in answer.list("items") {
                        table.append([
                            item.text("product"), item.text("version"), item.joined("awaiting"), item.text("providerName"),
                            item["title"].localised,
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    private var versions: Command {
        Command(
            name: "versions", about: "show how each version of a product stands",
            arguments: [Self.product], examples: ["hexi product versions 86.gs.qingyang/D…"],
            run: environment.action { context in
                let product = try context.identifier("product", .product)
                let answer = try await context.publicClient().get(RequestTarget(Self.path(product, "/versions")))
                context.show(answer) {
                    var table = Table(["version", "status", "waits for", "compliance", "completeness", "entry"])
                    for item in answer.list("items") {
                        let quality = item["quality"].map { QualityText.percent($0.number("meanCompleteness")) } ?? ""
                        table.append([
                            item.text("version"), item.text("status"), item.joined("awaiting"), item["compliance"]?.text("status") ?? "",
                            quality, item.text("entry"),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }

    /// The newest version, unless one is named.
    private static func version(_ context: CommandContext, _ product: Identifier, _ client: NodeClient) async throws -> Int64 {
        if let number = try context.arguments.integer("version", in: 1...1_000_000) { return Int64(number) }
        return try await ProductReference.latestVersion(of: product, client)
    }

    private static let versionOption = CommandOption.value("version", "N", about: "this version; else the newest")

    private var review: Command {
        Command(
            name: "review", about: "approve or refuse a version that waits for its review (operator)",
            options: [
                .value("verdict", "VERDICT", about: "your word", isRequired: true, choices: ProductVerdict.allCases.map(\.rawValue)),
                .value("reason", "TEXT", about: "why; it is public, and needed for a refusal", default: ""), Self.versionOption, CommandContext.yes,
            ],
            arguments: [Self.product],
            examples: ["hexi product review 86.gs.qingyang/D… --verdict refuse --reason \"The summary names a person\""],
            run: environment.action { context in
                let product = try context.identifier("product", .product)
                let session = try context.session()
                guard let verdict = ProductVerdict(rawValue: try context.arguments.required("verdict")) else { throw UsageError.missingOption("--verdict", valueName: "VERDICT") }
                let reason = context.arguments.value("reason") ?? ""
                if verdict == .refuse, reason.isEmpty { throw ClientError.usage("a refusal says why, so that the provider can put it right", hint: "Add --reason TEXT.") }
                let number = try await Self.version(context, product, session.client)
                try context.confirmSigning("Sign \(verdict.rawValue) for version \(number) of \(product)?")
                let content = StatementContent.catalogue(.review(ProductReview(product: product, version: number, verdict: verdict, reason: reason)))
                let answer = try await session.sender.send(content, to: Self.path(product, "/reviews"))
                context.showAnswer(answer, "Version \(number) of \(product): \(verdict == .approve ? "approved" : "refused").")
                return .success
            })
    }

    // MARK: Compliance

    private static let template: JSONObject = [
        "personalData": "?", "crossBorder": "?", "coreData": "?", "importantData": "?", "lawfulSource": "?", "thirdPartyRights": "?",
    ]

    private static let advice: [(name: String, text: String)] = [
        ("personalData", "one of none, pseudonymised, consented, other-basis"),
        ("consentEvidence", "with consented only: the SHA-256 of a random salt of 32 bytes followed by the evidence"),
        ("crossBorder", "true or false: does the data leave the country?"),
        ("exportAssessment", "with crossBorder true only: which assessment or contract allows it"),
        ("coreData", "true or false: is it core data of the state?"), ("importantData", "true or false: is it important data?"),
        ("lawfulSource", "where the data lawfully comes from"), ("thirdPartyRights", "true or false: has somebody else rights in it?"),
        ("notes", "anything else; needed where third parties have rights, or on another basis"),
    ]

    private var declare: Command {
        Command(
            name: "declare", about: "answer the compliance checklist for a version of your product, and sign the answers",
            discussion: "The answers are public and on the ledger. --template prints the checklist to fill in: each \"?\" is a question.",
            options: [
                .flag("template", about: "print the checklist, and stop"),
                .value("answers", "FILE", about: "the filled-in checklist, or - for standard input", completion: .file),
                Self.versionOption, CommandContext.yes,
            ],
            arguments: [CommandArgument("product", about: "its identifier", isRequired: false)],
            examples: ["hexi product declare --template > answers.json", "hexi product declare 86.gs.qingyang/D… --answers answers.json"],
            run: environment.action { context in
                if context.arguments.flag("template") {
                    context.console.print(JSONValue.object(Self.template).prettyString())
                    for line in Self.advice { context.note("/\(line.name): \(line.text)") }
                    return .success
                }
                let product = try context.identifier("product", .product)
                let path = try context.arguments.required("answers")
                let session = try context.session()
                let number = try await Self.version(context, product, session.client)
                let declaration = try Self.declaration(
                    try LocalFiles.read(path, maximumCount: 1 << 20), path, product, number, space: session.profile.space)
                try context.confirmSigning("Sign these answers for version \(number) of \(product)? They are public.")
                let answer = try await session.sender.send(.catalogue(.declaration(declaration)), to: Self.path(product, "/compliance"))
                context.showAnswer(answer, "Declared for version \(number) of \(product).")
                return .success
            })
    }

    static func declaration(
        _ bytes: [UInt8], _ path: String, _ product: Identifier, _ version: Int64, space: String
    ) throws(ClientError) -> ComplianceDeclaration {
        let document: JSONValue
        do { document = try JSONValue.parse(bytes, maximumDepth: 4) } catch { throw .file(path: path, reason: "\(error)") }
        for member in document.objectValue?.members ?? [] where member.value == .string("?") {
            let advice = Self.advice.first { $0.name == member.name }?.text ?? "an answer"
            throw .refused("\(path): the question /\(member.name) is not answered", hint: "Put there: \(advice).")
        }
        let header = StatementHeader(
            kind: .complianceDeclaration, space: space, issuedAt: Timestamp(milliseconds: 0), nonce: StatementSender.makeNonce())
        // The one reader of answers is the statement's own, which wants a signature; this one is thrown away.
        let payload = header.document([("product", .string(product.text)), ("version", .integer(version)), ("answers", document)])
        let trial = JWS.sign(payload: payload.serialized(), type: StatementKind.complianceDeclaration.mediaType, key: .generate())
        do throws(StatementError) {
            guard case .catalogue(.declaration(let declaration)) = try SignedStatement(.string(trial)).content else {
                throw .wrongForm(.complianceDeclaration)
            }
            return declaration
        } catch { throw .invalid(error, in: "the checklist \(path)") }
    }

    private var compliance: Command {
        Command(
            name: "compliance", about: "show the answers to the compliance checklist",
            options: [Self.versionOption], arguments: [Self.product], examples: ["hexi product compliance 86.gs.qingyang/D…"],
            run: environment.action { context in
                let product = try context.identifier("product", .product)
                let number = try context.arguments.integer("version", in: 1...1_000_000)
                let answer = try await context.publicClient().get(RequestTarget(Self.path(product, "/compliance"), [("version", number.map(String.init))]))
                context.show(answer) { context.console.print(Self.details(answer)) }
                return .success
            })
    }

    private static func details(_ answer: JSONValue) -> String {
        var details = DetailList()
        for name in ["product", "version", "status", "declaration", "entry"] { details.add(name, answer.text(name)) }
        for member in answer["answers"]?.objectValue?.members ?? [] { details.add(member.name, member.value.shown) }
        return details.render()
    }

    private var complianceReview: Command {
        Command(
            name: "compliance-review", about: "accept or reject a compliance declaration (operator)",
            options: [
                .value("verdict", "VERDICT", about: "your word", isRequired: true, choices: ComplianceVerdict.allCases.map(\.rawValue)),
                .value("reason", "TEXT", about: "why; it is public, and needed for a rejection", default: ""), Self.versionOption, CommandContext.yes,
            ],
            arguments: [Self.product], examples: ["hexi product compliance-review 86.gs.qingyang/D… --verdict accept"],
            run: environment.action { context in
                let product = try context.identifier("product", .product)
                let session = try context.session()
                guard let verdict = ComplianceVerdict(rawValue: try context.arguments.required("verdict")) else { throw UsageError.missingOption("--verdict", valueName: "VERDICT") }
                let reason = context.arguments.value("reason") ?? ""
                if verdict == .reject, reason.isEmpty { throw ClientError.usage("a rejection says why, so that the provider can put it right", hint: "Add --reason TEXT.") }
                let number = try await Self.version(context, product, session.client)
                // What is signed for is the declaration that is shown here, and no later one.
                let declared = try await session.client.get(RequestTarget(Self.path(product, "/compliance"), [("version", String(number))]))
                context.note(Self.details(declared))
                try context.confirmSigning("Sign \(verdict.rawValue) for these answers?")
                let review = ComplianceReview(
                    product: product, version: number, declaration: declared["declaration"]?.stringValue ?? "", verdict: verdict, reason: reason)
                let answer = try await session.sender.send(.catalogue(.complianceReview(review)), to: Self.path(product, "/compliance/reviews"))
                context.showAnswer(answer, "The declaration for version \(number) of \(product): \(verdict.rawValue)ed.")
                return .success
            })
    }
}
