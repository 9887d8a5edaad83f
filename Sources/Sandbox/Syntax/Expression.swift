/// A constant of the buyer's text, exactly as the engine read it.
enum Constant: Sendable, Hashable {
    case null
    case integer(Int64)
    /// `unscaled` / 10^`scale`, of at most 18 digits.
    case decimal(unscaled: Int64, width: Int, scale: Int)
    case double(Double)
    case text(String)
    case boolean(Bool)

    var kind: ValueKind {
        switch self {
        case .null: .null
        case .integer: .integer
        case .decimal, .double: .decimal
        case .text: .text
        case .boolean: .boolean
        }
    }

    var doubleValue: Double? {
        switch self {
        case .integer(let value): return Double(value)
        case .decimal(let unscaled, _, let scale):
            var divisor = 1.0
            for _ in 0..<scale { divisor *= 10 }
            return Double(unscaled) / divisor
        case .double(let value): return value
        default: return nil
        }
    }
}

/// A type that a query converts to: one of DuckDB's plain types.
struct CastType: Sendable, Hashable {
    let id: String
    /// Of a DECIMAL: digits in all, and after the point.
    let width: Int?
    let scale: Int?

    init(id: String, width: Int? = nil, scale: Int? = nil) {
        self.id = id
        self.width = width
        self.scale = scale
    }

    /// From a name such as `DECIMAL(9,2)`.
    init(named name: String) {
        if name.hasPrefix("DECIMAL("), name.hasSuffix(")") {
            let numbers = name.dropFirst(8).dropLast().split(separator: ",").map { Int($0) }
            self.init(id: "DECIMAL", width: numbers.first.flatMap(\.self) ?? 18, scale: numbers.last.flatMap(\.self) ?? 3)
        } else {
            self.init(id: name)
        }
    }

    var name: String { width.map { "\(id)(\($0),\(scale ?? 0))" } ?? id }
    var kind: ValueKind? { ColumnType(id)?.kind }
}

/// A column of a table in a block's FROM, by index.
struct ColumnPath: Sendable, Hashable {
    var table: Int
    let column: Int
}

/// A call as it stands in the text; whether it is a scalar or an aggregate, the checker decides.
struct FunctionCall: Sendable, Hashable {
    var name: String
    var arguments: [Expression]
    var isDistinct = false
    var filter: Expression?
    var isOperator = false
}

struct CaseBranch: Sendable, Hashable {
    var condition: Expression
    var result: Expression
}

/// An expression of the query: the only kinds that the checker knows. What the engine's tree holds beyond these is refused
/// while reading, and what runs is written from these, so nothing passes that has no case here.
struct Expression: Sendable, Hashable {
    indirect enum Node: Sendable, Hashable {
        case constant(Constant)
        case parameter(String)
        /// A column as written, with an optional table before it.
        case name([String])
        case column(ColumnPath)
        /// A column of the query around this one.
        case outer(ColumnPath)
        case subquery(Subquery)
        case fragment(Fragment)
        case window(WindowCall)
        case call(FunctionCall)
        case comparison(String, Expression, Expression)
        case between(Expression, Expression, Expression)
        case conjunction(isAnd: Bool, [Expression])
        case not(Expression)
        case isNull(Expression, isNegated: Bool)
        case membership(Expression, [Expression], isNegated: Bool)
        case coalesce([Expression])
        case choice([CaseBranch], otherwise: Expression)
        case cast(Expression, CastType)
    }

    var node: Node
    /// UTF-8 bytes from the start of the text; `nil` where the engine gives none.
    var offset: Int?

    init(_ node: Node, offset: Int? = nil) {
        self.node = node
        self.offset = offset
    }

    /// Two expressions are the same wherever they stand.
    static func == (left: Expression, right: Expression) -> Bool { left.node == right.node }
    func hash(into hasher: inout Hasher) { hasher.combine(node) }

    /// The direct parts, in order.
    var children: [Expression] {
        switch node {
        case .constant, .parameter, .name, .column, .outer: []
        case .subquery(let subquery): [subquery.operand].compactMap(\.self)
        case .fragment(let fragment): fragment.columns
        case .window(let window): window.parts
        case .call(let call): call.arguments + (call.filter.map { [$0] } ?? [])
        case .comparison(_, let left, let right): [left, right]
        case .between(let value, let lower, let upper): [value, lower, upper]
        case .conjunction(_, let parts), .coalesce(let parts): parts
        case .not(let part), .isNull(let part, _), .cast(let part, _): [part]
        case .membership(let value, let list, _): [value] + list
        case .choice(let branches, let otherwise): branches.flatMap { [$0.condition, $0.result] } + [otherwise]
        }
    }

    /// Every column below, each once.
    var columns: Set<ColumnPath> {
        if case .column(let path) = node { return [path] }
        return children.reduce(into: []) { $0.formUnion($1.columns) }
    }

    /// Every column of the query around this one, each once.
    var outerColumns: Set<ColumnPath> {
        if case .outer(let path) = node { return [path] }
        return children.reduce(into: []) { $0.formUnion($1.outerColumns) }
    }

    /// Whether this or a part satisfies the condition.
    func contains(where matches: (Expression) -> Bool) -> Bool {
        matches(self) || children.contains { $0.contains(where: matches) }
    }

    /// Where this starts in the text: its own place, or the first that a part has.
    var nearestOffset: Int? { offset ?? children.lazy.compactMap(\.nearestOffset).first }
}
