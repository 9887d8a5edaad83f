import Signing

/// A product's secret, from which each privacy unit's record key is made. It never stands in a text that a buyer sees.
public struct CellKeySecret: Sendable, Hashable {
    let bytes: [UInt8]

    /// - Parameter bytes: 32 random bytes, the same for all time: with another secret the same cells are changed otherwise, and
    ///   the difference of both would tell more than either.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// For trying a query on empty tables.
    static let trial = CellKeySecret(unchecked: [UInt8](repeating: 0, count: 32))

    private init(unchecked: [UInt8]) { bytes = unchecked }

    /// SQL that gives a unit's record key, a whole number below 2^62: a keyed hash of the unit's text, with one key inside and
    /// one outside, so that it cannot be continued (the construction of HMAC, RFC 2104).
    func recordKey(of unit: String) -> String {
        func key(_ label: String) -> String { SHA256.hash(Array(label.utf8) + bytes).description }
        let inner = "sha256('\(key("inner"))' || CAST(\(unit) AS VARCHAR))"
        return "CAST(md5_number_lower('\(key("outer"))' || \(inner)) & 4611686018427387903 AS BIGINT)"
    }
}

/// Changes counts by a little, always in the same way for the same units: the cell key method.
///
/// Every unit has a record key, a cell's key is the sum of its units' keys, and key and count choose the change from a table
/// (Fraser & Wooton, "A proposed method for confidentialising tabular output to protect against differencing", UNECE 2005;
/// Thompson, Broadfoot & Elazar, "Methodology for the automatic confidentialisation of statistical outputs from remote servers
/// at the Australian Bureau of Statistics", UNECE 2013; Meindl & Enderle, "cellKey", 2019).
struct CountPerturbation: Sendable {
    /// The sets of units that have a key of their own, as conditions on rows; `nil` for the whole cell, which comes first.
    let conditions: [String?]
    /// For each count among the aggregates, which of those is its own.
    let keyOfCount: [Int]
    let table: PerturbationTable

    /// `nil` where no count is changed.
    init?(_ query: CellQuery, rules: DisclosureRules) {
        guard rules.perturbation > 0, !query.units.isEmpty else { return nil }
        var conditions: [String?] = [nil]
        keyOfCount = query.aggregates.filter(\.statistic.isCount).map { aggregate in
            let condition = aggregate.guards.lazy.compactMap { rule -> String? in
                switch rule {
                case .enoughUnits(let condition), .noneOrEnoughUnits(let condition): condition
                case .enoughUnitsBesideAnyValue: nil
                }
            }.first
            if let known = conditions.firstIndex(of: condition) { return known }
            conditions.append(condition)
            return conditions.count - 1
        }
        self.conditions = conditions
        table = PerturbationTable(minimum: query.minimumGroupSize, largest: rules.perturbation)
    }

    func change(_ cell: CellTable.Cell, _ row: inout StageDecision.Row) {
        row.rows = changed(cell.rows, key: cell.keys.first)
        row.counts = cell.counts.enumerated().map { index, count in
            let key = keyOfCount.indices.contains(index) ? keyOfCount[index] : 0
            return changed(count, key: cell.keys.indices.contains(key) ? cell.keys[key] : nil)
        }
    }

    private func changed(_ count: Int, key: UInt64?) -> Int {
        guard let key else { return count }
        // The count takes part, so that cells of the same units whose rows differ are changed differently.
        return table.changed(count, key: Self.mixed(key ^ Self.mixed(UInt64(max(count, 0)))))
    }

    /// The finalizer of SplitMix64 (Steele, Lea & Flood, OOPSLA 2014).
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

extension CellAggregate.Statistic {
    var isCount: Bool { self == .count || self == .distinctCount }
}
