/// One source of rows in a block: a table of a product, or what an inner query gave.
struct Atom: Sendable {
    /// Its name in what is written; no other source of the whole query has the same.
    var alias: String
    /// What stands before the alias: `d0.main.data`, `hexi_shown_1` or `(SELECT …)`.
    var source: String
    /// For people.
    var name: String
    var columns: [ColumnDefinition]
    /// Who provides it; a name that no provider has where several do.
    var owner: String
    /// Its privacy units: columns, or the row number where rows are counted. None for open tables and for what was released.
    var units: [Unit] = []
    /// Every column may be used in any way: the rows were released, or rest on open tables only.
    var isReleased = false
    var minimumGroupSize = 1
    var maximumMultiplicity = 1000
    /// Whether minimum and maximum may be shown of it.
    var allowsExtremes = false
    /// Which of the query's tables lie below.
    var tables: Set<Int>
    var join: JoinKind?
    /// Conditions of a LEFT JOIN. Those of other joins are the block's.
    var on: [Expression] = []
    /// At most one row for each row of those before it, by construction.
    var isSingle = false
    /// Sets of columns of which no two rows have the same values.
    var uniqueKeys: [Set<Int>] = []
    /// Made by the query's text, which could repeat rows at will.
    var isShaped = false
    /// Declared least and greatest values of its columns, by name, for private mode.
    var bounds: [String: ClosedRange<Double>] = [:]
    /// The table of the query, where this is one of its tables as such.
    var baseTable: Int?

    struct Unit: Sendable, Hashable {
        /// `ColumnPath.rowIdentifier` for rows.
        var column: Int
        /// The policy's name of the table.
        var table: String
        var isRow: Bool
        var name: String
    }

    var isProtected: Bool { !units.isEmpty }
}

extension ColumnPath {
    /// The engine's row number: the unit of a protected table that names nobody.
    static let rowIdentifier = -1
}

/// Sources of rows, joined, and the conditions that all rows meet: what FROM and WHERE make once inner queries that only select
/// and join are merged into the outer one.
struct Block: Sendable {
    var atoms: [Atom] = []
    var filters: [Expression] = []

    func definition(_ path: ColumnPath) -> ColumnDefinition {
        guard path.column != ColumnPath.rowIdentifier else { return ColumnDefinition(name: "rowid", type: "BIGINT", role: .hidden) }
        return atoms[path.table].columns[path.column]
    }

    func type(_ path: ColumnPath) -> ColumnType? { ColumnType(definition(path).type) }
    func role(_ path: ColumnPath) -> ColumnRole { definition(path).role }

    var isProtected: Bool { atoms.contains(where: \.isProtected) || !fragmentUnits.isEmpty }

    /// Units of protected rows that conditions such as EXISTS rest on.
    var fragmentUnits: [FragmentUnit] {
        var found: [FragmentUnit] = []
        func collect(_ expression: Expression) {
            if case .fragment(let fragment) = expression.node {
                for unit in fragment.units where !found.contains(unit) { found.append(unit) }
            }
            for part in expression.children { collect(part) }
        }
        for filter in filters + atoms.flatMap(\.on) { collect(filter) }
        return found
    }

    var minimumGroupSize: Int { max(atoms.map(\.minimumGroupSize).max() ?? 1, fragmentUnits.map(\.minimum).max() ?? 1) }

    /// The one owner of all that takes part; a name that nobody has where there are several.
    var owner: String {
        let owners = Set(atoms.filter { !$0.isSingle || $0.isProtected }.map(\.owner))
        return owners.count == 1 ? owners.first ?? "" : ""
    }

    /// All tables below, those included that conditions such as EXISTS rest on.
    var tables: Set<Int> {
        fragmentUnits.reduce(into: atoms.reduce(into: []) { $0.formUnion($1.tables) }) { $0.formUnion($1.tables) }
    }

    /// Appends another block, whose first source joins by `kind`; its columns are then found `shift` sources further on.
    mutating func merge(_ other: Block, join kind: JoinKind?) -> Int {
        let shift = atoms.count
        for (index, atom) in other.atoms.enumerated() {
            var atom = atom
            if index == 0 { atom.join = shift == 0 ? nil : kind ?? .cross }
            atom.on = atom.on.map { $0.shifted(by: shift) }
            atoms.append(atom)
        }
        filters += other.filters.map { $0.shifted(by: shift) }
        return shift
    }
}

extension Expression {
    /// With every column of the block moved to a source so many places further on.
    func shifted(by count: Int) -> Expression {
        if case .column(var path) = node {
            path.table += count
            return Expression(.column(path), offset: offset)
        }
        return mapChildren { $0.shifted(by: count) }
    }

    /// The parts that must all hold.
    var conjuncts: [Expression] {
        if case .conjunction(isAnd: true, let parts) = node { return parts.flatMap(\.conjuncts) }
        return [self]
    }
}

/// What a query gives: output columns over a block, and an order and a limit.
struct Relation: Sendable {
    struct Output: Sendable {
        var name: String
        var expression: Expression
    }

    var block: Block
    var outputs: [Output]
    var order: [OrderItem] = []
    /// Written; a number or a parameter.
    var limit: String?
    var offset: String?
    /// What comes after the order that was asked for, so that every run gives the same rows in the same order.
    var ties: [Expression] = []
    /// For a query inside another: an output column of the key, and what it equals in the query around.
    var correlation: [Correlation] = []
    /// At most one row: an aggregate without GROUP BY.
    var isSingle = false

    struct Correlation: Sendable {
        var key: Expression
        var outer: Expression
    }
}
