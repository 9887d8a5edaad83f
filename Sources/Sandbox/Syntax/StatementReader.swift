import Encoding

/// Reads a whole statement of the engine's syntax tree: exactly one query.
enum StatementReader {
    static let maximumTables = 16
    static let maximumItems = 64
    static let maximumGroupingSets = 64
    static let maximumCommonTables = 32

    /// - Parameter root: what `json_serialize_sql` gave, without an error.
    static func read(_ root: JSONValue) throws(QueryRefusal) -> QueryStatement {
        let document = try TreeNode(root, expecting: "the syntax tree")
        try document.expect(["error", "statements"])
        let statements = try document.list("statements")
        guard statements.count == 1, let first = statements.first else {
            throw QueryRefusal(
                .notOneSelect, "the text holds \(statements.count) statements", hint: "write exactly one SELECT")
        }
        return try statement(first)
    }

    /// A statement with its list of parameters, which are found again where they stand.
    static func statement(_ value: JSONValue) throws(QueryRefusal) -> QueryStatement {
        let statement = try TreeNode(value, expecting: "a statement")
        try statement.expect(["node", "named_param_map"])
        return try query(statement.value("node"))
    }

    static func query(_ value: JSONValue) throws(QueryRefusal) -> QueryStatement {
        let node = try TreeNode(value, expecting: "a SELECT")
        var query: QueryStatement
        switch try node.text("type") {
        case "SELECT_NODE":
            query = QueryStatement(common: try common(node), body: .select(try SelectReader.read(node)), order: [])
        case "SET_OPERATION_NODE":
            query = QueryStatement(common: try common(node), body: .combination(try combination(node)), order: [])
        case let type:
            let what = ["RECURSIVE_CTE_NODE": "WITH RECURSIVE", "CTE_NODE": "WITH in this place"][type] ?? type
            throw QueryRefusal(.syntaxNotAllowed, "\(what) is not allowed", piece: what, hint: "write a plain SELECT")
        }
        for modifier in try node.list("modifiers") { try apply(modifier, to: &query) }
        return query
    }

    private static func common(_ node: TreeNode) throws(QueryRefusal) -> [CommonTable] {
        let map = try TreeNode(node.value("cte_map"), expecting: "the WITH clause")
        try map.expect(["map"])
        var tables: [CommonTable] = []
        for entry in try map.list("map") {
            let entry = try TreeNode(entry, expecting: "a table of WITH")
            try entry.expect(["key", "value"])
            let value = try TreeNode(entry.value("value"), expecting: "a table of WITH")
            try value.expect(["aliases", "query", "materialized", "key_targets"])
            try value.neutral("key_targets", [], "USING KEY")
            // How often the engine computes it changes nothing in the result.
            _ = try value.text("materialized")
            tables.append(
                CommonTable(
                    name: try entry.text("key"), columnNames: try names(value.list("aliases")), query: try statement(value.value("query"))))
        }
        guard tables.count <= maximumCommonTables else { throw QueryRefusal(.tooMany, "more than \(maximumCommonTables) tables in WITH") }
        return tables
    }

    static func names(_ values: [JSONValue]) throws(QueryRefusal) -> [String] {
        var result: [String] = []
        for value in values {
            guard let text = value.stringValue else { throw QueryRefusal(.syntaxNotAllowed, "a list of names holds something else") }
            result.append(text)
        }
        return result
    }

    private static func combination(_ node: TreeNode) throws(QueryRefusal) -> Combination {
        try node.expect(["type", "modifiers", "cte_map", "setop_type", "left", "right", "setop_all"])
        let type = try node.text("setop_type")
        guard let kind = Combination.Kind(rawValue: type) else {
            throw QueryRefusal(.syntaxNotAllowed, "\(type) is not allowed", piece: type, hint: "use UNION, INTERSECT or EXCEPT")
        }
        return Combination(
            kind: kind, keepsDuplicates: try node.flag("setop_all"), left: try query(node.value("left")),
            right: try query(node.value("right")))
    }

    private static func apply(_ value: JSONValue, to query: inout QueryStatement) throws(QueryRefusal) {
        let modifier = try TreeNode(value, expecting: "ORDER BY or LIMIT")
        switch try modifier.text("type") {
        case "ORDER_MODIFIER" where query.order.isEmpty:
            try modifier.expect(["type", "orders"])
            query.order = try SelectReader.orders(modifier.list("orders"))
        case "LIMIT_MODIFIER" where query.limit == nil && query.offset == nil:
            try modifier.expect(["type", "limit", "offset"])
            if !modifier.value("limit").isNull { query.limit = try ExpressionReader.read(modifier.value("limit")) }
            if !modifier.value("offset").isNull { query.offset = try ExpressionReader.read(modifier.value("offset")) }
        case "LIMIT_PERCENT_MODIFIER":
            throw QueryRefusal(.syntaxNotAllowed, "LIMIT in per cent is not allowed", piece: "LIMIT", hint: "give a number of rows")
        case "DISTINCT_MODIFIER":
            try modifier.expect(["type", "distinct_on_targets"])
            try modifier.neutral("distinct_on_targets", [], "DISTINCT ON")
            guard case .select(var select) = query.body, !select.isDistinct else {
                throw QueryRefusal(.syntaxNotAllowed, "DISTINCT is not allowed in this place", piece: "DISTINCT")
            }
            select.isDistinct = true
            query.body = .select(select)
        case let type:
            throw QueryRefusal(.syntaxNotAllowed, "\(type) is not allowed in this place", piece: type)
        }
    }
}

