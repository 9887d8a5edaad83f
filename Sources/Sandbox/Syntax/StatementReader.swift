import Encoding

/// Reads a whole statement of the engine's syntax tree: exactly one plain SELECT over joined tables.
enum StatementReader {
    static let maximumTables = 4
    static let maximumItems = 64

    /// - Parameter root: what `json_serialize_sql` gave, without an error.
    static func read(_ root: JSONValue) throws(QueryRefusal) -> SelectStatement {
        let document = try TreeNode(root, expecting: "the syntax tree")
        try document.expect(["error", "statements"])
        let statements = try document.list("statements")
        guard statements.count == 1, let first = statements.first else {
            throw QueryRefusal(
                .notOneSelect, "the text holds \(statements.count) statements", hint: "write exactly one SELECT")
        }
        let statement = try TreeNode(first, expecting: "a statement")
        // The parameters are found again where they stand, so their list is not needed.
        try statement.expect(["node", "named_param_map"])
        let node = try TreeNode(statement.value("node"), expecting: "a SELECT")
        let type = try node.text("type")
        guard type == "SELECT_NODE" else {
            let what = ["SET_OPERATION_NODE": "UNION, INTERSECT or EXCEPT", "RECURSIVE_CTE_NODE": "WITH RECURSIVE", "CTE_NODE": "WITH"][type]
            throw QueryRefusal(
                .syntaxNotAllowed, "\(what ?? type) is not allowed", piece: what ?? type, hint: "write one plain SELECT")
        }
        return try select(node)
    }

    private static func select(_ node: TreeNode) throws(QueryRefusal) -> SelectStatement {
        try node.expect([
            "type", "modifiers", "cte_map", "select_list", "from_table", "where_clause", "group_expressions", "group_sets",
            "aggregate_handling", "having", "sample", "qualify",
        ])
        let map = try TreeNode(node.value("cte_map"), expecting: "the WITH clause")
        try map.expect(["map"])
        guard try map.list("map").isEmpty else {
            throw QueryRefusal(.syntaxNotAllowed, "WITH is not allowed", piece: "WITH", hint: "join the tables in one SELECT")
        }
        try node.neutral("sample", .null, "TABLESAMPLE")
        try node.neutral("qualify", .null, "QUALIFY")
        guard try node.text("aggregate_handling") == "STANDARD_HANDLING" else {
            throw QueryRefusal(
                .syntaxNotAllowed, "GROUP BY ALL is not allowed", piece: "GROUP BY ALL", hint: "name the columns to group by")
        }
        var statement = SelectStatement(
            items: try items(node.list("select_list")), tables: [], filter: nil, groups: try groups(node), having: nil,
            order: [], limit: nil, offset: nil)
        statement.tables = try TableReader.read(node.value("from_table"))
        if !node.value("where_clause").isNull { statement.filter = try ExpressionReader.read(node.value("where_clause")) }
        if !node.value("having").isNull { statement.having = try ExpressionReader.read(node.value("having")) }
        for modifier in try node.list("modifiers") { try apply(modifier, to: &statement) }
        return statement
    }

    private static func items(_ list: [JSONValue]) throws(QueryRefusal) -> [SelectItem] {
        guard list.count <= maximumItems else {
            throw QueryRefusal(.tooMany, "\(list.count) output columns; at most \(maximumItems) are allowed")
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
        try node.neutral("relation_name", "", "table.*")
        for name in ["exclude_list", "replace_list", "qualified_exclude_list", "rename_list"] {
            try node.neutral(name, [], "* with EXCLUDE, REPLACE or RENAME")
        }
        return SelectItem(expression: nil, alias: "", offset: node.offset)
    }

    /// GROUP BY as one set of expressions. Totals beside parts (ROLLUP, CUBE, GROUPING SETS) would let a suppressed part be
    /// had by subtraction.
    private static func groups(_ node: TreeNode) throws(QueryRefusal) -> [Expression] {
        let groups = try ExpressionReader.readList(node.list("group_expressions"))
        let sets = try node.list("group_sets")
        let whole = JSONValue.array(groups.indices.map { .integer(Int64($0)) })
        guard sets.isEmpty && groups.isEmpty || sets == [whole] else {
            throw QueryRefusal(
                .syntaxNotAllowed, "ROLLUP, CUBE and GROUPING SETS are not allowed", piece: "GROUP BY",
                offset: groups.first?.nearestOffset, hint: "a suppressed group could be had by subtraction; use one plain GROUP BY")
        }
        return groups
    }

    private static func apply(_ value: JSONValue, to statement: inout SelectStatement) throws(QueryRefusal) {
        let modifier = try TreeNode(value, expecting: "ORDER BY or LIMIT")
        switch try modifier.text("type") {
        case "ORDER_MODIFIER" where statement.order.isEmpty:
            try modifier.expect(["type", "orders"])
            for value in try modifier.list("orders") { statement.order.append(try order(value)) }
        case "LIMIT_MODIFIER" where statement.limit == nil && statement.offset == nil:
            try modifier.expect(["type", "limit", "offset"])
            if !modifier.value("limit").isNull { statement.limit = try ExpressionReader.read(modifier.value("limit")) }
            if !modifier.value("offset").isNull { statement.offset = try ExpressionReader.read(modifier.value("offset")) }
        case "LIMIT_PERCENT_MODIFIER":
            throw QueryRefusal(.syntaxNotAllowed, "LIMIT in per cent is not allowed", piece: "LIMIT", hint: "give a number of rows")
        case "DISTINCT_MODIFIER":
            throw QueryRefusal(.syntaxNotAllowed, "SELECT DISTINCT is not allowed", piece: "DISTINCT", hint: "use GROUP BY")
        case let type:
            throw QueryRefusal(.syntaxNotAllowed, "\(type) is not allowed in this place", piece: type)
        }
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
