import CommandLineInterface
import Encoding
import Exchange

/// A query as the command line gives it: text, mode, tables and parameters.
struct QueryDraft: Sendable {
    let sql: String
    let mode: QueryMode
    let tables: [QueryTable]
    let parameters: [QueryParameter]
    /// What a run spends, in private mode.
    let privacy: PrivacyCost?

    static let options: [CommandOption] = [
        .value("execute", short: "e", "SQL", about: "the query's text, instead of a file"),
        .value(
            "mode", "MODE", about: "statistics over groups, rows of products that offer them, statistics with noise (private), "
                + "or a yes or no about one consented subject (match)",
            default: QueryMode.aggregate.rawValue, choices: QueryMode.allCases.filter { $0 != .metrics }.map(\.rawValue)),
        .value("epsilon", "E", about: "what each run spends of the privacy budget in the mode private, such as 0.5"),
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
        var parameters = try arguments.values("parameter").map { try Self.parameter($0) }
        if mode == .match, !parameters.contains(QuerySubmission.subjectParameter) { parameters.append(QuerySubmission.subjectParameter) }
        self.parameters = parameters
        privacy = try Self.cost(arguments.value("epsilon"), mode)
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

    /// ε in thousandths from a decimal number such as 0.5.
    static func cost(_ text: String?, _ mode: QueryMode) throws -> PrivacyCost? {
        guard mode == .private else {
            if text != nil { throw ClientError.usage("--epsilon belongs to the mode private", hint: "Add --mode private.") }
            return nil
        }
        guard let text else { throw UsageError.missingOption("--epsilon", valueName: "E") }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : "0"
        let isPlain = parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }
        let padded = fraction + String(repeating: "0", count: max(0, 3 - fraction.utf8.count))
        guard isPlain, parts[0].utf8.count <= 3, fraction.utf8.count <= 3, let whole = Int64(parts[0]), let part = Int64(padded),
            let cost = PrivacyCost(epsilon: whole * 1000 + part)
        else { throw UsageError.badValue(of: "--epsilon", value: text, reason: "give a number from 0.001 to 100 with at most three decimals") }
        return cost
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
        var object: JSONObject = [
            "mode": .string(mode.rawValue),
            "tables": .array(tables.map {
                ["name": .string($0.name), "product": .string($0.product.text), "version": .integer($0.version)]
            }),
            "parameters": .array(parameters.map { ["name": .string($0.name), "type": .string($0.type.rawValue)] }),
            "sql": .string(sql),
        ]
        if let privacy { object["privacy"] = ["epsilon": .integer(privacy.epsilon)] }
        return .object(object)
    }

    func submission(buyer: Identifier, title: String) -> QuerySubmission {
        QuerySubmission(buyer: buyer, title: title, mode: mode, tables: tables, parameters: parameters, sql: sql, privacy: privacy)
    }
}
