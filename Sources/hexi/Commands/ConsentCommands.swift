import CommandLineInterface
import Encoding
import Exchange

/// `hexi consent`: subjects of a provider's product who let a buyer ask about them.
struct ConsentCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/consents"

    private static let product = CommandOption.value("product", "PRODUCT", about: "the product that answers", isRequired: true)
    private static let buyer = CommandOption.value("buyer", "ID", about: "the buyer who may ask", isRequired: true)

    var command: Command {
        Command(
            name: "consent", about: "record which subjects let whom ask about them",
            discussion: """
                A consent names its subject by a token, which the provider's node makes and only it can resolve. The ledger, \
                and the buyer, never see who the subject is.
                """,
            subcommands: [give, end, list])
    }

    private var give: Command {
        Command(
            name: "give", about: "record a subject's consent, and get the token by which the buyer asks",
            options: [
                Self.product, Self.buyer,
                .value("subject", "NAME", about: "whom the product knows by this name; - reads one line of standard input, which other "
                    + "users of the machine cannot see", isRequired: true),
                .value("from", "TIME", about: "from when it is valid; else from now"),
                .value("until", "TIME", about: "until when it is valid; else for a year"),
            ],
            examples: ["hexi consent give --product 86.gs.qingyang/D… --buyer 86.gs.qingyang/P… --subject - --until 2026-12-31"],
            run: environment.action { context in
                let session = try context.session()
                let product = try Notation.identifier(try context.arguments.required("product"), .product, of: "--product")
                let buyer = try Notation.identifier(try context.arguments.required("buyer"), .participant, of: "--buyer")
                let now = session.sender.time.now()
                let from = try context.arguments.value("from").map { try Notation.time($0, of: "--from", isEnd: false) } ?? now
                let until = try context.arguments.value("until").map { try Notation.time($0, of: "--until", isEnd: true) }
                    ?? now.advanced(byMilliseconds: 365 * 86_400_000)
                let subject = try Self.subject(try context.arguments.required("subject"))
                let brought = try await session.client.post(
                    RequestTarget("\(ProductCommands.path)/\(product)/subjects"), ["subject": .string(subject)])
                let token = brought.body.text("token")
                context.note("Signing the consent of the subject \(token.prefix(12))… as \(session.profile.name).")
                let consent = SubjectConsent(product: product, buyer: buyer, token: token, validFrom: from, validUntil: until)
                let answer = try await session.sender.send(.run(.consent(consent)), to: Self.path)
                var document = answer.body.objectValue ?? [:]
                document["token"] = .string(token)
                context.show(.object(document)) {
                    context.console.print("The consent is on the ledger. The buyer asks with --parameter subject=\(token)")
                    if let receipt = answer.body["receipt"] { ReceiptText.lines(receipt).forEach(context.console.print) }
                }
                return .success
            })
    }

    /// The subject as given, or one line of standard input.
    private static func subject(_ text: String) throws -> String {
        guard text == "-" else { return text }
        let read = try LocalFiles.readText("-", maximumCount: 4096)
        return read.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    }

    private var end: Command {
        Command(
            name: "end", about: "record that a consent has ended; runs that rest on it end too",
            options: [Self.product, Self.buyer, .value("token", "TOKEN", about: "the subject's token", isRequired: true)],
            examples: ["hexi consent end --product 86.gs.qingyang/D… --buyer 86.gs.qingyang/P… --token 5f0c…"],
            run: environment.action { context in
                let session = try context.session()
                let end = SubjectConsentEnd(
                    product: try Notation.identifier(try context.arguments.required("product"), .product, of: "--product"),
                    buyer: try Notation.identifier(try context.arguments.required("buyer"), .participant, of: "--buyer"),
                    token: try context.arguments.required("token"))
                context.note("Signing the end of the consent as \(session.profile.name).")
                let answer = try await session.sender.send(.run(.consentEnd(end)), to: "\(Self.path)/ends")
                context.showAnswer(answer, "The consent has ended; nobody is answered on it any more.")
                return .success
            })
    }

    private var list: Command {
        Command(
            name: "list", about: "list the consents that you recorded, or that let you ask",
            options: [.value("product", "PRODUCT", about: "only those of this product"), CommandContext.limit],
            examples: ["hexi consent list"],
            run: environment.action { context in
                let product = try context.arguments.value("product").map { try Notation.identifier($0, .product, of: "--product") }
                let items = try await context.items(try context.session().client, Self.path, [("product", product?.text)])
                context.show(["items": .array(items)]) {
                    var table = Table(["entry", "product", "buyer", "in force", "until", "token"])
                    for item in items {
                        table.append([
                            item.text("seq"), item.text("product"), item.text("buyer"), item["inForce"] == true ? "yes" : "no",
                            item.text("validUntil"), item.text("token"),
                        ])
                    }
                    context.show(table)
                }
                return .success
            })
    }
}
