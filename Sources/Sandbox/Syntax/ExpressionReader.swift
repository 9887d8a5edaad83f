import Encoding

/// Reads expressions of the engine's syntax tree. Total: each class and type is known or refused.
enum ExpressionReader {
    static func read(_ value: JSONValue) throws(QueryRefusal) -> Expression {
        let node = try TreeNode(value, expecting: "an expression")
        let kind = try node.text("class")
        switch kind {
        case "CONSTANT": return try constant(node)
        case "PARAMETER":
            try node.expect(["class", "type", "alias", "identifier"])
            return Expression(.parameter(try node.text("identifier")), offset: node.offset)
        case "COLUMN_REF": return try column(node)
        case "FUNCTION": return try call(node)
        case "COMPARISON": return try comparison(node)
        case "BETWEEN":
            try node.expect(["class", "type", "alias", "input", "lower", "upper"])
            guard try node.text("type") == "COMPARE_BETWEEN" else { throw unknown(node) }
            return Expression(
                .between(try read(node.value("input")), try read(node.value("lower")), try read(node.value("upper"))),
                offset: node.offset)
        case "CONJUNCTION": return try conjunction(node)
        case "OPERATOR": return try operation(node)
        case "CASE": return try choice(node)
        case "CAST": return try cast(node)
        case "SUBQUERY": return try subquery(node)
        case "WINDOW": return try window(node)
        default: throw refusal(of: kind, node)
        }
    }

    static func readList(_ values: [JSONValue]) throws(QueryRefusal) -> [Expression] {
        var result: [Expression] = []
        for value in values { result.append(try read(value)) }
        return result
    }

    static func unknown(_ node: TreeNode) -> QueryRefusal {
        let type = node.value("type").stringValue ?? "?"
        return QueryRefusal(.syntaxNotAllowed, "an expression of the kind \(type) is not allowed", piece: type, offset: node.offset)
    }

    /// Classes that people write, each refused in words.
    private static func refusal(of kind: String, _ node: TreeNode) -> QueryRefusal {
        let (what, hint): (String, String) =
            switch kind {
            case "STAR": ("* in this place", "name the columns")
            case "LAMBDA": ("a lambda", "use plain expressions")
            case "COLLATE": ("COLLATE", "compare lower(…) instead")
            case "POSITIONAL_REFERENCE": ("a positional reference (#1)", "name the column")
            case "DEFAULT": ("DEFAULT", "")
            default: ("an expression of the class \(kind)", "use columns, constants, parameters, operators and listed functions")
            }
        return QueryRefusal(.syntaxNotAllowed, "\(what) is not allowed", piece: what, offset: node.offset, hint: hint)
    }

    private static func constant(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect(["class", "type", "alias", "value"])
        guard try node.text("type") == "VALUE_CONSTANT" else { throw unknown(node) }
        let value = try TreeNode(node.value("value"), expecting: "a constant's value")
        let type = try TreeType.read(value.value("type"), offset: node.offset)
        if try value.flag("is_null") {
            try value.expect(["type", "is_null"])
            return Expression(.constant(.null), offset: node.offset)
        }
        try value.expect(["type", "is_null", "value"])
        let content = value.value("value")
        let constant: Constant? =
            switch type.id {
            case "TINYINT", "SMALLINT", "INTEGER", "BIGINT": content.integerValue.map { .integer($0) }
            case "DECIMAL":
                content.integerValue.flatMap { unscaled in
                    guard let width = type.width, let scale = type.scale, width <= 18 else { return nil }
                    return .decimal(unscaled: unscaled, width: width, scale: scale)
                }
            case "DOUBLE": content.doubleValue.map { .double($0) }
            case "VARCHAR": content.stringValue.map { .text($0) }
            case "BOOLEAN": content.boolValue.map { .boolean($0) }
            default: nil
            }
        guard let constant else {
            throw QueryRefusal(
                .syntaxNotAllowed, "a constant of the type \(type.name) is not allowed here", piece: type.name,
                offset: node.offset, hint: "numbers may have at most 18 digits")
        }
        return Expression(.constant(constant), offset: node.offset)
    }

    private static func column(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect(["class", "type", "alias", "column_names"])
        var names: [String] = []
        for name in try node.list("column_names") {
            guard let text = name.stringValue else { throw unknown(node) }
            names.append(text)
        }
        guard (1...2).contains(names.count) else {
            throw QueryRefusal(
                .syntaxNotAllowed, "\(names.joined(separator: ".")) has more parts than a column's name may have",
                piece: names.joined(separator: "."), offset: node.offset, hint: "write column or table.column")
        }
        return Expression(.name(names), offset: node.offset)
    }

