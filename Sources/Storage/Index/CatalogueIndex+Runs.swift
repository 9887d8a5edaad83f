import Encoding

extension CatalogueIndex {
    /// Lists runs, the latest first.
    ///
    /// - Throws: `IndexError.badLimit`, `.badCursor` for what the caller gave.
    public func runs(_ filter: RunFilter) throws(IndexError) -> RunPage {
        guard (1...200).contains(filter.limit) else { throw .badLimit(filter.limit) }
        var before = Int64.max
        if let cursor = filter.cursor {
            guard let seq = Int64(cursor), seq >= 0 else { throw .badCursor }
            before = seq
        }
        let (sql, values) = Self.statement(filter, before)
        return try reader.withLock { (connection) throws(IndexError) in
            var runs: [RunRecord] = []
            try connection.query(sql, values) { (row) throws(IndexError) in
                runs.append(
                    RunRecord(
                        identifier: row.text(1), seq: UInt64(clamping: row.integer(0)),
                        time: Timestamp(milliseconds: row.integer(2)), buyer: row.text(3), providers: [],
                        query: row.text(4), contracts: [], outcome: row.text(5),
                        reason: row.isNull(6) ? nil : row.text(6), rows: row.isNull(7) ? nil : row.integer(7),
                        result: row.isNull(8) ? nil : row.text(8),
                        resultExpires: row.isNull(9) ? nil : Timestamp(milliseconds: row.integer(9))))
                return true
            }
            let hasMore = runs.count > filter.limit
            if hasMore { runs.removeLast() }
            for index in runs.indices { try Self.complete(&runs[index], connection) }
            return RunPage(runs: runs, nextCursor: hasMore ? runs.last.map { String($0.seq) } : nil)
        }
    }

    /// The narrowest condition comes first and gives the order, so that a page is read without sorting all its runs.
    private static func statement(_ filter: RunFilter, _ before: Int64) -> (String, [SQLiteValue]) {
        var tables = "run r"
        var conditions: [String] = []
        var values: [SQLiteValue] = []
        func require(_ condition: String, _ value: SQLiteValue?) {
            guard let value else { return }
            conditions.append(condition)
            values.append(value)
        }
        if let contract = filter.contract {
            tables = "run_contract d CROSS JOIN run r ON r.seq = d.seq"
            require("d.contract = ?", .text(contract))
            require("EXISTS (SELECT 1 FROM run_party p WHERE p.party = ? AND p.seq = r.seq)", filter.party.map { .text($0) })
        } else if let party = filter.party {
            tables = "run_party d CROSS JOIN run r ON r.seq = d.seq"
            require("d.party = ?", .text(party))
        }
        let seq = tables == "run r" ? "r.seq" : "d.seq"
        require("\(seq) < ?", .integer(before))
        require("r.query = ?", filter.query.map { .text($0) })
        require("r.identifier = ?", filter.identifier.map { .text($0) })
        require("r.time >= ?", filter.from.map { .integer($0.milliseconds) })
        require("r.time < ?", filter.to.map { .integer($0.milliseconds) })
        values.append(.integer(Int64(filter.limit) + 1))
        let sql = """
            SELECT r.seq, r.identifier, r.time, r.buyer, r.query, r.outcome, r.reason, r.rows, r.result, r.result_expires FROM \(tables)
            WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(seq) DESC LIMIT ?
            """
        return (sql, values)
    }

    /// Adds providers, contracts and charges.
    private static func complete(_ run: inout RunRecord, _ connection: SQLiteConnection) throws(IndexError) {
        let seq = [SQLiteValue.integer(Int64(clamping: run.seq))]
        var (providers, contracts, charges) = ([String](), [String](), [RunCharge]())
        try connection.query("SELECT provider FROM run_provider WHERE seq = ? ORDER BY place", seq) {
            (row) throws(IndexError) in
            providers.append(row.text(0))
            return true
        }
        try connection.query("SELECT contract FROM run_contract WHERE seq = ? ORDER BY place", seq) {
            (row) throws(IndexError) in
            contracts.append(row.text(0))
            return true
        }
        try connection.query("SELECT payer, payee, contract, amount FROM charge WHERE seq = ? ORDER BY place", seq) {
            (row) throws(IndexError) in
            charges.append(
                RunCharge(payer: row.text(0), payee: row.text(1), contract: row.text(2), amount: row.integer(3)))
            return true
        }
        run.providers = providers
        run.contracts = contracts
        run.charges = charges
    }

    /// What a party paid and earned from runs at or after `from` and before `to`.
    public func usage(
        party: String, from: Timestamp = Timestamp(milliseconds: .min), to: Timestamp = Timestamp(milliseconds: .max)
    ) throws(IndexError) -> UsageReport {
        let values: [SQLiteValue] = [.text(party), .integer(from.milliseconds), .integer(to.milliseconds)]
        return try reader.withLock { (connection) throws(IndexError) in
            var report = UsageReport(party: party, lines: [], runs: [])
            for (isPayer, own, other) in [(true, "payer", "payee"), (false, "payee", "payer")] {
                let sql = """
                    SELECT \(other), contract, count(DISTINCT seq), sum(amount) FROM charge
                    WHERE \(own) = ? AND time >= ? AND time < ? GROUP BY \(other), contract ORDER BY \(other), contract
                    """
                try connection.query(sql, values) { (row) throws(IndexError) in
                    report.lines.append(
                        UsageReport.Line(
                            isPayer: isPayer, counterparty: row.text(0), contract: row.text(1),
                            runs: Int(row.integer(2)), amount: row.integer(3)))
                    return true
                }
            }
            let sql = """
                SELECT r.outcome, count(*) FROM run_party p JOIN run r ON r.seq = p.seq
                WHERE p.party = ? AND r.time >= ? AND r.time < ? GROUP BY r.outcome ORDER BY r.outcome
                """
            try connection.query(sql, values) { (row) throws(IndexError) in
                report.runs.append(UsageReport.Outcome(outcome: row.text(0), count: Int(row.integer(1))))
                return true
            }
            return report
        }
    }
}
