import Encoding

/// What the engine's own parser made of a text.
public struct SyntaxTree: Sendable, Hashable {
    public let sql: String
    /// The engine's tree (`json_serialize_sql`), with -1 for "no location".
    public let root: JSONValue

    /// The longest text that is parsed at all, in UTF-8 bytes.
    public static let maximumTextBytes = 65_536
    /// How deep the tree may nest. The engine allows 1,000 expressions; a person writes a few dozen.
    static let maximumDepth = 200

    /// Reads what `json_serialize_sql` printed.
    ///
    /// - Throws: a refusal where the engine found an error, or the tree is no JSON of sane depth.
    init(sql: String, serialized: [UInt8]) throws(QueryRefusal) {
        // The engine writes 2^64-1 where a node has no location. Inside a JSON string the quotes would be escaped, so the
        // pattern cannot occur there.
        let text = String(decoding: serialized, as: UTF8.self)
            .replacing("\"query_location\":18446744073709551615", with: "\"query_location\":-1")
        do {
            root = try JSONValue.parse(Array(text.utf8), maximumDepth: Self.maximumDepth)
        } catch .tooDeep {
            throw QueryRefusal(.tooDeep, "the query nests too deeply", hint: "write it flatter")
        } catch {
            throw QueryRefusal(
                .syntaxNotAllowed, "the query holds a constant that is out of range", hint: "numbers may have at most 18 digits")
        }
        self.sql = sql
        guard root["error"] == false else { throw Self.refusal(root) }
    }

    private static func refusal(_ root: JSONValue) -> QueryRefusal {
        let message = root["error_message"]?.stringValue ?? "the engine's parser refused the text"
        if root["error_type"] == "not implemented" {
            return QueryRefusal(.notOneSelect, "only a SELECT may be run", hint: "write exactly one SELECT")
        }
        return QueryRefusal(.syntaxError, message, offset: root["position"]?.stringValue.flatMap { Int($0) })
    }

    /// The one query of the text, in the checker's own terms.
    func statement() throws(QueryRefusal) -> QueryStatement { try StatementReader.read(root) }
}
