import CommandLineInterface
import Encoding
import Exchange

/// `hexi search`: the catalogue, with counts by facet.
struct SearchCommand: Sendable {
    let environment: CommandEnvironment

    static let facets = ["class", "grade", "form", "updateCycle", "provider", "keyword"]

    static let filters: [CommandOption] = [
        .value("provider", "ID", about: "only this provider's"),
        .value("grade", "GRADE", about: "only of this grade", choices: ProductGrade.allCases.map(\.rawValue)),
        .value("class", "CLASS", about: "only of this class", choices: ProductClass.allCases.map(\.rawValue)),
        .value("form", "FORM", about: "only of this form", choices: ProductForm.allCases.map(\.rawValue)),
        .value("update-cycle", "TEXT", about: "only renewed so, as the listing has it"),
        .value("keyword", "WORD", about: "only with this keyword"),
        .flag("withdrawn", about: "withdrawn products too"),
    ]

    static func query(_ arguments: ParsedArguments) -> [(String, String?)] {
        let words = arguments.argumentList("text").joined(separator: " ")
        return [
            ("q", words.isEmpty ? nil : words), ("provider", arguments.value("provider")), ("grade", arguments.value("grade")),
            ("class", arguments.value("class")), ("form", arguments.value("form")), ("updateCycle", arguments.value("update-cycle")),
            ("keyword", arguments.value("keyword")), ("withdrawn", arguments.flag("withdrawn") ? "true" : nil),
        ]
    }

    var command: Command {
        Command(
            name: "search", about: "search the catalogue, and count what is found by facets",
            discussion: """
                Every word must occur, in Chinese or English. An identifier, or the number that another register gave a thing, \
                finds that thing first; then titles count more than keywords, and keywords more than texts. Without TEXT \
                everything is found.
                """,
            options: Self.filters + [
                .value("facets", "NAMES", about: "count by these, with commas between, or all: \(Self.facets.joined(separator: ", "))"),
                CommandContext.limit,
            ],
            arguments: [CommandArgument("text", about: "words to look for", isRequired: false, isRepeated: true)],
            examples: ["hexi search 天气 --facets class,form", "hexi search MOID-620000-0001", "hexi search river --form service"],
            run: environment.action { context in
                let client = try context.publicClient()
                let query = Self.query(context.arguments)
                var counts: JSONValue?
                if let facets = context.arguments.value("facets") {
                    counts = try await client.get(RequestTarget(ProductCommands.path, query + [("facets", facets), ("limit", "1")]))
                }
                let items = try await context.items(client, ProductCommands.path, query)
                var json: JSONObject = ["items": .array(items)]
                json["facets"] = counts?["facets"]
                json["facetsAreExact"] = counts?["facetsAreExact"]
                context.show(.object(json)) {
                    context.show(ProductCommands.table(items))
                    if let counts { Self.show(counts, context) }
                }
                return .success
            })
    }

    private static func show(_ answer: JSONValue, _ context: CommandContext) {
        var table = Table(["facet", "value", "products"])
        for facet in answer["facets"]?.objectValue?.members ?? [] {
            for count in (facet.value.arrayValue ?? []).prefix(10) { table.append([facet.name, count.text("value"), count.text("count")]) }
        }
        context.console.print()
        context.show(table)
        if answer["facetsAreExact"]?.boolValue == false { context.console.print("Many match: the latest 10,000 were counted.") }
    }
}
