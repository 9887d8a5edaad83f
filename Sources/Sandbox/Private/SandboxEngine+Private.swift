import DifferentialPrivacy
import Encoding
import Glibc

/// Private mode: one process measures, this one adds noise, and another process, which holds no protected rows, computes the
/// buyer's output of the noisy numbers.
extension SandboxEngine {
    /// What a run in private mode prepares before it may read anything.
    struct PrivateRun: Sendable {
        let query: CheckedQuery
        let plan: PrivatePlan
        let written: QueryPlan
        let release: PrivateRelease
        let request: PrivacyRequest

        init(
            _ query: CheckedQuery, values: [String: ParameterValue], request: PrivacyRequest?
        ) throws(QueryRefusal) {
            guard let request else {
                throw QueryRefusal(.parameterValue, "a run in private mode must say which ε it spends", piece: "epsilon")
            }
            self.query = query
            self.request = request
            written = query.written(values: values)
            plan = try PrivatePlan(written, tables: query.tables)
            release = try PrivateRelease(plan, request: request)
        }

        var report: PrivacyReport {
            PrivacyReport(
                mechanism: request.mechanism, epsilonThousandths: request.epsilonThousandths, deltaExponent: plan.deltaExponent,
                choosesGroups: !plan.cells.groups.isEmpty, unit: plan.unit.name,
                tables: query.tables.filter(\.isProtected).map(\.name), groupsPerUnit: plan.groupsPerUnit,
                rowsPerUnit: plan.rowsPerUnit, threshold: release.threshold.flatMap { Int64(exactly: $0) })
        }
    }

    /// What the tables hold, measured: never to leave the node but with noise.
    struct Measurement: Sendable {
        /// The types of the groups' names.
        var types: [String]
        var groups: [MeasuredGroup]
        var seconds: Double
        var engine: String
    }

    /// More than any result: small groups take up lines here that nobody will see.
    static let maximumMeasuredBytes = 256 << 20
    /// Groups that can be shown, before HAVING.
    static let maximumShownGroups = 200_000

    /// - Parameters:
    ///   - script: with its tables attached, and locked.
    ///   - mounts: of all tables.
    ///   - key: `nil` for a random one.
    func measure(
        _ plan: PrivatePlan, script: EngineScript, mounts: [Mount], limits: RunLimits,
        smallestGroup: Int = PrivatePlan.smallestGroup, key: UInt64? = nil
    ) async throws(SandboxError) -> Measurement {
        var script = script
        var limits = limits
        limits.maximumOutputBytes = Self.maximumMeasuredBytes
        var generator = SystemRandomNumberGenerator()
        script.add("SELECT json_array(version())")
        for statement in PrivateScript(plan: plan, key: key ?? generator.next(), smallestGroup: smallestGroup).statements { script.add(statement) }
        let outcome: ChildOutcome
        do throws(SandboxError) {
            outcome = try await execute(script, mounts: mounts, limits: limits)
        } catch .outputExceeded {
            throw .resourcesExceeded
        }
        guard case .exited(0) = outcome.ending else { throw EngineMessage(outcome.errorText).error(for: outcome.ending, limits: limits) }
        do {
            return try Self.read(outcome, plan)
        } catch {
            throw .engineFailed(operatorDetail: "the measurement is not what the script asks for: \(error)")
        }
    }

    private struct MalformedMeasurement: Error {}

    private static func read(_ outcome: ChildOutcome, _ plan: PrivatePlan) throws -> Measurement {
        var lines = try outcome.output.split(separator: 0x0A).map { try JSONValue.parse($0, maximumDepth: 4) }[...]
        guard let engine = lines.popFirst()?.arrayValue?.first?.stringValue, let types = lines.popFirst() else { throw MalformedMeasurement() }
        let names = (types.arrayValue ?? []).compactMap(\.stringValue)
        let count = plan.cells.groups.count
        guard names.count == count, names.allSatisfy({ ColumnType($0) != nil }) else { throw MalformedMeasurement() }
        let groups = try lines.map { line -> MeasuredGroup in
            guard let cells = line.arrayValue, cells.count == count + 1 + plan.measures.count else { throw MalformedMeasurement() }
            let numbers = cells[(count + 1)...].compactMap { $0.stringValue.flatMap { Int128($0) } }
            guard numbers.count == plan.measures.count else { throw MalformedMeasurement() }
            return MeasuredGroup(names: cells[..<count].map(\.stringValue), numbers: numbers)
        }
        return Measurement(types: names, groups: groups, seconds: outcome.seconds, engine: "DuckDB " + engine.drop { $0 == "v" })
    }

