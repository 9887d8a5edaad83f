import CommandLineInterface
import Encoding
import Exchange

/// A query as the command line gives it: text, mode, tables and parameters.
struct QueryDraft: Sendable {
    let sql: String
    let mode: QueryMode
    let tables: [QueryTable]
    let parameters: [QueryParameter]

    static let options: [CommandOption] = [
        .value("execute", short: "e", "SQL", about: "the query's text, instead of a file"),
        .value(
            "mode", "MODE", about: "statistics over groups, or rows of products that offer them",
            default: QueryMode.aggregate.rawValue, choices: QueryMode.allCases.map(\.rawValue)),
        .value(
            "table", "NAME=PRODUCT[@VERSION]", about: "a table's name in the text and the product behind it", isRepeated: true,
            isRequired: true),
        .value(
            "parameter", "NAME:TYPE", about: "a parameter, written $name in the text; types are "
                + ParameterType.allCases.map(\.rawValue).joined(separator: ", "), isRepeated: true),
    ]

    static let file = CommandArgument("file", about: "the query's text, or - for standard input", isRequired: false, completion: .file)

    init(_ context: CommandContext, _ client: NodeClient) async throws {
        let arguments = context.arguments
        sql = try Self.text(file: arguments.argument("file"), given: arguments.value("execute"))
        mode = QueryMode(rawValue: arguments.value("mode") ?? "") ?? .aggregate
        parameters = try arguments.values("parameter").map { try Self.parameter($0) }
        var tables: [QueryTable] = []
        for text in arguments.values("table") {
            let (name, product) = try Notation.pair(text, of: "--table", form: "NAME=PRODUCT or NAME=PRODUCT@VERSION")
            let reference = try await ProductReference(product, of: "--table", client)
            tables.append(QueryTable(name: name, product: reference.product, version: reference.version))
        }
        self.tables = tables
    }

    private static func text(file: String?, given: String?) throws -> String {
        switch (file, given) {
        case (nil, let text?): return text
        case (let path?, nil): return try LocalFiles.readText(path, maximumCount: QuerySubmission.maximumTextCount)
        case (nil, nil): throw UsageError.missingArgument("file")
        default: throw ClientError.usage("the query is given twice", hint: "Give either a file or -e SQL.")
        }
    }

    static func parameter(_ text: String) throws(UsageError) -> QueryParameter {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[0].isEmpty, let type = ParameterType(rawValue: parts[1]) else {
            let known = ParameterType.allCases.map(\.rawValue).joined(separator: ", ")
            throw .badValue(of: "--parameter", value: text, reason: "write it as NAME:TYPE, with one of the types \(known)")
        }
        return QueryParameter(name: parts[0], type: type)
    }

    /// As the machine check takes it.
    var json: JSONValue {
        [
            "mode": .string(mode.rawValue),
            "tables": .array(tables.map {
                ["name": .string($0.name), "product": .string($0.product.text), "version": .integer($0.version)]
            }),
            "parameters": .array(parameters.map { ["name": .string($0.name), "type": .string($0.type.rawValue)] }),
            "sql": .string(sql),
        ]
    }

    func submission(buyer: Identifier, title: String) -> QuerySubmission {
        QuerySubmission(buyer: buyer, title: title, mode: mode, tables: tables, parameters: parameters, sql: sql)
    }
}
