/// How a table joins those before it.
enum JoinKind: String, Sendable, Hashable {
    case inner = "INNER"
    case left = "LEFT"
    /// A comma or CROSS JOIN; its condition, if any, stands in WHERE.
    case cross = "CROSS"
}

/// One table of the FROM clause, in order; the first has no join.
struct TableReference: Sendable, Hashable {
    struct Join: Sendable, Hashable {
        var kind: JoinKind
        /// The ON condition; `nil` where USING names the columns.
        var condition: Expression?
        var usingColumns: [String]
        var offset: Int?
    }

    indirect enum Source: Sendable, Hashable {
        case named(String)
        case query(QueryStatement)
    }

    var source: Source
    /// Empty where the text gives none.
    var alias: String
    /// New names of its first columns.
    var columnNames: [String] = []
    var offset: Int?
    var join: Join?

    /// The table's name; `nil` for a subquery.
    var tableName: String? {
        if case .named(let name) = source { return name }
        return nil
    }
}

struct SelectItem: Sendable, Hashable {
    /// The expression; `nil` for `*`.
    var expression: Expression?
    /// Of `table.*`.
    var relation = ""
    var alias: String
    var offset: Int?
}

struct OrderItem: Sendable, Hashable {
    /// As the tree says it: ORDER_DEFAULT, ASCENDING or DESCENDING.
    var direction: String
    /// ORDER_DEFAULT, NULLS FIRST or NULLS LAST.
    var nullOrder: String
    var expression: Expression
}

/// One SELECT, as far as the checker lets a query go.
struct SelectStatement: Sendable, Hashable {
    var items: [SelectItem]
    var isDistinct = false
    var tables: [TableReference]
    var filter: Expression?
    var groups: [Expression]
    /// Indices into `groups`; one set for a plain GROUP BY, none without GROUP BY.
    var groupingSets: [[Int]] = []
    var having: Expression?
    var qualify: Expression?
}
