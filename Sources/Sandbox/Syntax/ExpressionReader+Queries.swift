import Encoding

// Queries and windows inside expressions.

extension ExpressionReader {
    static func subquery(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect(["class", "type", "alias", "subquery_type", "subquery", "child", "comparison_type"])
        guard try node.text("type") == "SUBQUERY" else { throw unknown(node) }
        let child = node.value("child")
        let comparison = try node.text("comparison_type")
        let kind: Subquery.Kind
        switch try node.text("subquery_type") {
        case "SCALAR" where child.isNull: kind = .scalar
        case "EXISTS" where child.isNull: kind = .exists
        case "ANY" where comparison == "COMPARE_EQUAL" && !child.isNull: kind = .membership
        case let type:
            throw QueryRefusal(
                .syntaxNotAllowed, "a comparison with \(type) of a subquery is not allowed", piece: type, offset: node.offset,
                hint: "use IN, EXISTS, or a subquery that gives one aggregate")
        }
        return Expression(
            .subquery(
                Subquery(
                    kind: kind, operand: child.isNull ? nil : try read(child),
                    query: try StatementReader.statement(node.value("subquery")))), offset: node.offset)
    }

    private static let defaultFrames: Set<String> = ["UNBOUNDED_PRECEDING CURRENT_ROW_RANGE"]

    static func window(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect([
            "class", "type", "alias", "function_name", "schema", "catalog", "children", "partitions", "orders", "start", "end",
            "start_expr", "end_expr", "offset_expr", "default_expr", "ignore_nulls", "filter_expr", "exclude_clause", "distinct",
            "arg_orders",
        ])
        let name = try node.text("function_name")
        guard try node.text("catalog").isEmpty, try node.text("schema").isEmpty else {
            throw QueryRefusal(
                .functionNotAllowed, "a function may not be called by its catalog or schema", piece: name, offset: node.offset,
                hint: "call it by its bare name")
        }
        let frame = "\(try node.text("start")) \(try node.text("end"))"
        guard defaultFrames.contains(frame) else {
            throw QueryRefusal(
                .syntaxNotAllowed, "a window's own frame (ROWS, RANGE) is not allowed", piece: name, offset: node.offset,
                hint: "leave the frame out")
        }
        for member in ["start_expr", "end_expr", "filter_expr"] { try node.neutral(member, .null, "a window's frame or FILTER") }
        try node.neutral("exclude_clause", "NO_OTHER", "EXCLUDE")
        try node.neutral("ignore_nulls", false, "IGNORE NULLS")
        try node.neutral("distinct", false, "DISTINCT in a window")
        try node.neutral("arg_orders", [], "ORDER BY inside a function")
        var arguments = try readList(node.list("children"))
        // lag and lead have their second and third argument in members of their own.
        for member in ["offset_expr", "default_expr"] where !node.value(member).isNull { arguments.append(try read(node.value(member))) }
        return Expression(
            .window(
                WindowCall(
                    name: name, arguments: arguments, partition: try readList(node.list("partitions")),
                    order: try SelectReader.orders(node.list("orders")))), offset: node.offset)
    }
}
