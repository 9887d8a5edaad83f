import Encoding

/// One SELECT as the engine's syntax tree.
struct SelectTree: Sendable {
    struct Order: Sendable {
        var direction = "ASCENDING"
        var nullOrder = "ORDER_DEFAULT"
        var expression: JSONValue
    }

    var items: [JSONValue]
    var from: JSONValue
    /// All must hold.
    var filter: [JSONValue] = []
    var groups: [JSONValue] = []
    var order: [Order] = []
    var limit: JSONValue?
    var offset: JSONValue?

    /// The document that `json_execute_serialized_sql` takes.
    func document(_ writer: TreeWriter) -> JSONValue {
        let filterTree: JSONValue =
            switch filter.count {
            case 0: .null
            case 1: filter[0]
            default: writer.conjunction(filter, isAnd: true)
            }
        let sets: JSONValue = groups.isEmpty ? [] : [.array(groups.indices.map { .integer(Int64($0)) })]
        let node: JSONValue = [
            "type": "SELECT_NODE", "modifiers": .array(modifiers), "cte_map": ["map": []], "select_list": .array(items),
            "from_table": from, "where_clause": filterTree, "group_expressions": .array(groups), "group_sets": sets,
            "aggregate_handling": "STANDARD_HANDLING", "having": nil, "sample": nil, "qualify": nil,
        ]
        return ["error": false, "statements": [["node": node, "named_param_map": []]]]
    }

    private var modifiers: [JSONValue] {
        var modifiers: [JSONValue] = []
        if !order.isEmpty {
            let orders = order.map { item -> JSONValue in
                ["type": .string(item.direction), "null_order": .string(item.nullOrder), "expression": item.expression]
            }
            modifiers.append(["type": "ORDER_MODIFIER", "orders": .array(orders)])
        }
        if limit != nil || offset != nil {
            modifiers.append(["type": "LIMIT_MODIFIER", "limit": limit ?? .null, "offset": offset ?? .null])
        }
        return modifiers
    }

    static func table(catalog: String, name: String, alias: String) -> JSONValue {
        [
            "type": "BASE_TABLE", "alias": .string(alias), "sample": nil, "query_location": 0, "schema_name": "main",
            "table_name": .string(name), "column_name_alias": [], "catalog_name": .string(catalog), "at_clause": nil,
        ]
    }

    static func join(_ left: JSONValue, _ right: JSONValue, kind: JoinKind, condition: JSONValue) -> JSONValue {
        [
            "type": "JOIN", "alias": "", "sample": nil, "query_location": 0, "left": left, "right": right,
            "condition": condition, "join_type": .string(kind.rawValue), "ref_type": "REGULAR", "using_columns": [],
            "delim_flipped": false, "duplicate_eliminated_columns": [],
        ]
    }
}
