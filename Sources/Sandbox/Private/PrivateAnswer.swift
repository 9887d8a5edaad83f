import Encoding
import Signing

/// Writes noisy groups as the table that the buyer's output is computed of, and reads the output.
struct PrivateAnswer: Sendable {
    let run: SandboxEngine.PrivateRun
    /// Of the groups' names, as the engine gave them.
    let types: [String]

    private static let chunk = 1000

    /// Statements that print the types of the result's columns, and then one line for each row: its cells and its errors.
    func statements(_ groups: [NoisyGroup], cap: Int) -> [String] {
        let table = QueryPlan.shown(0)
        let columns = types.enumerated().map { "g\($0) \($1)" }
            + run.plan.answers.enumerated().map { "a\($0) \(Self.type($1)), x\($0) DOUBLE" }
        var statements = ["CREATE TABLE \(table)(\((columns.isEmpty ? ["nothing INTEGER"] : columns).joined(separator: ", ")))"]
        for start in stride(from: 0, to: groups.count, by: Self.chunk) {
            let rows = groups[start..<min(start + Self.chunk, groups.count)].map { "(\(row($0)))" }
            statements.append("INSERT INTO \(table) VALUES \(rows.joined(separator: ", "))")
        }
        return statements + resultStatements(cap: cap)
    }

    /// The same over a table of no groups, made of `hexi_units` where that is at hand, whose types it has.
    func trialStatements(cap: Int) -> [String] {
        let columns = run.plan.cells.groups.indices.map { "g\($0)" }
            + run.plan.answers.enumerated().map { "CAST(NULL AS \(Self.type($1))) AS a\($0), CAST(NULL AS DOUBLE) AS x\($0)" }
        let list = (columns.isEmpty ? ["NULL AS nothing"] : columns).joined(separator: ", ")
        return ["CREATE TABLE \(QueryPlan.shown(0)) AS SELECT \(list) FROM hexi_units LIMIT 0"] + resultStatements(cap: cap)
    }

    private func resultStatements(cap: Int) -> [String] {
        var statements: [String] = []
        statements.append("CREATE TABLE hexi_result AS \(result(cap: cap))")
        statements.append("SELECT to_json(list(type ORDER BY cid)) FROM pragma_table_info('hexi_result') WHERE name LIKE 'c%'")
        let cells = run.query.columnNames.indices.map { "CAST(c\($0) AS VARCHAR)" }
        let errors = run.query.columnNames.indices.map { hasError($0) ? "CAST(e\($0) AS VARCHAR)" : "NULL" }
        statements.append("SELECT json_array(\((cells + errors).joined(separator: ", "))) FROM hexi_result ORDER BY rowid")
        return statements
    }

    private static func type(_ answer: PrivatePlan.Answer) -> String {
        switch answer {
        case .count: "BIGINT"
        case .sum(_, let grid, let isWhole): isWhole && grid.digits == 0 ? "HUGEINT" : "DOUBLE"
        case .mean: "DOUBLE"
        }
    }

    private func row(_ group: NoisyGroup) -> String {
        let names = zip(group.names, types).map { name, type in
            name.map { "TRY_CAST(\(SQLWriter.text($0)) AS \(type))" } ?? "NULL"
        }
        let answers = zip(group.answers, run.plan.answers).flatMap { answer, kind in
            [
                answer.text.map { "TRY_CAST('\($0)' AS \(Self.type(kind)))" } ?? "NULL",
                answer.halfWidth.map { "CAST('\($0)' AS DOUBLE)" } ?? "NULL",
            ]
        }
        let cells = names + answers
        return (cells.isEmpty ? ["NULL"] : cells).joined(separator: ", ")
    }

    /// Whether an output column shows an aggregate as it is, and its error can stand beside it.
    private func hasError(_ index: Int) -> Bool {
        run.written.result.hasPrefix("SELECT ") && !run.written.result.hasPrefix("SELECT DISTINCT")
            && run.written.errorOutputs.indices.contains(index) && run.written.errorOutputs[index] != nil
    }

    private func result(cap: Int) -> String {
        let statement = run.written.resultStatement(cap: cap)
        let errors = run.query.columnNames.indices.compactMap { index in
            hasError(index) ? run.written.errorOutputs[index].map { "\($0) AS e\(index), " } : nil
        }
        return errors.isEmpty ? statement : "SELECT " + errors.joined() + statement.dropFirst("SELECT ".count)
    }

    // MARK: Reading

    func read(_ output: [UInt8], cap: Int, milliseconds: Int, engine: String) throws(SandboxError) -> RunResult {
        func malformed(_ what: String) -> SandboxError { .engineFailed(operatorDetail: what) }
        var lines: [[JSONValue]] = []
        for line in output.split(separator: 0x0A) {
            guard let values = (try? JSONValue.parse(line, maximumDepth: 4))?.arrayValue else { throw malformed("a line that is no list") }
            lines.append(values)
        }
        let count = run.query.columnNames.count
        guard let types = lines.first?.compactMap(\.stringValue), types.count == count else { throw malformed("no types of columns") }
        guard lines.count - 1 <= cap else {
            throw .refused(
                QueryRefusal(
                    .tooManyRows, "the result has more than the \(cap) rows that are allowed",
                    hint: "group more coarsely, or add ORDER BY and LIMIT \(cap)"))
        }
        var rows: [[JSONValue]] = []
        var errors: [[JSONValue]] = []
        for line in lines.dropFirst() {
            guard line.count == count * 2 else { throw malformed("a row of wrong length") }
            rows.append(zip(line[..<count], types).map(ResultReader.value))
            errors.append(line[count...].map { ResultReader.value($0, "DOUBLE") })
        }
        return result(rows, errors, types, milliseconds, engine)
    }

    private func result(
        _ rows: [[JSONValue]], _ errors: [[JSONValue]], _ types: [String], _ milliseconds: Int, _ engine: String
    ) -> RunResult {
        let columns = zip(run.query.columnNames, types).map { RunResult.Column(name: $0, type: $1) }
        let document: JSONValue = [
            "columns": .array(columns.map { ["name": .string($0.name), "type": .string($0.type)] }),
            "rows": .array(rows.map { .array($0) }), "errors": .array(errors.map { .array($0) }), "privacy": run.report.document,
        ]
        let bytes = document.serialized()
        return RunResult(
            columns: columns, rows: rows, suppressedGroups: 0, milliseconds: milliseconds, resultBytes: bytes,
            resultHash: SHA256.hash(bytes), policyHash: run.query.policyHash, engine: engine, errors: errors, privacy: run.report)
    }
}
