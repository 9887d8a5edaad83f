/// A query as the checker understands it: WITH, a body, ORDER BY and LIMIT.
struct QueryStatement: Sendable, Hashable {
    var common: [CommonTable]
    var body: QueryBody
    var order: [OrderItem]
    var limit: Expression?
    var offset: Expression?

    /// The SELECT, where the body is a single one.
    var select: SelectStatement? {
        if case .select(let select) = body { return select }
        return nil
    }
}

/// One table of WITH.
struct CommonTable: Sendable, Hashable {
    var name: String
    /// New names of its first columns.
    var columnNames: [String]
    var query: QueryStatement
}

indirect enum QueryBody: Sendable, Hashable {
    case select(SelectStatement)
    case combination(Combination)
}

/// UNION, INTERSECT or EXCEPT of two queries.
struct Combination: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable {
        case union = "UNION"
        case intersect = "INTERSECT"
        case except = "EXCEPT"
    }

    var kind: Kind
    var keepsDuplicates: Bool
    var left: QueryStatement
    var right: QueryStatement
}

/// A query inside an expression.
struct Subquery: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case scalar
        case exists
        /// `operand IN (SELECT …)`.
        case membership
    }

    var kind: Kind
    var operand: Expression?
    var query: QueryStatement
}

/// A call with OVER. Frames other than the default are not known.
struct WindowCall: Sendable, Hashable {
    var name: String
    var arguments: [Expression]
    var partition: [Expression]
    var order: [OrderItem]

    /// All direct parts, in order.
    var parts: [Expression] { arguments + partition + order.map(\.expression) }
}

/// A finished condition in SQL, such as EXISTS over open tables; it stands for itself wherever its block is merged, because every
/// table of a query's text has a name of its own.
struct Fragment: Sendable, Hashable {
    var sql: String
    /// The columns of the surrounding block that it reads.
    var columns: [Expression]
    /// Where it rests on protected rows: columns of the surrounding block that equal those rows' privacy units.
    var units: [FragmentUnit]
}

struct FragmentUnit: Sendable, Hashable {
    var column: Expression
    var table: String
    var minimum: Int
    /// Which of the query's tables the condition reads.
    var tables: Set<Int>
}
