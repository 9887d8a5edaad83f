/// Decides over the cells of one query which are shown, and with which counts.
struct StageDecision: Sendable {
    /// What is decided of one row of the working table that is shown.
    struct Row: Sendable, Hashable {
        var row: Int
        /// Which aggregates' values are shown: bit i for a_i.
        var values: Int
        /// The counts that are shown in place of the aggregates' own, in their order; empty without perturbation.
        var counts: [Int] = []
        /// The rows behind the cell, as they are shown.
        var rows = 0
    }

    let query: CellQuery
    let supports: CellSupports
    let concentration: ConcentrationTest?
    let perturbation: CountPerturbation?
    /// The grouping set of all groups, where it is in the table though it was not asked for.
    let crossing: Int?

    /// - Throws: a refusal where totals and parts are too many to be held against each other.
    func rows(_ table: CellTable) throws(SandboxError) -> [Row] {
        let (hidden, values) = try withheld(table)
        return table.cells.enumerated().compactMap { index, cell in
            guard !hidden[index] else { return nil }
            var mask = 0
            for aggregate in query.aggregates.indices where !values[aggregate][index] { mask |= 1 << aggregate }
            var row = Row(row: cell.row, values: mask)
            if let perturbation { perturbation.change(cell, &row) }
            return row
        }
    }

    /// Which cells are withheld, and for each aggregate in which cells its value is.
    private func withheld(_ table: CellTable) throws(SandboxError) -> (cells: [Bool], values: [[Bool]]) {
        var cells = table.cells.map { $0.set == crossing || !supports.reaches($0.supports) }
        let broad = table.cells.map { isBroad([$0]) }
        // Values without a condition of their own are seen wherever the cell is.
        let guarded = query.aggregates.indices.filter { isGuarded($0) }
        func values(_ aggregate: Int) -> [Bool] {
            guard isGuarded(aggregate) else { return cells }
            return table.cells.indices.map { index in
                cells[index] || !supports.passes(aggregate, table.cells[index].supports) || isConcentrated(aggregate) && !broad[index]
            }
        }
        guard query.hasGroupingSets else { return (cells, query.aggregates.indices.map(values)) }
        let suppression = try ComplementarySuppression(table, crossing: crossing, supports: supports)
        cells = try suppression.extended(cells) { hasEnoughUnits($0, table) }
        var layers = Dictionary(uniqueKeysWithValues: guarded.map { ($0, values($0)) })
        // Values of one cell determine one another, so what is withheld for one of them is withheld for all.
        var further = cells
        var isStable = layers.isEmpty
        while !isStable {
            let before = further
            for (aggregate, layer) in layers.sorted(by: { $0.key < $1.key }) {
                let start = zip(layer, further).map { $0 || $1 }
                let end = try suppression.extended(start) { union in
                    hasEnoughUnits(union, table) && passes(aggregate, union.map { table.cells[$0] })
                }
                for index in end.indices where end[index] && !start[index] { further[index] = true }
                layers[aggregate] = end
            }
            isStable = further == before
        }
        return (cells, query.aggregates.indices.map { layers[$0] ?? cells })
    }

    // MARK: One aggregate

    private func isConcentrated(_ aggregate: Int) -> Bool { concentration?.condition(aggregate) != nil }

    private func isGuarded(_ aggregate: Int) -> Bool { !supports.tests[aggregate].isEmpty || isConcentrated(aggregate) }

    // MARK: Several cells together

    /// A lower bound is enough: the largest cell, or the different bits of the small ones.
    private func hasEnoughUnits(_ union: [Int], _ table: CellTable) -> Bool {
        supports.own.enumerated().allSatisfy { unit, column in
            if union.contains(where: { table.cells[$0].supports[column] >= supports.minimum }) { return true }
            var bits: [UInt8] = []
            for cell in union where unit < table.cells[cell].sketches.count {
                let sketch = table.cells[cell].sketches[unit]
                bits += Array(repeating: 0, count: max(0, sketch.count - bits.count))
                for index in sketch.indices { bits[index] |= sketch[index] }
            }
            return bits.reduce(0) { $0 + $1.nonzeroBitCount } >= supports.minimum
        }
    }

    private func passes(_ aggregate: Int, _ cells: [CellTable.Cell]) -> Bool {
        let largest = supports.expressions.indices.map { column in cells.map { $0.supports[column] }.max() ?? 0 }
        return supports.passes(aggregate, largest) && (!isConcentrated(aggregate) || isBroad(cells))
    }

    /// Whether nobody can weigh too much in the cells together. The n largest of all hold at most what the n largest of
    /// each hold together, and all contributions are at least the sum with its signs.
    private func isBroad(_ cells: [CellTable.Cell]) -> Bool {
        guard let concentration else { return true }
        let width = concentration.figures
        let count = width * concentration.contributions.count * query.units.count
        guard cells.allSatisfy({ $0.weights?.count == count }) else { return false }
        for start in stride(from: 0, to: count, by: width) {
            var figures = Array(repeating: 0.0, count: width)
            for cell in cells {
                for index in 0..<width { figures[index] += cell.weights?[start + index] ?? .nan }
            }
            if cells.count > 1 { figures[1] = abs(figures[0]) }
            guard concentration.passes(figures) else { return false }
        }
        return true
    }
}
