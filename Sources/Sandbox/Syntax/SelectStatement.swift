/// How a table joins those before it.
enum JoinKind: String, Sendable, Hashable {
    case inner = "INNER"
    case left = "LEFT"
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

    var tableName: String
    /// Empty where the text gives none.
    var alias: String
    var offset: Int?
    var join: Join?
}

struct SelectItem: Sendable, Hashable {
    /// The expression; `nil` for a bare `*`.
    var expression: Expression?
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
    var tables: [TableReference]
    var filter: Expression?
    var groups: [Expression]
    var having: Expression?
    var order: [OrderItem]
    var limit: Expression?
    var offset: Expression?
}
