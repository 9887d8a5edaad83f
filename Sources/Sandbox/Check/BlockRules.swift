/// What the conditions of a block may say, and how its sources may be joined.
///
/// Between tables of different owners there is only equality of declared keys, and one row of a protected table may meet few
/// rows of the other: otherwise the other's owner could weigh chosen rows (one row a million times) and read them out of a sum.
/// What a query's own text makes (a grouped inner query, a UNION) could do the same, whoever owns the tables below.
struct BlockRules: Sendable {
    let block: Block
    let types: TypeChecker

    /// Checks every condition and the joins.
    ///
    /// - Returns: how often keys may repeat, to be looked at before the block is read.
    func check() throws(QueryRefusal) -> [MultiplicityLimit] {
        for condition in block.filters + block.atoms.flatMap(\.on) {
            try types.requireBoolean(condition)
            // Open rows name nobody, so that nothing can be learnt from a condition on them.
            for part in condition.conjuncts where block.isProtected || !isKeyEquality(part) { try checkCondition(part) }
        }
        try checkEqualities()
        try checkLeftJoins()
        try checkSelfJoins()
        try checkConnection()
        return limits()
    }

    // MARK: Conditions

    /// An equality of two columns as such, which the rules of joins look at.
    private func isKeyEquality(_ condition: Expression) -> Bool {
        if case .comparison("COMPARE_EQUAL", let left, let right) = condition.node, case .column = left.node, case .column = right.node {
            return true
        }
        return false
    }

    private func checkCondition(_ condition: Expression) throws(QueryRefusal) {
        if case .comparison("COMPARE_EQUAL", let left, let right) = condition.node, case .column(let one) = left.node,
            case .column(let other) = right.node, isUnitKey(one, other) || isUnitKey(other, one)
        {
            return
        }
        if Self.isCorrelation(condition) { return }
        try checkUse(condition)
    }

    /// An equality of a column with one of the query around; whether that may be is for the query around to say.
    private static func isCorrelation(_ condition: Expression) -> Bool {
        guard case .comparison("COMPARE_EQUAL", let left, let right) = condition.node else { return false }
        if case .column = left.node, case .outer = right.node { return true }
        if case .outer = left.node, case .column = right.node { return true }
        return false
    }

    /// Privacy units may be compared with each other, and with keys of the same owner.
    private func isUnitKey(_ unit: ColumnPath, _ key: ColumnPath) -> Bool {
        guard block.role(unit) == .privacyUnit, unit.table != key.table else { return false }
        guard block.atoms[unit.table].owner == block.atoms[key.table].owner, !block.atoms[unit.table].owner.isEmpty else { return false }
        return [.privacyUnit, .joinKey].contains(block.role(key)) || block.atoms[key.table].isReleased
    }

    /// Dimensions, filters, join keys and attributes may stand in a condition; measures only for being there or missing.
    func checkUse(_ expression: Expression) throws(QueryRefusal) {
        guard block.isProtected else { return }
        if case .isNull(let part, _) = expression.node, case .column(let path) = part.node, block.role(path) == .measure { return }
        if case .fragment(let fragment) = expression.node {
            for column in fragment.columns where !fragment.units.contains(where: { $0.column == column }) { try checkUse(column) }
            return
        }
        if case .column(let path) = expression.node, !block.atoms[path.table].isReleased {
            let column = block.definition(path)
            guard [.dimension, .filter, .joinKey, .attribute].contains(column.role) else {
                throw QueryRefusal(
                    .columnRole, "\"\(column.name)\" is a \(column.role.rawValue) column and may not be filtered by",
                    piece: column.name, offset: expression.offset,
                    hint: column.role == .measure
                        ? "only \(column.name) IS NULL or IS NOT NULL; or use CASE inside an aggregate"
                        : "filter by dimension, filter, attribute or join_key columns")
            }
        }
        for part in expression.children { try checkUse(part) }
    }

    // MARK: Joins

    private var equalities: [(pair: Equalities.Pair, offset: Int?)] {
        (block.filters + block.atoms.flatMap(\.on)).flatMap { condition in
            Equalities.implied(by: condition).filter { $0.one.table < $0.other.table }.map { ($0, condition.nearestOffset) }
        }
    }

    /// Between different owners both columns must be declared keys of one type.
    private func checkEqualities() throws(QueryRefusal) {
        for (pair, offset) in equalities {
            let one = block.atoms[pair.one.table]
            let other = block.atoms[pair.other.table]
            if one.owner != other.owner || one.owner.isEmpty {
                for path in [pair.one, pair.other] where !block.atoms[path.table].isReleased {
                    let column = block.definition(path)
                    guard column.role == .joinKey || column.role == .dimension else {
                        throw QueryRefusal(
                            .columnRole, "\"\(column.name)\" is a \(column.role.rawValue) column and may not be joined on",
                            piece: column.name, offset: offset, hint: "join on join_key or dimension columns")
                    }
                }
            }
            let kinds = [pair.one, pair.other].compactMap { block.type($0)?.kind }
            guard Set(kinds).count == 1 || kinds.allSatisfy(\.isNumber) && one.owner == other.owner else {
                throw QueryRefusal(
                    .typeMismatch,
                    "the join compares \(block.definition(pair.one).type) with \(block.definition(pair.other).type)",
                    piece: block.definition(pair.one).name, offset: offset, hint: "join columns of one type")
            }
        }
    }

