import Encoding
import Signing

/// Reads what `EngineScript` makes the engine print.
struct ResultReader: Sendable {
    let query: CheckedQuery
    let cap: Int

    /// - Throws: refusals that depend on the result (all groups too small, too many rows), or `engineFailed` for output that
    ///   is not what the script asks for.
    func read(_ output: [UInt8], milliseconds: Int) throws(SandboxError) -> RunResult {
        var lines: [JSONValue] = []
        for line in output.split(separator: 0x0A) {
            do { lines.append(try JSONValue.parse(line, maximumDepth: 4)) } catch {
                throw .engineFailed(operatorDetail: "the engine printed a line that is no JSON: \(error)")
            }
        }
        var rest = lines[...]
        func next() throws(SandboxError) -> [JSONValue] {
            guard let values = rest.popFirst()?.arrayValue else {
                throw .engineFailed(operatorDetail: "the engine printed fewer lines than asked for")
            }
            return values
        }
        let engine = "DuckDB " + (try next().first?.stringValue ?? "").drop { $0 == "v" }
        var suppressed = 0
        for (index, stage) in query.template.stages.enumerated() {
            let isMain = index == query.template.mainStage
            let groups = try suppressedGroups(try next(), stage.cells, mustShow: isMain)
            if isMain { suppressed = groups }
        }
        let types = try next().map { $0.stringValue ?? "" }
        guard types.count == query.columnNames.count else {
            throw .engineFailed(operatorDetail: "the result has \(types.count) columns instead of \(query.columnNames.count)")
        }
        guard rest.count <= cap else {
            throw .refused(
                QueryRefusal(
                    .tooManyRows, "the result has more than the \(cap) rows that are allowed",
                    hint: "group more coarsely, or add ORDER BY and LIMIT \(cap)"))
        }
        var rows: [[JSONValue]] = []
        rows.reserveCapacity(rest.count)
        for line in rest {
            let cells = line.arrayValue ?? []
            guard cells.count == types.count else { throw .engineFailed(operatorDetail: "a row of wrong length") }
            rows.append(zip(cells, types).map(Self.value))
        }
        return result(rows, types, suppressed, milliseconds, engine)
    }

    /// How many cells were suppressed. Refuses if the stage that the result is read from shows none: whether there were none or only small ones must look
    /// the same.
    private func suppressedGroups(_ summary: [JSONValue], _ cells: CellQuery, mustShow: Bool) throws(SandboxError) -> Int {
        let numbers = summary.compactMap { $0.integerValue.flatMap { Int(exactly: $0) } }
        guard numbers.count == summary.count, numbers.count >= 2 else { throw .engineFailed(operatorDetail: "a malformed summary") }
        guard !cells.units.isEmpty else { return 0 }
        guard numbers[0] > 0 || !mustShow else {
            let names = cells.units.map(\.name).joined(separator: " and ")
            throw .refused(
                QueryRefusal(
                    .groupBelowMinimum,
                    "no group rests on at least \(cells.minimumGroupSize) distinct \(names), so nothing is shown",
                    hint: "group more coarsely or filter less"))
        }
        let sketches = numbers.dropFirst(2)
        return !sketches.isEmpty && sketches.allSatisfy { $0 >= cells.minimumGroupSize } ? numbers[1] : 0
    }

    /// A cell from the engine's own text of it.
    static func value(_ cell: JSONValue, _ type: String) -> JSONValue {
        guard let text = cell.stringValue else { return cell }
        switch ColumnType(type)?.kind {
        case .integer: return Int64(text).map { .integer($0) } ?? cell
        case .boolean: return .bool(text == "true")
        case .decimal where type == "DOUBLE" || type == "FLOAT":
            guard let number = Double(text), number.isFinite else { return cell }
            return .number(number)
        default: return cell
        }
    }

    private func result(
        _ rows: [[JSONValue]], _ types: [String], _ suppressed: Int, _ milliseconds: Int, _ engine: String
    ) -> RunResult {
        let columns = zip(query.columnNames, types).map { RunResult.Column(name: $0, type: $1) }
        let document: JSONValue = [
            "columns": .array(columns.map { ["name": .string($0.name), "type": .string($0.type)] }),
            "rows": .array(rows.map { .array($0) }),
        ]
        let bytes = document.serialized()
        return RunResult(
            columns: columns, rows: rows, suppressedGroups: suppressed, milliseconds: milliseconds, resultBytes: bytes,
            resultHash: SHA256.hash(bytes), policyHash: query.policyHash, engine: engine)
    }
}
