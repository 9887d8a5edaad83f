import Encoding

/// Writes the checker's expressions as the engine's syntax tree, for `json_execute_serialized_sql`.
///
/// Everything that runs is written here from the checked forms; no piece of the engine's own tree of the buyer's text is
/// passed on.
struct TreeWriter: Sendable {
    let scope: Scope?
    /// Values of the parameters by folded name; `nil` to leave them open, as in the template whose hash is approved.
    let values: [String: ParameterValue]?

    // MARK: Expressions

    /// An expression whose failure on one row must not stop the query (and so tell about the row): each call or conversion in
    /// it, together with what it is applied to, becomes NULL there. Comparisons, tests for NULL and logic cannot fail.
    func safe(_ expression: Expression) -> JSONValue { write(expression, isSafe: true) }

    /// An aggregate call. Its argument's values cannot fail (`MeasureWriter`); the conditions of a CASE are made safe one by
    /// one, so that a row whose condition fails falls into ELSE, where the supports count it too.
    func aggregate(_ expression: Expression) -> JSONValue {
        guard case .call(let call) = expression.node else { return write(expression) }
        return function(call.name, call.arguments.map(aggregateArgument), isDistinct: call.isDistinct)
    }

    private func aggregateArgument(_ argument: Expression) -> JSONValue {
        guard case .choice(let branches, let otherwise) = argument.node else { return write(argument) }
        return choice(
            branches.map { (safe($0.condition), aggregateArgument($0.result)) }, otherwise: aggregateArgument(otherwise))
    }

    /// - Parameter isSafe: whether calls and conversions are to give NULL where they fail.
    func write(_ expression: Expression, isSafe: Bool = false) -> JSONValue {
        func part(_ expression: Expression) -> JSONValue { write(expression, isSafe: isSafe) }
        switch expression.node {
        case .constant(let constant): return write(constant)
        case .parameter(let name): return parameter(name)
        case .name(let names): return column(names)
        case .column(let path): return column(["t\(path.table)", columnName(path)])
        case .intermediate(let name): return column([name])
        case .call(let call):
            let written = function(call.name, call.arguments.map { write($0) }, isOperator: call.isOperator)
            return isSafe ? node("OPERATOR", "OPERATOR_TRY", [("children", [written])]) : written
        case .cast(let inner, let type):
            // Impossible constants were refused when the template was tried (`conversionsTree`), and what cannot be converted is NULL.
            return cast(part(inner), type, isTry: true)
        case .comparison(let kind, let left, let right):
            return node("COMPARISON", kind, [("left", part(left)), ("right", part(right))])
        case .between(let value, let lower, let upper):
            return node("BETWEEN", "COMPARE_BETWEEN", [("input", part(value)), ("lower", part(lower)), ("upper", part(upper))])
        case .conjunction(let isAnd, let parts): return conjunction(parts.map(part), isAnd: isAnd)
        case .not(let inner): return node("OPERATOR", "OPERATOR_NOT", [("children", [part(inner)])])
        case .isNull(let inner, let isNegated):
            return node("OPERATOR", isNegated ? "OPERATOR_IS_NOT_NULL" : "OPERATOR_IS_NULL", [("children", [part(inner)])])
        case .membership(let value, let list, let isNegated):
            let children = JSONValue.array(([value] + list).map(part))
            return node("OPERATOR", isNegated ? "COMPARE_NOT_IN" : "COMPARE_IN", [("children", children)])
        case .coalesce(let parts): return node("OPERATOR", "OPERATOR_COALESCE", [("children", .array(parts.map(part)))])
        case .choice(let branches, let otherwise):
            return choice(branches.map { (part($0.condition), part($0.result)) }, otherwise: part(otherwise))
        }
    }

    private func columnName(_ path: ColumnPath) -> String {
        scope?.definition(path).name ?? ""
    }

    private func parameter(_ name: String) -> JSONValue {
        guard let values else { return node("PARAMETER", "VALUE_PARAMETER", [("identifier", .string(foldedName(name)))]) }
        guard let value = values[foldedName(name)] else { return write(.null) }
        return cast(write(.text(value.text)), CastType(named: value.typeName), isTry: true)
    }

    private func write(_ constant: Constant) -> JSONValue {
        func value(_ type: CastType, _ content: JSONValue) -> JSONValue {
            node("CONSTANT", "VALUE_CONSTANT", [("value", ["type": Self.json(type), "is_null": false, "value": content])])
        }
        switch constant {
        case .null:
            return node("CONSTANT", "VALUE_CONSTANT", [("value", ["type": Self.json(CastType(id: "NULL")), "is_null": true])])
        case .integer(let number):
            let id = Int32(exactly: number) == nil ? "BIGINT" : "INTEGER"
            return value(CastType(id: id), .integer(number))
        case .decimal(let unscaled, let width, let scale):
            return value(CastType(id: "DECIMAL", width: width, scale: scale), .integer(unscaled))
        case .double(let number): return value(CastType(id: "DOUBLE"), .number(number))
        case .text(let text): return value(CastType(id: "VARCHAR"), .string(text))
        case .boolean(let flag): return value(CastType(id: "BOOLEAN"), .bool(flag))
        }
    }
}

// MARK: Nodes

extension TreeWriter {
    func node(_ kind: String, _ type: String, _ members: [(String, JSONValue)]) -> JSONValue {
        .object(JSONObject([("class", .string(kind)), ("type", .string(type)), ("alias", ""), ("query_location", 0)] + members))
    }

    func column(_ names: [String]) -> JSONValue {
        node("COLUMN_REF", "COLUMN_REF", [("column_names", .array(names.map { .string($0) }))])
    }

    func conjunction(_ parts: [JSONValue], isAnd: Bool) -> JSONValue {
        node("CONJUNCTION", isAnd ? "CONJUNCTION_AND" : "CONJUNCTION_OR", [("children", .array(parts))])
    }

    func choice(_ branches: [(JSONValue, JSONValue)], otherwise: JSONValue) -> JSONValue {
        let checks = branches.map { JSONValue.object(["when_expr": $0.0, "then_expr": $0.1]) }
        return node("CASE", "CASE_EXPR", [("case_checks", .array(checks)), ("else_expr", otherwise)])
    }

    func cast(_ child: JSONValue, _ type: CastType, isTry: Bool) -> JSONValue {
        node("CAST", "OPERATOR_CAST", [("child", child), ("cast_type", Self.json(type)), ("try_cast", .bool(isTry))])
    }

    func function(_ name: String, _ arguments: [JSONValue], isDistinct: Bool = false, isOperator: Bool = false) -> JSONValue {
        node(
            "FUNCTION", "FUNCTION",
            [
                ("function_name", .string(name)), ("schema", ""), ("children", .array(arguments)), ("filter", nil),
                ("order_bys", ["type": "ORDER_MODIFIER", "orders": []]), ("distinct", .bool(isDistinct)),
                ("is_operator", .bool(isOperator)), ("export_state", false), ("catalog", ""),
            ])
    }

    static func json(_ type: CastType) -> JSONValue {
        guard let width = type.width, let scale = type.scale else { return ["id": .string(type.id), "type_info": nil] }
        return [
            "id": .string(type.id),
            "type_info": [
                "type": "DECIMAL_TYPE_INFO", "alias": "", "extension_info": nil, "width": .integer(Int64(width)),
                "scale": .integer(Int64(scale)),
            ],
        ]
    }

    /// The same node under an output name.
    func named(_ value: JSONValue, _ name: String) -> JSONValue {
        guard var object = value.objectValue else { return value }
        object["alias"] = .string(name)
        return .object(object)
    }
}
