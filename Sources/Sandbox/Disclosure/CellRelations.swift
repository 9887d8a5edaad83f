/// Which cells of several grouping sets add up to which: the equations by which totals betray their parts.
///
/// Two grouping sets partition the same rows, so over every value of the groups that they share their cells add up to the same.
/// What they share may itself not be asked for; it then stands as a cell that is not shown but may be known. And which cells are
/// empty where all groups are crossed may be known too (a town lies in one region), so the crossing takes part in the equations
/// even where it is not asked for.
struct CellRelations: Sendable {
    /// The cells of `parts` partition the rows of `whole`.
    struct Relation: Sendable {
        var whole: Int
        var parts: [Int]
        /// The grouping set of the parts.
        var set: Int
    }

    static let maximumSets = 64

    /// Cells of the table come first, in its order; then those that were not asked for.
    private(set) var count: Int
    /// How many cells were asked for.
    let asked: Int
    private(set) var relations: [Relation] = []
    /// Wholes and their parts where all groups are crossed, if that is not asked for. Only `LinearAudit` looks at them.
    private(set) var crossings: [Relation] = []

    /// Of each cell the relations in which it is the whole.
    private(set) var partitions: [[Int]] = []
    /// Of each cell the relations in which it is a part.
    private(set) var memberships: [[Int]] = []

    private let sets: [Int]
    private let crossing: Int?

    /// Whether a cell of the table was not asked for.
    func isCrossed(_ cell: Int) -> Bool { crossing != nil && sets[cell] == crossing }

    private struct Key: Hashable {
        var set: Int
        var ranks: [Int]
    }

    /// - Parameters:
    ///   - table: rows that are the same cell (a grouping set written twice) are related to each other.
    ///   - crossing: the grouping set that was not asked for, if there is one in the table.
    init(_ table: CellTable, crossing: Int?) throws(SandboxError) {
        asked = table.cells.count
        sets = table.cells.map(\.set)
        self.crossing = crossing
        count = asked
        var places: [Key: [Int]] = [:]
        for (index, cell) in table.cells.enumerated() {
            places[Key(set: cell.set, ranks: Self.projected(cell.ranks, cell.set)), default: []].append(index)
        }
        let askedSets = Set(table.cells.map(\.set)).filter { $0 != crossing }.sorted()
        let closed = try Self.closed(askedSets)
        for same in places.values.sorted(by: { $0[0] < $1[0] }) {
            for twin in same.dropFirst() { relations.append(Relation(whole: same[0], parts: [twin], set: table.cells[twin].set)) }
        }
        for coarse in closed {
            // A set is coarser where it leaves out more.
            for fine in askedSets where fine != coarse && fine & coarse == fine {
                relations += partitions(table, coarse: coarse, fine: fine, places: &places)
            }
        }
        if let crossing {
            for coarse in askedSets { crossings += partitions(table, coarse: coarse, fine: crossing, places: &places) }
        }
        partitions = Array(repeating: [], count: count)
        memberships = partitions
        for (index, relation) in relations.enumerated() {
            partitions[relation.whole].append(index)
            for part in relation.parts { memberships[part].append(index) }
        }
    }

    /// With every set that some of them have in common.
    private static func closed(_ sets: [Int]) throws(SandboxError) -> [Int] {
        var all = Set(sets)
        var waiting = sets
        while let set = waiting.popLast() {
            for other in all where all.insert(set | other).inserted { waiting.append(set | other) }
            guard all.count <= maximumSets else {
                throw .refused(
                    QueryRefusal(
                        .tooMany, "more than \(maximumSets) grouping sets take part", hint: "roll up fewer groups, or ask in several queries"))
            }
        }
        return all.sorted()
    }

    /// Left-out groups all have the same rank.
    private static func projected(_ ranks: [Int], _ set: Int) -> [Int] {
        ranks.enumerated().map { set >> (ranks.count - 1 - $0) & 1 == 1 ? -1 : $1 }
    }

    private mutating func partitions(
        _ table: CellTable, coarse: Int, fine: Int, places: inout [Key: [Int]]
    ) -> [Relation] {
        var parts: [Key: [Int]] = [:]
        var order: [Key] = []
        for (index, cell) in table.cells.enumerated() where cell.set == fine {
            // Of a cell that stands there twice the first is enough.
            guard places[Key(set: fine, ranks: Self.projected(cell.ranks, fine))]?.first == index else { continue }
            let key = Key(set: coarse, ranks: Self.projected(cell.ranks, coarse))
            if parts[key] == nil { order.append(key) }
            parts[key, default: []].append(index)
        }
        return order.map { key in
            let whole: Int
            if let place = places[key]?.first {
                whole = place
            } else {
                whole = count
                count += 1
                places[key] = [whole]
            }
            return Relation(whole: whole, parts: parts[key] ?? [], set: fine)
        }
    }
}
