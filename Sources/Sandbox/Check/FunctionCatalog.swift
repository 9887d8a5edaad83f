import Encoding
import Policies

/// What kind of statistic an aggregate is, which decides what its argument may be.
enum AggregateClass: String, Sendable, Hashable {
    case count, linear, second, bivariate, order
    /// Nearly the number of distinct values.
    case nearly
    /// Of conditions: count_if, bool_and, bool_or.
    case condition
    case quantile
}

/// The allow-list of functions, read from `Policies/documents/duckdb-1.5.6-functions.json`.
struct FunctionCatalog: Sendable {
    /// One argument's or result's kind, as the document writes it.
    struct Slot: Sendable, Hashable {
        var kind: String
        var isOptional = false
        var isRepeated = false
    }

    struct Signature: Sendable, Hashable {
        var arguments: [Slot]
        var result: String
    }

    /// A window function: how many arguments, and what it gives.
    struct Window: Sendable, Hashable {
        enum Result: Sendable { case integer, decimal, argument }
        var arguments: ClosedRange<Int>
        var result: Result
        /// Whether it counts or orders rows only, and gives nothing of their values.
        var isRank: Bool { arguments.upperBound == 0 || result == .integer }
    }

    /// Functions that may stand before OVER.
    let windows: [String: Window] = [
        "row_number": Window(arguments: 0...0, result: .integer), "rank": Window(arguments: 0...0, result: .integer),
        "rank_dense": Window(arguments: 0...0, result: .integer), "dense_rank": Window(arguments: 0...0, result: .integer),
        "percent_rank": Window(arguments: 0...0, result: .decimal), "cume_dist": Window(arguments: 0...0, result: .decimal),
        "ntile": Window(arguments: 1...1, result: .integer), "lag": Window(arguments: 1...3, result: .argument),
        "lead": Window(arguments: 1...3, result: .argument), "first_value": Window(arguments: 1...1, result: .argument),
        "last_value": Window(arguments: 1...1, result: .argument), "sum": Window(arguments: 1...1, result: .argument),
        "avg": Window(arguments: 1...1, result: .decimal), "min": Window(arguments: 1...1, result: .argument),
        "max": Window(arguments: 1...1, result: .argument), "count": Window(arguments: 0...1, result: .integer),
        "count_star": Window(arguments: 0...0, result: .integer),
    ]

    let engine: String
    let scalars: [String: [Signature]]
    let aggregates: [String: AggregateClass]

    /// The list that this build carries. It is part of the program and covered by a test; an unreadable list allows nothing.
    static let standard: FunctionCatalog =
        (try? JSONValue.parse(Policies.engineFunctions)).flatMap { try? FunctionCatalog(JSONCursor($0)) }
        ?? FunctionCatalog(engine: "none", scalars: [:], aggregates: [:])

    private init(engine: String, scalars: [String: [Signature]], aggregates: [String: AggregateClass]) {
        self.engine = engine
        self.scalars = scalars
        self.aggregates = aggregates
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        try cursor.allowMembers(["comment", "engine", "scalar", "aggregate"])
        engine = try cursor.member("engine").string()
        var scalars: [String: [Signature]] = [:]
        for (name, forms) in try cursor.member("scalar").members() {
            for form in try forms.array(minimumCount: 1) {
                scalars[name, default: []].append(try Self.signature(form))
            }
        }
        var aggregates: [String: AggregateClass] = [:]
        for (name, kind) in try cursor.member("aggregate").members() {
            let text = try kind.string()
            guard let known = AggregateClass(rawValue: text) else {
                throw kind.mismatch("\"\(text)\" is none of the kinds of aggregates")
            }
            aggregates[name] = known
        }
        self.scalars = scalars
        self.aggregates = aggregates
    }

    private static let kinds: Set<String> = [
        "number", "integer", "decimal", "text", "boolean", "date", "timestamp", "moment", "time", "interval", "any", "same",
    ]

    private static func signature(_ cursor: JSONCursor) throws(JSONMismatch) -> Signature {
        let words = try cursor.string().split(separator: " ").map(String.init)
        guard words.count >= 3, words[words.count - 2] == "->", let result = words.last, kinds.contains(result) else {
            throw cursor.mismatch("must read as: kinds of the arguments, ->, kind of the result")
        }
        var slots: [Slot] = []
        for word in words.dropLast(2) {
            var slot = Slot(kind: word)
            if word.hasSuffix("?") { slot = Slot(kind: String(word.dropLast()), isOptional: true) }
            if word.hasSuffix("*") { slot = Slot(kind: String(word.dropLast()), isRepeated: true) }
            guard kinds.contains(slot.kind) else { throw cursor.mismatch("\"\(word)\" is no kind") }
            slots.append(slot)
        }
        return Signature(arguments: slots, result: result)
    }
}

extension FunctionCatalog.Signature {
    /// The result's kind where these arguments fit, else `nil`.
    func result(for kinds: [ValueKind]) -> ValueKind? {
        var slots = arguments[...]
        var position = 0
        while position < kinds.count {
            guard let slot = slots.first else { return nil }
            guard Self.fits(kinds[position], slot.kind, first: kinds[0]) else { return nil }
            if !slot.isRepeated { slots = slots.dropFirst() }
            position += 1
        }
        guard slots.allSatisfy({ $0.isOptional || $0.isRepeated }) else { return nil }
        return resultKind(kinds)
    }

    private static func fits(_ kind: ValueKind, _ slot: String, first: ValueKind) -> Bool {
        if kind == .null { return true }
        switch slot {
        case "any": return true
        case "same": return first == .null || kind == first || kind.isNumber && first.isNumber || kind.isMoment && first.isMoment
        case "number": return kind.isNumber
        case "moment": return kind.isMoment
        default: return kind.rawValue == slot
        }
    }

    private func resultKind(_ kinds: [ValueKind]) -> ValueKind {
        switch result {
        case "same": kinds.first { $0 != .null } ?? .null
        case "moment": kinds.first(where: \.isMoment) ?? .timestamp
        case "number": kinds.contains(.decimal) ? .decimal : .integer
        default: ValueKind(rawValue: result) ?? .null
        }
    }
}
