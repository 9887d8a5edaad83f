/// Which columns of a block are equal in every row, and what follows for its privacy units.
struct Equalities: Sendable {
    private var parent: [ColumnPath: ColumnPath] = [:]

    struct Pair: Sendable, Hashable {
        var one: ColumnPath
        var other: ColumnPath
    }

    /// Pairs of columns that a condition makes equal wherever it holds. Of an OR, those that every branch makes equal.
    static func implied(by condition: Expression) -> Set<Pair> {
        switch condition.node {
        case .comparison("COMPARE_EQUAL", let left, let right):
            guard case .column(let one) = left.node, case .column(let other) = right.node, one != other else { return [] }
            return [Pair(one: one, other: other), Pair(one: other, other: one)]
        case .conjunction(isAnd: true, let parts): return parts.reduce(into: []) { $0.formUnion(implied(by: $1)) }
        case .conjunction(isAnd: false, let parts):
            guard let first = parts.first else { return [] }
            return parts.dropFirst().reduce(implied(by: first)) { $0.intersection(implied(by: $1)) }
        default: return []
        }
    }

    /// Of the conditions that all rows meet.
    init(_ block: Block) {
        for pair in block.filters.reduce(into: Set<Pair>(), { $0.formUnion(Self.implied(by: $1)) }) { unite(pair) }
    }

    private mutating func unite(_ pair: Pair) { parent[root(pair.one)] = root(pair.other) }

    func root(_ path: ColumnPath) -> ColumnPath {
        var current = path
        while let next = parent[current], next != current { current = next }
        return current
    }

    func areEqual(_ one: ColumnPath, _ other: ColumnPath) -> Bool { one == other || root(one) == root(other) }
}

/// The privacy units of a block's rows, equal ones counted once.
struct BlockUnits: Sendable {
    struct Unit: Sendable, Hashable {
        var path: ColumnPath
        var table: String
        var isRow: Bool
        var name: String
    }

    private(set) var all: [Unit] = []
    let equalities: Equalities

    init(_ block: Block) {
        equalities = Equalities(block)
        // Where a LEFT JOIN finds nothing, its right side's units are missing; so units that are always there come first.
        let order = block.atoms.indices.filter { block.atoms[$0].join != .left } + block.atoms.indices.filter { block.atoms[$0].join == .left }
        for index in order {
            let atom = block.atoms[index]
            let matches = atom.on.reduce(into: Set<Equalities.Pair>()) { $0.formUnion(Equalities.implied(by: $1)) }
            for unit in atom.units {
                let path = ColumnPath(table: index, column: unit.column)
                let isDetermined = all.contains { known in
                    equalities.areEqual(known.path, path)
                        || atom.join == .left && block.atoms[known.path.table].join != .left
                            && matches.contains { $0.one == path && equalities.areEqual($0.other, known.path) }
                }
                if !isDetermined { all.append(Unit(path: path, table: unit.table, isRow: unit.isRow, name: unit.name)) }
            }
        }
        for unit in block.fragmentUnits {
            guard case .column(let path) = unit.column.node else { continue }
            if all.contains(where: { equalities.areEqual($0.path, path) }) { continue }
            let name = "\(block.atoms[path.table].name).\(block.definition(path).name)"
            all.append(Unit(path: path, table: unit.table, isRow: false, name: name))
        }
    }

    /// Whether a column is one of the units, or equal to one.
    func index(of path: ColumnPath) -> Int? { all.firstIndex { equalities.areEqual($0.path, path) } }
}
