/// Plans one query from its syntax tree to what may run.
///
/// Inner queries that only select and join are merged into the query around them, so that what is known of a column (which
/// table, which role, whose unit) is never lost on the way. What groups protected rows is a stage of its own: nobody sees its rows
/// before the disclosure control did. The exception is a grouping by the privacy unit itself, which leaves one row for each unit:
/// such rows are still protected and go on as rows do.
final class QueryPlanner {
    static let maximumRelations = 64
    static let maximumDepth = 12
    static let maximumStages = 16

    let mode: QueryMode
    let policies: [TablePolicy]
    let parameters: [QueryParameter]
    let functions: FunctionCatalog

    /// The tables read, each once.
    var tables: [TablePolicy] = []
    var stages: [QueryPlan.Stage] = []
    var conversions: [String] = []
    var isExact = true
    private var sources = 0
    private(set) var relationCount = 0
    private var depth = 0

    init(mode: QueryMode, policies: [TablePolicy], parameters: [QueryParameter], functions: FunctionCatalog) {
        self.mode = mode
        self.policies = policies
        self.parameters = parameters
        self.functions = functions
    }

    /// The tables of WITH that a query may name.
    struct Common: Sendable {
        var entries: [(table: CommonTable, visible: Int)] = []

        /// The latest of that name, with those before it.
        func find(_ name: String) -> (CommonTable, Common)? {
            guard let found = entries.last(where: { foldedName($0.table.name) == foldedName(name) }) else { return nil }
            return (found.table, Common(entries: Array(entries.prefix(found.visible))))
        }
    }

    /// A name for a source of rows that no other has. It is a placeholder of which `SourceNames` makes `r0`, `r1`, ….
    func newAlias() throws(QueryRefusal) -> String {
        sources += 1
        guard sources <= 256 else { throw QueryRefusal(.tooMany, "the query reads from more than 256 places") }
        return SourceNames.placeholder(sources)
    }

    func types(_ block: Block, outer: Block? = nil) -> TypeChecker {
        TypeChecker(block: block, outer: outer, parameters: parameters, functions: functions)
    }

    func writer(_ block: Block, outer: Block? = nil) -> BlockWriter {
        BlockWriter(block, types: types(block, outer: outer), outer: outer)
    }

    /// Remembers the conversions of constants in expressions that will run, so that they are tried once.
    func note(_ expressions: [Expression], _ block: Block, outer: Block? = nil) {
        let types = types(block, outer: outer)
        let typing = LiteralTyping(types: types)
        let writer = SQLWriter(parameters: parameters) { _ in "NULL" }
        for conversion in LiteralTyping.conversions(in: expressions.map(typing.rewrite)) {
            guard case .cast(let part, let type) = conversion.node else { continue }
            let text = "CAST(\(writer.write(part)) AS \(type.name))"
            if !conversions.contains(text) { conversions.append(text) }
        }
    }

    // MARK: Queries

    /// - Parameters:
    ///   - common: tables of WITH around it.
    ///   - outer: where the query is an inner one of an expression, the scope around it.
    func relation(_ statement: QueryStatement, common: Common, outer: Scope?) throws(QueryRefusal) -> Relation {
        relationCount += 1
        depth += 1
        defer { depth -= 1 }
        guard relationCount <= Self.maximumRelations, depth <= Self.maximumDepth else {
            throw QueryRefusal(.tooMany, "the query has too many inner queries, or they nest too deeply", hint: "write it flatter")
        }
        var common = common
        for table in statement.common { common.entries.append((table, common.entries.count)) }
        var relation: Relation
        switch statement.body {
        case .select(let select): relation = try selection(select, order: statement.order, common: common, outer: outer)
        case .combination(let combination): relation = try combined(combination, order: statement.order, common: common)
        }
        relation.limit = try count(statement.limit, "LIMIT")
        relation.offset = try count(statement.offset, "OFFSET")
        return relation
    }

    /// LIMIT and OFFSET are a whole number or an integer parameter: an expression there could ask the data.
    func count(_ expression: Expression?, _ what: String) throws(QueryRefusal) -> String? {
        guard let expression else { return nil }
        let types = types(Block())
        let writer = SQLWriter(parameters: parameters) { _ in "NULL" }
        switch expression.node {
        case .constant(.integer(let number)) where number >= 0: return writer.write(expression)
        case .parameter(let name) where try types.parameter(name, expression).type == .integer: return writer.write(expression)
        default:
            throw QueryRefusal(
                .syntaxNotAllowed, "\(what) must be a whole number or an integer parameter", piece: what,
                offset: expression.nearestOffset)
        }
    }

