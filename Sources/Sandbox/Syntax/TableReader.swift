import Encoding

/// Reads the FROM clause: one table or subquery, or several joined from left to right by INNER JOIN, LEFT JOIN or a comma.
enum TableReader {
    static func read(_ value: JSONValue) throws(QueryRefusal) -> [TableReference] {
        var tables: [TableReference] = []
        try append(value, to: &tables)
        guard tables.count <= StatementReader.maximumTables else {
            throw QueryRefusal(.tooMany, "\(tables.count) tables; at most \(StatementReader.maximumTables) are allowed")
        }
        return tables
    }

    private static func append(_ value: JSONValue, to tables: inout [TableReference]) throws(QueryRefusal) {
        let node = try TreeNode(value, expecting: "a table")
        switch try node.text("type") {
        case "BASE_TABLE": tables.append(try base(node))
        case "SUBQUERY": tables.append(try derived(node))
        case "JOIN":
            try append(node.value("left"), to: &tables)
            let right = try TreeNode(node.value("right"), expecting: "a table")
            guard try right.text("type") != "JOIN" else {
                throw QueryRefusal(
                    .joinNotAllowed, "a join inside brackets is not allowed", offset: right.offset,
                    hint: "join the tables one after the other")
            }
            var joined: [TableReference] = []
            try append(node.value("right"), to: &joined)
            guard var table = joined.first else { return }
            table.join = try join(node)
            tables.append(table)
        case let type: throw refusal(of: type, node)
        }
    }

    private static func refusal(of type: String, _ node: TreeNode) -> QueryRefusal {
        let function = node.value("function")["function_name"]?.stringValue ?? ""
        switch type {
        case "TABLE_FUNCTION":
            return QueryRefusal(
                .functionNotAllowed, "the table function \(function) is not allowed", piece: function, offset: node.offset,
                hint: "read only from the tables of the contract")
        case "EMPTY":
            return QueryRefusal(.tableNotAllowed, "the query reads no table", hint: "add FROM with a table of the contract")
        case "SHOW_REF":
            return QueryRefusal(.notOneSelect, "DESCRIBE, SHOW and SUMMARIZE are not allowed", hint: "the catalogue shows the schema")
        default:
            let what = ["EXPRESSION_LIST": "VALUES", "PIVOT": "PIVOT", "COLUMN_DATA": "this table"][type] ?? type
            return QueryRefusal(.syntaxNotAllowed, "\(what) in FROM is not allowed", piece: what, offset: node.offset)
        }
    }

    private static func base(_ node: TreeNode) throws(QueryRefusal) -> TableReference {
        try node.expect([
            "type", "alias", "sample", "schema_name", "table_name", "column_name_alias", "catalog_name", "at_clause",
        ])
        let name = try node.text("table_name")
        guard try node.text("schema_name").isEmpty, try node.text("catalog_name").isEmpty else {
            throw QueryRefusal(
                .tableNotAllowed, "a table may not be named by its schema or catalog", piece: name, offset: node.offset,
                hint: "use the table's bare name")
        }
        try node.neutral("sample", .null, "TABLESAMPLE")
        try node.neutral("at_clause", .null, "AT")
        return TableReference(
            source: .named(name), alias: try node.text("alias"),
            columnNames: try StatementReader.names(node.list("column_name_alias")), offset: node.offset)
    }

    private static func derived(_ node: TreeNode) throws(QueryRefusal) -> TableReference {
        try node.expect(["type", "alias", "sample", "subquery", "column_name_alias"])
        try node.neutral("sample", .null, "TABLESAMPLE")
        return TableReference(
            source: .query(try StatementReader.statement(node.value("subquery"))), alias: try node.text("alias"),
            columnNames: try StatementReader.names(node.list("column_name_alias")), offset: node.offset)
    }

    private static func join(_ node: TreeNode) throws(QueryRefusal) -> TableReference.Join {
        try node.expect([
            "type", "alias", "sample", "left", "right", "condition", "join_type", "ref_type", "using_columns",
            "delim_flipped", "duplicate_eliminated_columns",
        ])
        try node.neutral("alias", "", "naming a join")
        try node.neutral("sample", .null, "TABLESAMPLE")
        try node.neutral("delim_flipped", false, "this join")
        try node.neutral("duplicate_eliminated_columns", [], "this join")
        let type = try node.text("join_type")
        let reference = try node.text("ref_type")
        if reference == "CROSS", type == "INNER", node.value("condition").isNull {
            try node.neutral("using_columns", [], "USING")
            return .init(kind: .cross, condition: nil, usingColumns: [], offset: node.offset)
        }
        guard reference == "REGULAR", type == "INNER" || type == "LEFT", let kind = JoinKind(rawValue: type) else {
            let what = reference == "REGULAR" ? type : reference
            throw QueryRefusal(
                .joinNotAllowed, "\(what) JOIN is not allowed", piece: what, offset: node.offset,
                hint: "use JOIN or LEFT JOIN with ON a.key = b.key")
        }
        let usingColumns = try StatementReader.names(node.list("using_columns"))
        let condition = node.value("condition")
        guard condition.isNull != usingColumns.isEmpty else {
            throw QueryRefusal(.joinNotAllowed, "a join needs either ON or USING", offset: node.offset)
        }
        return .init(
            kind: kind, condition: condition.isNull ? nil : try ExpressionReader.read(condition),
            usingColumns: usingColumns, offset: node.offset)
    }
}
