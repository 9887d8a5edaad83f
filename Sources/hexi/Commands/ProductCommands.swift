import CommandLineInterface
import Encoding
import Exchange

/// `hexi product`: the catalogue, and a provider's own products.
struct ProductCommands: Sendable {
    let environment: CommandEnvironment
    static let path = "/api/v1/products"

    var command: Command {
        let publishing = ProductPublishing(environment: environment)
        let quality = QualityCommands(environment: environment)
        let reviews = ReviewCommands(environment: environment)
        return Command(
            name: "product", about: "find products, and list your own",
            subcommands: [publishing.importing, publishing.template, publishing.publish, search, show, withdraw,
                quality.assess, quality.quality, quality.sample, SnapshotCommand(environment: environment).command] + reviews.all)
    }

    private var search: Command {
        Command(
            name: "search", about: "search the catalogue, in Chinese or English",
            discussion: "Without TEXT all products are listed. Every word must occur; titles count more than summaries.",
            options: SearchCommand.filters + [CommandContext.limit],
            arguments: [CommandArgument("text", about: "words to look for", isRequired: false, isRepeated: true)],
            examples: ["hexi product search 天气", "hexi product search flights --grade restricted"],
            run: environment.action { context in
                let items = try await context.items(
                    try context.publicClient(), Self.path, SearchCommand.query(context.arguments))
                context.show(["items": .array(items)]) { context.show(Self.table(items)) }
                return .success
            })
    }

    static func table(_ items: [JSONValue]) -> Table {
        var table = Table(["product", "version", "title", "provider", "modes", "price a run"])
        for item in items {
            let modes = (item["modes"]?.objectValue?.names ?? []).joined(separator: ", ")
            let status = item.text("status") == ProductStatus.listed.rawValue ? "" : " (\(item.text("status")))"
            table.append([
                item.text("identifier"), item.text("version"), item["title"].localised + status, item.text("providerName"),
                modes, price(item),
            ])
        }
        return table
    }

    private static func price(_ item: JSONValue) -> String {
        guard let amount = item["price"]?["perRun"]?.integerValue else { return "" }
        return MoneyText.format(amount, currency: item["price"]?["currency"]?.shown ?? "")
    }

    private var show: Command {
        Command(
            name: "show", about: "show a product with its columns and terms",
            arguments: [CommandArgument("product", about: "its identifier")],
            examples: ["hexi product show 86.gs.qingyang/D…"],
            run: environment.action { context in
                let product = try context.identifier("product", .product)
                let view = try await context.publicClient().get(RequestTarget("\(Self.path)/\(product)"))
                context.show(view) {
                    context.console.print(Self.details(view))
                    context.console.print()
                    context.show(Self.columns(view))
                }
                return .success
            })
    }

    private static func details(_ view: JSONValue) -> String {
        var details = DetailList()
        details.add("identifier", view.text("identifier"))
        details.add("title", view["title"].localised)
        details.add("summary", view["summary"].localised)
        details.add("keywords", view.joined("keywords"))
        details.add("provider", "\(view.text("providerName")) (\(view.text("provider")))")
        details.add("status", "\(view.text("status")), version \(view.text("version"))")
        details.add("class, grade", "\(view.text("class")), \(view.text("grade"))")
        details.add("form, origin", "\(view.text("form")), \(view.text("origin"))")
        details.add("licence", view.text("licence"))
        details.add("updated", view.text("updateCycle"))
        details.add("rows", view["rows"]?.integerValue.map { DecimalText.grouped($0) } ?? "")
        for mode in view["modes"]?.objectValue?.members ?? [] { details.add("mode \(mode.name)", terms(mode.value)) }
        details.add("price a run", price(view))
        return details.render()
    }

    private static func terms(_ mode: JSONValue) -> String {
        var parts: [String] = []
        if let size = mode["minimumGroupSize"]?.integerValue { parts.append("each row rests on at least \(size) privacy units") }
        if mode["columns"] != nil { parts.append("columns \(mode.joined("columns"))") }
        if let count = mode["maximumRows"]?.integerValue { parts.append("at most \(count) rows") }
        return parts.joined(separator: "; ")
    }

    private static func columns(_ view: JSONValue) -> Table {
        var table = Table(["column", "type", "role"])
        for column in view.list("columns") { table.append([column.text("name"), column.text("type"), column.text("role")]) }
        return table
    }

    private var withdraw: Command {
        Command(
            name: "withdraw", about: "withdraw a product of yours for good",
            discussion: "No run can use it any more; it stays in the ledger and in the catalogue of withdrawn products.",
            options: [.value("reason", "TEXT", about: "why; it is public", default: ""), CommandContext.yes],
            arguments: [CommandArgument("product", about: "its identifier")],
            examples: ["hexi product withdraw 86.gs.qingyang/D… --reason \"Replaced by another\""],
            run: environment.action { context in
                let product = try context.identifier("product", .product)
                let session = try context.session()
                try context.confirmSigning("Withdraw \(product) for good?")
                let content = StatementContent.productWithdrawal(
                    ProductWithdrawal(product: product, reason: context.arguments.value("reason") ?? ""))
                let answer = try await session.sender.send(content, to: "\(Self.path)/\(product)/withdrawal")
                context.showAnswer(answer, "\(product) is withdrawn.")
                return .success
            })
    }
}