    /// Measures, adds noise, and computes the output.
    ///
    /// - Throws: as `run` does. No refusal depends on rows but through the noise.
    func runPrivate(
        _ query: CheckedQuery, values: [String: ParameterValue], snapshots: [String: String],
        restrictions: [String: [RowRestriction]], limits: RunLimits, privacy: PrivacyRequest?
    ) async throws(SandboxError) -> RunResult {
        let run: PrivateRun
        do { run = try PrivateRun(query, values: values, request: privacy) } catch { throw .refused(error) }
        let cap = max(min(query.maximumRows, limits.maximumRows), 0)
        var measuring = EngineScript(limits: limits)
        var answering = EngineScript(limits: limits)
        var (all, open): ([Mount], [Mount]) = ([], [])
        for (index, table) in query.tables.enumerated() {
            all.append(try measuring.attach(index, of: query, snapshots, restrictions))
            // The process that computes the output has no protected table, so nothing of one can reach it but through the noise.
            if !table.isProtected { open.append(try answering.attach(index, of: query, snapshots, restrictions)) }
        }
        measuring.lock()
        answering.lock()
        let measured = try await measure(run.plan, script: measuring, mounts: all, limits: limits)
        var generator = SystemRandomNumberGenerator()
        let shown: [NoisyGroup]
        do {
            shown = try run.release.release(measured.groups, using: &generator)
        } catch {
            throw .engineFailed(operatorDetail: "the noise could not be made: \(error)")
        }
        guard shown.count <= Self.maximumShownGroups else {
            throw .refused(
                QueryRefusal(
                    .tooManyRows, "more than \(Self.maximumShownGroups) groups could be shown", hint: "group more coarsely"))
        }
        let answer = PrivateAnswer(run: run, types: measured.types)
        for statement in answer.statements(shown, cap: cap) { answering.add(statement) }
        var rest = limits
        rest.wallClockSeconds = max(1, limits.wallClockSeconds - measured.seconds)
        let outcome = try await execute(answering, mounts: open, limits: rest)
        guard case .exited(0) = outcome.ending else { throw EngineMessage(outcome.errorText).error(for: outcome.ending, limits: rest) }
        return try answer.read(
            outcome.output, cap: cap, milliseconds: Int((measured.seconds + outcome.seconds) * 1000), engine: measured.engine)
    }
}

extension EngineScript {
    /// Attaches the snapshot of a query's table.
    mutating func attach(
        _ index: Int, of query: CheckedQuery, _ snapshots: [String: String], _ restrictions: [String: [RowRestriction]]
    ) throws(SandboxError) -> Mount {
        let (name, file) = (query.tableNames[index], "/data/\(index).duckdb")
        guard let path = snapshots[name] else {
            throw .engineFailed(operatorDetail: "no snapshot was given for the table \"\(name)\"")
        }
        do { try addTable(index, file: file, policy: query.tables[index], restrictions[name] ?? []) } catch { throw .refused(error) }
        return Mount(source: path, target: file)
    }

    /// Everything that a run in private mode does, on empty tables.
    mutating func addPrivateTrial(of query: CheckedQuery, values: [String: ParameterValue]) throws(SandboxError) {
        do {
            let run = try SandboxEngine.PrivateRun(query, values: values, request: PrivacyRequest(epsilonThousandths: 1000))
            for statement in PrivateScript(plan: run.plan, key: 0).statements { add(statement) }
            for statement in PrivateAnswer(run: run, types: []).trialStatements(cap: query.maximumRows) { add(statement) }
        } catch {
            throw .refused(error)
        }
    }
}

extension CheckedQuery {
    /// The tables whose budget a run in private mode spends, by their policies' names.
    public var privacyTables: [String] { mode == .private ? tables.filter(\.isProtected).map(\.name) : [] }
}