    /// The right side of a LEFT JOIN may be protected only if its units are the left side's. Otherwise the first match of a row
    /// would change nothing in a count and every further one would, so that a count could rest on one unit among many.
    private func checkLeftJoins() throws(QueryRefusal) {
        let units = BlockUnits(block).all
        for (index, atom) in block.atoms.enumerated() where atom.join == .left && atom.isProtected {
            guard let unit = units.first(where: { $0.path.table == index }) else { continue }
            throw QueryRefusal(
                .joinNotAllowed, "\"\(atom.name)\" may be on the right of a LEFT JOIN only if it is joined on a privacy unit of the left side",
                piece: atom.name, offset: atom.on.first?.nearestOffset,
                hint: "join on \(unit.name), or use JOIN")
        }
    }

    /// A protected table may meet itself only on its unit: joined on anything else, each row would weigh as much as the others
    /// around it.
    private func checkSelfJoins() throws(QueryRefusal) {
        let classes = Equalities(block)
        let protected = block.atoms.indices.filter { block.atoms[$0].isProtected }
        for one in protected {
            for other in protected where other > one && !block.atoms[one].tables.isDisjoint(with: block.atoms[other].tables) {
                let matches = block.atoms[other].on.reduce(into: Set<Equalities.Pair>()) { $0.formUnion(Equalities.implied(by: $1)) }
                let isOnUnit = block.atoms[one].units.contains { first in
                    block.atoms[other].units.contains { second in
                        let pair = Equalities.Pair(
                            one: ColumnPath(table: one, column: first.column), other: ColumnPath(table: other, column: second.column))
                        return classes.areEqual(pair.one, pair.other) || matches.contains(pair)
                    }
                }
                guard isOnUnit else {
                    throw QueryRefusal(
                        .joinNotAllowed,
                        "\"\(block.atoms[other].name)\" is used twice; a table may be joined with itself only on its privacy unit",
                        piece: block.atoms[other].name, hint: "use the table once, or join it on its privacy unit")
                }
            }
        }
    }

    /// Every source must be joined to another by an equality.
    private func checkConnection() throws(QueryRefusal) {
        var reached: Set<Int> = [0]
        for (index, atom) in block.atoms.enumerated() where atom.isSingle { reached.insert(index) }
        let pairs = equalities.map(\.pair)
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for pair in pairs where reached.contains(pair.one.table) != reached.contains(pair.other.table) {
                reached.formUnion([pair.one.table, pair.other.table])
                isGrowing = true
            }
        }
        guard let lonely = block.atoms.indices.first(where: { !reached.contains($0) }) else { return }
        throw QueryRefusal(
            .joinNotAllowed, "\"\(block.atoms[lonely].name)\" is not joined to the other tables by an equality of columns",
            piece: block.atoms[lonely].name, hint: "write JOIN … ON a.key = b.key, or the same equality in WHERE")
    }

    // MARK: Multiplicity

    /// At most `limit` rows of a source may share one value of these columns.
    struct MultiplicityLimit: Sendable, Hashable {
        let atom: Int
        let columns: [Int]
        let limit: Int
    }

    /// For each protected source: every other one, seen from it, may meet one of its rows only so often, unless it is a table of
    /// the same owner.
    private func limits() -> [MultiplicityLimit] {
        let pairs = equalities.flatMap { [$0.pair, Equalities.Pair(one: $0.pair.other, other: $0.pair.one)] }
        var limits: Set<MultiplicityLimit> = []
        for (start, atom) in block.atoms.enumerated() where atom.isProtected {
            var reached: Set<Int> = [start]
            while let next = pairs.first(where: { reached.contains($0.one.table) && !reached.contains($0.other.table) })?.other.table {
                let columns = Set(pairs.filter { reached.contains($0.one.table) && $0.other.table == next }.map(\.other.column))
                reached.insert(next)
                let partner = block.atoms[next]
                let isFree = partner.isSingle || !partner.isShaped && partner.owner == atom.owner && !atom.owner.isEmpty
                if !isFree, !partner.uniqueKeys.contains(where: { $0.isSubset(of: columns) }) {
                    limits.insert(MultiplicityLimit(atom: next, columns: columns.sorted(), limit: atom.maximumMultiplicity))
                }
            }
        }
        return limits.sorted { ($0.atom, $0.columns.first ?? 0, $0.limit) < ($1.atom, $1.columns.first ?? 0, $1.limit) }
    }
}
