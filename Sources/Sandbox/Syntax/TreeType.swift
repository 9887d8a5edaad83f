import Encoding

/// Reads a type of the engine's syntax tree: plain types only.
enum TreeType {
    private static let plain: Set<String> = [
        "NULL", "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
        "UBIGINT", "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIME",
        "INTERVAL",
    ]

    static func read(_ value: JSONValue, offset: Int?) throws(QueryRefusal) -> CastType {
        let node = try TreeNode(value, expecting: "a type")
        try node.expect(["id", "type_info"])
        let id = try node.text("id")
        guard plain.contains(id) else {
            throw QueryRefusal(
                .syntaxNotAllowed, "the type \(id == "UNBOUND" ? "named here" : id) is not allowed", piece: id, offset: offset,
                hint: "allowed are numbers, VARCHAR, BOOLEAN, DATE, TIMESTAMP, TIME and INTERVAL")
        }
        if id != "DECIMAL" || node.value("type_info").isNull {
            try node.neutral("type_info", .null, "a type with parameters")
            return CastType(id: id)
        }
        let info = try TreeNode(node.value("type_info"), expecting: "a decimal's width and scale")
        try info.expect(["type", "alias", "extension_info", "width", "scale"])
        try info.neutral("type", "DECIMAL_TYPE_INFO", "this type")
        try info.neutral("alias", "", "a type by another name")
        try info.neutral("extension_info", .null, "a type of an extension")
        guard let width = info.value("width").integerValue, let scale = info.value("scale").integerValue,
            (1...38).contains(width), (0...width).contains(scale)
        else { throw QueryRefusal(.syntaxNotAllowed, "a DECIMAL of impossible width", piece: id, offset: offset) }
        return CastType(id: id, width: Int(width), scale: Int(scale))
    }
}