    private static func call(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect([
            "class", "type", "alias", "function_name", "schema", "children", "filter", "order_bys", "distinct",
            "is_operator", "export_state", "catalog",
        ])
        let name = try node.text("function_name")
        let schema = try node.text("schema")
        // The parser itself writes "main" for built-in syntax such as EXTRACT and SUBSTRING.
        guard try node.text("catalog").isEmpty, schema.isEmpty || schema == "main" else {
            throw QueryRefusal(
                .functionNotAllowed, "a function may not be called by its catalog or schema", piece: name,
                offset: node.offset, hint: "call it by its bare name")
        }
        try node.neutral("export_state", false, "EXPORT_STATE")
        let order = try TreeNode(node.value("order_bys"), expecting: "an ordering")
        guard try order.list("orders").isEmpty else {
            throw QueryRefusal(.syntaxNotAllowed, "ORDER BY inside a function is not allowed", piece: name, offset: node.offset)
        }
        try order.expect(["type", "orders"])
        var call = FunctionCall(name: name, arguments: [])
        for child in try node.list("children") {
            let alias = child["alias"]?.stringValue ?? ""
            guard alias.isEmpty else {
                throw QueryRefusal(
                    .syntaxNotAllowed, "an argument may not have a name", piece: alias, offset: node.offset,
                    hint: "give arguments by position")
            }
            call.arguments.append(try read(child))
        }
        call.isDistinct = try node.flag("distinct")
        call.isOperator = try node.flag("is_operator")
        if !node.value("filter").isNull { call.filter = try read(node.value("filter")) }
        return Expression(.call(call), offset: node.offset)
    }

    private static let comparisons: Set<String> = [
        "COMPARE_EQUAL", "COMPARE_NOTEQUAL", "COMPARE_LESSTHAN", "COMPARE_GREATERTHAN", "COMPARE_LESSTHANOREQUALTO",
        "COMPARE_GREATERTHANOREQUALTO", "COMPARE_DISTINCT_FROM", "COMPARE_NOT_DISTINCT_FROM",
    ]

    private static func comparison(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect(["class", "type", "alias", "left", "right"])
        let type = try node.text("type")
        guard comparisons.contains(type) else { throw unknown(node) }
        return Expression(.comparison(type, try read(node.value("left")), try read(node.value("right"))), offset: node.offset)
    }

    private static func conjunction(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect(["class", "type", "alias", "children"])
        let type = try node.text("type")
        guard type == "CONJUNCTION_AND" || type == "CONJUNCTION_OR" else { throw unknown(node) }
        let parts = try readList(node.list("children"))
        return Expression(.conjunction(isAnd: type == "CONJUNCTION_AND", parts), offset: node.offset)
    }

    private static func operation(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect(["class", "type", "alias", "children"])
        let parts = try readList(node.list("children"))
        let kind: Expression.Node
        switch (try node.text("type"), parts.count) {
        case ("OPERATOR_NOT", 1): kind = .not(parts[0])
        case ("OPERATOR_IS_NULL", 1): kind = .isNull(parts[0], isNegated: false)
        case ("OPERATOR_IS_NOT_NULL", 1): kind = .isNull(parts[0], isNegated: true)
        case ("COMPARE_IN", 2...): kind = .membership(parts[0], Array(parts.dropFirst()), isNegated: false)
        case ("COMPARE_NOT_IN", 2...): kind = .membership(parts[0], Array(parts.dropFirst()), isNegated: true)
        case ("OPERATOR_COALESCE", 1...): kind = .coalesce(parts)
        case ("GROUPING_FUNCTION", 1...): kind = .call(FunctionCall(name: "grouping", arguments: parts))
        default: throw unknown(node)
        }
        return Expression(kind, offset: node.offset)
    }

    private static func choice(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect(["class", "type", "alias", "case_checks", "else_expr"])
        guard try node.text("type") == "CASE_EXPR" else { throw unknown(node) }
        var branches: [CaseBranch] = []
        for check in try node.list("case_checks") {
            let check = try TreeNode(check, expecting: "a WHEN")
            try check.expect(["when_expr", "then_expr"])
            branches.append(
                CaseBranch(condition: try read(check.value("when_expr")), result: try read(check.value("then_expr"))))
        }
        return Expression(.choice(branches, otherwise: try read(node.value("else_expr"))), offset: node.offset)
    }

    private static func cast(_ node: TreeNode) throws(QueryRefusal) -> Expression {
        try node.expect(["class", "type", "alias", "child", "cast_type", "try_cast"])
        guard try node.text("type") == "OPERATOR_CAST" else { throw unknown(node) }
        _ = try node.flag("try_cast")
        let type = try TreeType.read(node.value("cast_type"), offset: node.offset)
        let child = try read(node.value("child"))
        return Expression(.cast(child, type), offset: node.offset ?? child.nearestOffset)
    }
}
