/// Writes a block and expressions over it as SQL.
struct BlockWriter: Sendable {
    let block: Block
    let writer: SQLWriter
    let typing: LiteralTyping

    /// - Parameter outer: the block around an inner query, whose columns it may name.
    init(_ block: Block, types: TypeChecker, outer: Block?) {
        self.block = block
        typing = LiteralTyping(types: types)
        writer = SQLWriter(
            parameters: types.parameters, column: { Self.name($0, in: block) },
            outer: { path in outer.map { Self.name(path, in: $0) } ?? "NULL" })
    }

    private static func name(_ path: ColumnPath, in block: Block) -> String {
        path.column == ColumnPath.rowIdentifier
            ? "\(block.atoms[path.table].alias).rowid"
            : "\(block.atoms[path.table].alias).\(SQLWriter.identifier(block.definition(path).name))"
    }

    func write(_ expression: Expression) -> String { writer.safe(typing.rewrite(expression)) }

    /// `FROM …` with joins and WHERE; empty where there is no source.
    var source: String {
        var text = ""
        for (index, atom) in block.atoms.enumerated() {
            let table = "\(atom.source) AS \(atom.alias)"
            if index == 0 {
                text = "FROM \(table)"
            } else if atom.join == .left {
                let tests = atom.on.map(write)
                text += " LEFT JOIN \(table) ON \(tests.isEmpty ? "true" : tests.joined(separator: " AND "))"
            } else {
                text += " CROSS JOIN \(table)"
            }
        }
        if !block.filters.isEmpty { text += " WHERE " + block.filters.map(write).joined(separator: " AND ") }
        return text
    }

    /// ` ORDER BY …`, or nothing.
    func order(_ items: [OrderItem], then ties: [Expression]) -> String {
        var written: [String] = []
        for item in items {
            // A bare constant would be taken for the number of an output column; it orders nothing.
            guard !item.expression.columns.isEmpty || item.expression.contains(where: { if case .window = $0.node { true } else { false } })
            else { continue }
            written.append(write(item.expression) + Self.direction(item))
        }
        for tie in ties {
            let text = write(tie)
            if !tie.columns.isEmpty, !written.contains(text) { written.append(text) }
        }
        return written.isEmpty ? "" : " ORDER BY " + written.joined(separator: ", ")
    }

    static func direction(_ item: OrderItem) -> String {
        (["ASCENDING": " ASC", "DESCENDING": " DESC"][item.direction] ?? "")
            + (item.nullOrder == "ORDER_DEFAULT" ? "" : " \(item.nullOrder)")
    }
}
