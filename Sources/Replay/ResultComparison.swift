import Encoding

/// Two result documents, cell by cell.
enum ResultComparison {
    static func verdict(_ recorded: JSONValue, _ repeated: JSONValue) -> ReplayVerdict {
        guard recorded["columns"] == repeated["columns"] else { return .different(reason: "the columns differ") }
        let old = recorded["rows"]?.arrayValue ?? []
        let new = repeated["rows"]?.arrayValue ?? []
        guard old.count == new.count else { return .different(reason: "\(old.count) rows are on record, the run gives \(new.count)") }
        var largest = 0.0
        for (index, pair) in zip(old, new).enumerated() {
            let left = pair.0.arrayValue ?? []
            let right = pair.1.arrayValue ?? []
            guard left.count == right.count else { return .different(reason: "row \(index + 1) has another length") }
            for (column, cells) in zip(left, right).enumerated() {
                guard let difference = difference(cells.0, cells.1), difference <= ReplayVerdict.tolerance else {
                    return .different(reason: "row \(index + 1), column \(column + 1) is not what was delivered")
                }
                largest = max(largest, difference)
            }
        }
        return .nearlySame(largestDifference: largest)
    }

    /// Zero for equal cells, the relative difference of two floating-point numbers, `nil` for anything else.
    private static func difference(_ one: JSONValue, _ other: JSONValue) -> Double? {
        if one == other { return 0 }
        // A whole number is exact: only floating-point cells may differ.
        guard case .number(let left) = one, case .number(let right) = other, left.isFinite, right.isFinite else { return nil }
        return abs(left - right) / max(abs(left), abs(right))
    }
}