/// Reads one SELECT.
enum SelectReader {
    static func read(_ node: TreeNode) throws(QueryRefusal) -> SelectStatement {
        try node.expect([
            "type", "modifiers", "cte_map", "select_list", "from_table", "where_clause", "group_expressions", "group_sets",
            "aggregate_handling", "having", "sample", "qualify",
        ])
        try node.neutral("sample", .null, "TABLESAMPLE")
        guard try node.text("aggregate_handling") == "STANDARD_HANDLING" else {
            throw QueryRefusal(
                .syntaxNotAllowed, "GROUP BY ALL is not allowed", piece: "GROUP BY ALL", hint: "name the columns to group by")
        }
        var select = SelectStatement(
            items: try items(node.list("select_list")), tables: try TableReader.read(node.value("from_table")),
            groups: try ExpressionReader.readList(node.list("group_expressions")))
        select.groupingSets = try groupingSets(node.list("group_sets"), groups: select.groups)
        if !node.value("where_clause").isNull { select.filter = try ExpressionReader.read(node.value("where_clause")) }
        if !node.value("having").isNull { select.having = try ExpressionReader.read(node.value("having")) }
        if !node.value("qualify").isNull { select.qualify = try ExpressionReader.read(node.value("qualify")) }
        return select
    }

    private static func items(_ list: [JSONValue]) throws(QueryRefusal) -> [SelectItem] {
        guard list.count <= StatementReader.maximumItems else {
            throw QueryRefusal(.tooMany, "\(list.count) output columns; at most \(StatementReader.maximumItems) are allowed")
        }
        var items: [SelectItem] = []
        for value in list {
            let node = try TreeNode(value, expecting: "an output column")
            let alias = try node.text("alias")
            if try node.text("class") == "STAR" {
                items.append(try star(node))
            } else {
                items.append(SelectItem(expression: try ExpressionReader.read(value), alias: alias, offset: node.offset))
            }
        }
        return items
    }

    private static func star(_ node: TreeNode) throws(QueryRefusal) -> SelectItem {
        try node.expect([
            "class", "type", "alias", "relation_name", "exclude_list", "replace_list", "columns", "expr",
            "qualified_exclude_list", "rename_list",
        ])
        try node.neutral("columns", false, "COLUMNS(…)")
        try node.neutral("expr", .null, "COLUMNS(…)")
        for name in ["exclude_list", "replace_list", "qualified_exclude_list", "rename_list"] {
            try node.neutral(name, [], "* with EXCLUDE, REPLACE or RENAME")
        }
        return SelectItem(expression: nil, relation: try node.text("relation_name"), alias: "", offset: node.offset)
    }

    private static func groupingSets(_ values: [JSONValue], groups: [Expression]) throws(QueryRefusal) -> [[Int]] {
        guard values.count <= StatementReader.maximumGroupingSets else {
            throw QueryRefusal(
                .tooMany, "GROUP BY makes \(values.count) grouping sets; at most \(StatementReader.maximumGroupingSets) are allowed",
                piece: "GROUP BY", offset: groups.first?.nearestOffset)
        }
        var sets: [[Int]] = []
        for value in values {
            var set: [Int] = []
            for index in value.arrayValue ?? [] {
                guard let number = index.integerValue, let position = Int(exactly: number), groups.indices.contains(position) else {
                    throw QueryRefusal(.syntaxNotAllowed, "a grouping set that names no group")
                }
                if !set.contains(position) { set.append(position) }
            }
            sets.append(set.sorted())
        }
        guard !sets.isEmpty || groups.isEmpty else { throw QueryRefusal(.syntaxNotAllowed, "GROUP BY without a grouping set") }
        return sets
    }

    static func orders(_ values: [JSONValue]) throws(QueryRefusal) -> [OrderItem] {
        var orders: [OrderItem] = []
        for value in values { orders.append(try order(value)) }
        return orders
    }

    private static func order(_ value: JSONValue) throws(QueryRefusal) -> OrderItem {
        let node = try TreeNode(value, expecting: "an ORDER BY item")
        try node.expect(["type", "null_order", "expression"])
        if node.value("expression")["class"] == "STAR" {
            throw QueryRefusal(
                .syntaxNotAllowed, "ORDER BY ALL is not allowed", piece: "ORDER BY ALL", hint: "name the columns to order by")
        }
        let direction = try node.text("type")
        let nullOrder = try node.text("null_order")
        guard ["ORDER_DEFAULT", "ASCENDING", "DESCENDING"].contains(direction),
            ["ORDER_DEFAULT", "NULLS FIRST", "NULLS LAST"].contains(nullOrder)
        else { throw QueryRefusal(.syntaxNotAllowed, "an order of the kind \(direction) is not allowed", piece: direction) }
        return OrderItem(
            direction: direction, nullOrder: nullOrder, expression: try ExpressionReader.read(node.value("expression")))
    }
}