    /// An inner query as it can be merged into another: without order, limit or windows of its own.
    func mergeable(_ relation: Relation, offset: Int?) throws(QueryRefusal) -> Relation {
        let hasWindow = relation.outputs.contains { $0.expression.contains { if case .window = $0.node { true } else { false } } }
        guard relation.limit != nil || relation.offset != nil || hasWindow else { return relation }
        guard relation.block.isProtected else { return try openDerived(relation, isDistinct: false) }
        guard relation.limit == nil, relation.offset == nil else {
            throw QueryRefusal(
                .syntaxNotAllowed, "LIMIT over protected rows would single out some of them", piece: "LIMIT", offset: offset,
                hint: "group the rows first, or put LIMIT at the end of the query")
        }
        return try protectedDerived(relation)
    }

    // MARK: What inner queries become

    /// `SELECT … FROM … ORDER BY … LIMIT …` of a relation.
    func text(_ relation: Relation, outer: Block? = nil, isDistinct: Bool = false, names: (Int) -> String) -> String {
        let writer = writer(relation.block, outer: outer)
        note(relation.outputs.map(\.expression) + relation.block.filters + relation.block.atoms.flatMap(\.on), relation.block, outer: outer)
        let outputs = relation.outputs.enumerated().map { "\(writer.write($1.expression)) AS \(names($0))" }.joined(separator: ", ")
        var text = "SELECT \(isDistinct ? "DISTINCT " : "")\(outputs) \(writer.source)"
        if relation.limit != nil || relation.offset != nil { text += writer.order(relation.order, then: isDistinct ? [] : relation.ties) }
        if let limit = relation.limit { text += " LIMIT \(limit)" }
        if let offset = relation.offset { text += " OFFSET \(offset)" }
        return text
    }

    /// A query over open rows, as one source.
    func openDerived(_ relation: Relation, isDistinct: Bool) throws(QueryRefusal) -> Relation {
        _ = try BlockRules(block: relation.block, types: types(relation.block)).check()
        let source = "(\(text(relation, isDistinct: isDistinct) { "c\($0)" }))"
        return try derived(relation, source: source, columns: try columns(relation, role: { _ in .attribute })) { atom in
            atom.isReleased = true
            if isDistinct { atom.uniqueKeys = [Set(relation.outputs.indices)] }
            atom.isSingle = relation.isSingle
        }
    }

    /// The output columns of a relation under the names c0, c1, ….
    func columns(_ relation: Relation, role: (Expression) -> ColumnRole) throws(QueryRefusal) -> [ColumnDefinition] {
        let types = types(relation.block)
        var columns: [ColumnDefinition] = []
        for (index, output) in relation.outputs.enumerated() {
            let kind = try types.kind(of: output.expression)
            let type = ExactTypes(block: relation.block).type(of: output.expression) ?? kind.typeName
            columns.append(ColumnDefinition(name: "c\(index)", type: type, role: role(output.expression)))
        }
        return columns
    }

    func derived(
        _ relation: Relation, source: String, columns: [ColumnDefinition], _ finish: (inout Atom) -> Void
    ) throws(QueryRefusal) -> Relation {
        let block = relation.block
        var atom = Atom(
            alias: try newAlias(), source: source, name: "the inner query", columns: columns, owner: block.owner,
            minimumGroupSize: 1, tables: block.tables)
        atom.isShaped = true
        finish(&atom)
        let outputs = relation.outputs.enumerated().map { index, output in
            Relation.Output(name: output.name, expression: Expression(.column(ColumnPath(table: 0, column: index))))
        }
        return Relation(block: Block(atoms: [atom]), outputs: outputs, isSingle: relation.isSingle)
    }
}

extension ValueKind {
    /// A type of the engine that holds such values, where the exact one is not known.
    var typeName: String {
        switch self {
        case .integer: "HUGEINT"
        case .decimal: "DOUBLE"
        case .text, .null: "VARCHAR"
        case .boolean: "BOOLEAN"
        case .date: "DATE"
        case .timestamp: "TIMESTAMP"
        case .time: "TIME"
        case .interval: "INTERVAL"
        }
    }
}
