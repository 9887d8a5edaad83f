import Encoding
import Exchange
import HTTPTransport

/// The `limit` and `cursor` of a listing.
struct Paging: Sendable {
    var limit: Int
    var cursor: String?

    static let maximumLimit = 200

    init(_ request: HTTPRequest, default fallback: Int = 50) throws {
        limit = fallback
        if let text = try request.queryValue("limit") {
            guard let number = Int(text), String(number) == text, (1...Self.maximumLimit).contains(number) else {
                throw TargetQuery.problem("limit", "must be a number from 1 to \(Self.maximumLimit)")
            }
            limit = number
        }
        cursor = try request.queryValue("cursor")
        if let cursor, cursor.utf8.count > 256 { throw TargetQuery.problem("cursor", "is not one that this node gave out") }
    }

    /// One page of things in the order of their entries' numbers, latest first; the cursor is the last one's number.
    func page<Item>(_ items: [Item], number: (Item) -> UInt64, view: (Item) -> JSONValue) throws -> JSONValue {
        var before = UInt64.max
        if let cursor {
            guard let number = UInt64(cursor), String(number) == cursor else { throw TargetQuery.problem("cursor", "is not one that this node gave out") }
            before = number
        }
        let rest = items.filter { number($0) < before }.sorted { number($0) > number($1) }
        let shown = rest.prefix(limit)
        var object: JSONObject = ["items": .array(shown.map(view))]
        if rest.count > shown.count, let last = shown.last { object["next"] = .string(String(number(last))) }
        return .object(object)
    }
}

/// Values of the query part of a target.
enum TargetQuery {
    /// Refuses parameters that the route does not know: a misspelt filter must not quietly filter nothing.
    static func allow(_ request: HTTPRequest, _ names: Set<String>) throws {
        for item in try request.queryItems where !names.contains(item.name) {
            let allowed = names.sorted().joined(separator: ", ")
            throw problem(
                String(item.name.prefix(64)), "is not known here; " + (allowed.isEmpty ? "there are none" : "there are \(allowed)"))
        }
    }

    static func identifier(_ request: HTTPRequest, _ name: String, _ kind: IdentifierKind) throws -> Identifier? {
        guard let text = try request.queryValue(name) else { return nil }
        do { return try Identifier(text, kind: kind) } catch { throw problem(name, "is no identifier: \(error)") }
    }

    static func problem(_ name: String, _ reason: String) -> Problem {
        Problem(
            code: "invalid-query", status: 400, title: "A query parameter is not valid", detail: "\"\(name)\" \(reason)",
            extensions: ["parameter": .string(name)])
    }

    /// A value that must be one of an enumeration's.
    static func choice<Choice: RawRepresentable & CaseIterable>(
        _ request: HTTPRequest, _ name: String, _ type: Choice.Type
    ) throws -> Choice? where Choice.RawValue == String {
        guard let text = try request.queryValue(name) else { return nil }
        guard let choice = Choice(rawValue: text) else {
            throw problem(name, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return choice
    }

    static func number(_ request: HTTPRequest, _ name: String) throws -> UInt64? {
        guard let text = try request.queryValue(name) else { return nil }
        guard text.utf8.count <= 19, let number = UInt64(text), String(number) == text else {
            throw problem(name, "must be a whole number without leading zeros")
        }
        return number
    }

    static func required(_ request: HTTPRequest, _ name: String) throws -> UInt64 {
        guard let value = try number(request, name) else { throw problem(name, "is missing") }
        return value
    }

    static func time(_ request: HTTPRequest, _ name: String) throws -> Timestamp? {
        guard let text = try request.queryValue(name) else { return nil }
        guard let time = Timestamp(text) else { throw problem(name, "must be a time such as 2026-11-21T08:30:00.000Z") }
        return time
    }
}
