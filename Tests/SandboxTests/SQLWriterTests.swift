import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

private typealias Expression = Sandbox.Expression

/// What is written, the engine's own parser reads back as what was meant.
@Suite struct SQLWriterTests {
    private static let names = ["a", "select", "a\"b", "x'; DROP TABLE y; --", "naïve", "表", "a.b", "$x", "A b", "\\", "--", "/*", "{{", "?"]
    private static let texts = ["", "plain", "O'Neill", "a\"b", "'; ATTACH 'x'; --", "line\nbreak", "\n.shell id", "表\u{1F600}", "$1", "\u{0}".isEmpty ? "" : "tab\t", "%_\\", "a;b", "/* */"]

    /// A random expression of every kind that can be parsed back.
    private static func expression(_ depth: Int, _ random: inout SeededGenerator) -> Expression {
        func part() -> Expression { expression(depth - 1, &random) }
        guard depth > 0 else { return leaf(&random) }
        switch Int.random(in: 0..<11, using: &random) {
        case 0: return Expression(.comparison(["COMPARE_EQUAL", "COMPARE_NOTEQUAL", "COMPARE_LESSTHAN", "COMPARE_GREATERTHANOREQUALTO", "COMPARE_DISTINCT_FROM"].randomElement(using: &random) ?? "COMPARE_EQUAL", part(), part()))
        case 1: return Expression(.between(part(), part(), part()))
        // The parser itself turns NOT over most conditions into their opposite.
        case 2: return Expression(.not(Expression(.between(part(), part(), part()))))
        case 3: return Expression(.isNull(part(), isNegated: Bool.random(using: &random)))
        case 4: return Expression(.membership(part(), [part(), part()], isNegated: Bool.random(using: &random)))
        case 5: return Expression(.coalesce([part(), part()]))
        case 6: return Expression(.choice([CaseBranch(condition: part(), result: part()), CaseBranch(condition: part(), result: part())], otherwise: part()))
        case 7: return Expression(.call(FunctionCall(name: ["+", "*", "/", "//", "%", "||", "~~", "!~~"].randomElement(using: &random) ?? "+", arguments: [part(), part()], isOperator: true)))
        case 8:
            let name = ["lower", "left", "substring", "position", "replace", "date_part", "least", "round", "nullif", "hash", "trim"].randomElement(using: &random) ?? "lower"
            return Expression(.call(FunctionCall(name: name, arguments: name == "lower" || name == "hash" || name == "trim" ? [part()] : [part(), part()])))
        case 9: return Expression(.call(FunctionCall(name: "count", arguments: [part()], isDistinct: true)))
        default: return leaf(&random)
        }
    }

    private static func leaf(_ random: inout SeededGenerator) -> Expression {
        switch Int.random(in: 0..<5, using: &random) {
        case 0: return Expression(.name([names.randomElement(using: &random) ?? "a", names.randomElement(using: &random) ?? "b"]))
        case 1: return Expression(.name([names.randomElement(using: &random) ?? "a"]))
        case 2: return Expression(.constant(.integer(Int64.random(in: 0...Int64.max, using: &random) >> Int64.random(in: 0..<62, using: &random))))
        case 3: return Expression(.constant(.null))
        default: return Expression(.constant(.text(texts.filter(isPlain).randomElement(using: &random) ?? "")))
        }
    }

    /// Texts that are written in quotes; the others go in as bytes, and are tested by their value.
    private static func isPlain(_ text: String) -> Bool { SQLWriter.text(text).hasPrefix("'") }

    @Test func theEngineReadsEveryExpressionBackAsItWasMeant() throws {
        var random = SeededGenerator(state: 51)
        let writer = SQLWriter(parameters: []) { _ in "NULL" }
        let expressions = (0..<600).map { _ in Self.expression(4, &random) }
        let rows = expressions.map { "(\(EngineScript.literal(Array("SELECT \(writer.write($0)) FROM t".utf8))))" }.joined(separator: ", ")
        let lines = try RandomQueryBatch.lines(["SELECT json_serialize_sql(t) FROM (VALUES \(rows)) v(t)"]).output
        try #require(lines.count == expressions.count)
        for (expression, line) in zip(expressions, lines) {
            let read = try SyntaxTree(sql: "", serialized: Array(line.utf8)).statement().select?.items.first?.expression
            #expect(read == expression, "\(writer.write(expression))")
        }
    }

    @Test func everyTextComesOutAsItWentIn() throws {
        let items = Self.texts.map { "hex(encode(\(SQLWriter.text($0))))" }.joined(separator: ", ")
        let output = try RandomQueryBatch.lines(["SELECT json_array(\(items))"]).output
        let values = try JSONValue.parse(Array((output.first ?? "").utf8)).arrayValue ?? []
        #expect(values.map { $0.stringValue ?? "" } == Self.texts.map { $0.utf8.map { String(format: "%02X", $0) }.joined() })
        for text in Self.texts { #expect(!SQLWriter.text(text).contains("\n")) }
    }
}
