/// Withholds further cells until none that is withheld can be had by subtracting shown ones from a total.
///
/// (Secondary suppression: Cox, "Suppression methodology and statistical disclosure control", JASA 76, 1981; Hundepool et al.,
/// Statistical Disclosure Control, Wiley 2012, §4.4.) What remains of a known total when its shown parts are
/// subtracted must be at least two cells which together might be shown as one. Smallest cells go first. At last
/// the equations are solved: as long as they determine a withheld cell, or a few together that are too few, one more goes.
struct ComplementarySuppression: Sendable {
    private static let maximumTrials = 64

    let relations: CellRelations
    /// By which cells are chosen: units, then the place in the table.
    let sizes: [Int]

    /// - Parameter crossing: `CellRelations.init`.
    init(_ table: CellTable, crossing: Int?, supports: CellSupports) throws(SandboxError) {
        relations = try CellRelations(table, crossing: crossing)
        sizes = table.cells.map { cell in supports.own.map { cell.supports[$0] }.min() ?? 0 }
    }

    /// - Parameters:
    ///   - withheld: which of the cells asked for are withheld already.
    ///   - mayBeShown: whether the sum over these cells may be known.
    /// - Returns: which are withheld in the end.
    /// - Throws: a refusal where the equations are too many to be solved.
    func extended(_ withheld: [Bool], mayBeShown: ([Int]) -> Bool) throws(SandboxError) -> [Bool] {
        var further = withheld
        var round = 0
        while true {
            closePartitions(&further, mayBeShown)
            let exposed = try LinearAudit(relations, withheld: further).exposed(mayBeShown)
            guard !exposed.isEmpty else { break }
            // Large tables would take too many rounds by one cell each, so later rounds take more.
            let count = 1 << min(round / 4, 12)
            for cells in exposed {
                for _ in 0..<count {
                    guard let next = neighbour(of: cells, further) else { return withheld.map { _ in true } }
                    further[next] = true
                }
            }
            round += 1
        }
        return try thinned(further, beyond: withheld, mayBeShown: mayBeShown)
    }

    /// Shows again, largest first, what later cells have made needless to withhold; in tables that are small enough to try.
    private func thinned(_ withheld: [Bool], beyond needed: [Bool], mayBeShown: ([Int]) -> Bool) throws(SandboxError) -> [Bool] {
        let extra = withheld.indices.filter { withheld[$0] && !needed[$0] }
        guard extra.count <= Self.maximumTrials, relations.relations.count <= Self.maximumTrials * 8 else { return withheld }
        var result = withheld
        var before = result
        repeat {
            before = result
            for cell in extra.sorted(by: { (sizes[$0], $0) > (sizes[$1], $1) }) where result[cell] {
                var trial = result
                trial[cell] = false
                var audit = try LinearAudit(relations, withheld: trial)
                // What is now determined might as well be shown.
                for other in audit.determined where !needed[other] { trial[other] = false }
                guard relations.relations.allSatisfy({ breach($0, trial, mayBeShown) == nil }) else { continue }
                audit = try LinearAudit(relations, withheld: trial)
                if audit.exposed(mayBeShown).isEmpty { result = trial }
            }
        } while result != before
        return result
    }

    /// The smallest shown cell of those.
    private func smallest(_ cells: some Sequence<Int>, _ withheld: [Bool]) -> Int? {
        cells.filter { $0 < relations.asked && !withheld[$0] }.min { (sizes[$0], $0) < (sizes[$1], $1) }
    }

    /// The smallest shown cell that stands in an equation with one of these, or with one that does, and so on.
    private func neighbour(of cells: [Int], _ withheld: [Bool]) -> Int? {
        let close = cells.flatMap { relations.memberships[$0] + relations.partitions[$0] }.map { relations.relations[$0] }
        if let cell = smallest(close.flatMap { $0.parts + [$0.whole] }, withheld) { return cell }
        var near = Set(cells)
        while true {
            let touched = (relations.relations + relations.crossings)
                .filter { near.contains($0.whole) || !near.isDisjoint(with: $0.parts) }
            let wider = touched.reduce(into: near) { $0.formUnion($1.parts + [$1.whole]) }
            if let cell = smallest(wider, withheld) { return cell }
            guard wider.count > near.count else { return smallest(0..<relations.asked, withheld) }
            near = wider
        }
    }

    private func closePartitions(_ withheld: inout [Bool], _ mayBeShown: ([Int]) -> Bool) {
        var isOpen = relations.relations.map { _ in true }
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for index in relations.relations.indices where isOpen[index] {
                isOpen[index] = false
                guard let next = breach(relations.relations[index], withheld, mayBeShown) else { continue }
                withheld[next] = true
                hasChanged = true
                // It may matter to whatever total it is in, and to its own parts.
                for whole in relations.memberships[next].map({ relations.relations[$0].whole }) + [next] {
                    for other in relations.partitions[whole] { isOpen[other] = true }
                }
            }
        }
    }

    /// Whether a cell is shown, or not asked for but the sum of shown ones.
    private func isKnown(_ cell: Int, _ withheld: [Bool]) -> Bool {
        if cell < relations.asked { return !withheld[cell] }
        return relations.partitions[cell].contains { relations.relations[$0].parts.allSatisfy { !withheld[$0] } }
    }

    /// All cells into which these are divided by finer grouping sets.
    private func innerCells(of cells: [Int]) -> [Int] {
        cells.flatMap { relations.partitions[$0] }.flatMap { relations.relations[$0].parts }
    }

    /// What is left of withheld cells when shown cells inside them are subtracted as well: by one finer grouping set, and by
    /// all of them together.
    private func remainders(of hidden: [Int], _ inner: [Int], _ withheld: [Bool]) -> [[Int]] {
        var remainders = [hidden]
        let partitions = hidden.flatMap { relations.partitions[$0] }.map { relations.relations[$0] }
        let undivided = hidden.filter { relations.partitions[$0].isEmpty }
        for set in Set(partitions.map(\.set)) {
            remainders.append(undivided + partitions.filter { $0.set == set }.flatMap(\.parts).filter { withheld[$0] })
        }
        let covered = Set(innerCells(of: inner.filter { !withheld[$0] }))
        let leaves = inner.filter { withheld[$0] && !covered.contains($0) && relations.partitions[$0].isEmpty }
        remainders.append(undivided + leaves)
        return remainders.filter { !$0.isEmpty }
    }

    /// The cell to withhold because one partition would otherwise tell something; `nil` where it tells nothing.
    private func breach(
        _ relation: CellRelations.Relation, _ withheld: [Bool], _ mayBeShown: ([Int]) -> Bool
    ) -> Int? {
        let hidden = relation.parts.filter { withheld[$0] }
        let isAsked = relation.whole < relations.asked
        if hidden.isEmpty {
            // A withheld total whose parts are all there.
            return isAsked && withheld[relation.whole] ? smallest(relation.parts, withheld) : nil
        }
        guard isKnown(relation.whole, withheld) else { return nil }
        let inner = innerCells(of: hidden)
        guard hidden.count < 2 || !remainders(of: hidden, inner, withheld).allSatisfy(mayBeShown) else { return nil }
        if let part = smallest(relation.parts, withheld) ?? smallest(inner, withheld) { return part }
        // All parts are withheld: together they are the total, unless there is but one, which is then the total itself.
        guard hidden.count == 1 else { return nil }
        if isAsked { return relation.whole }
        let others = relations.relations.filter { $0.whole == relation.whole && $0.parts.allSatisfy { !withheld[$0] } }
        return smallest(others.flatMap(\.parts), withheld)
    }
}
