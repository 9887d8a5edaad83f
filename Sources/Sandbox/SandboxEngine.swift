import Encoding
import Glibc
import Synchronization

/// Parses, checks and runs queries, each in a fresh process that can reach nothing but the tables it was given.
///
/// The engine keeps no state between runs, so one value may be used by any number of tasks at once; each call starts one
/// process (`check` starts two).
public struct SandboxEngine: Sendable {
    public let configuration: EngineConfiguration
    let functions: FunctionCatalog
    private let isolation = Preparation()
    /// A group of the kernel's that the machine has given to this process.
    let controlGroups: ControlGroups?
    /// Checks take milliseconds and have a line of their own, so that they do not wait behind long runs.
    private let checks: ProcessGate
    private let runs: ProcessGate

    /// What is found once and then used for every process: the program's libraries and the system-call filter.
    private final class Preparation: Sendable {
        let value = Mutex<IsolatedProcess?>(nil)
    }

    /// Looked for once: it moves this process within its group.
    private static let delegatedGroups = ControlGroups.delegated()

    public init(configuration: EngineConfiguration) {
        self.configuration = configuration
        functions = .standard
        controlGroups = configuration.controlGroup.map { ControlGroups(folder: $0) } ?? Self.delegatedGroups
        checks = ProcessGate(places: configuration.maximumProcesses)
        runs = ProcessGate(places: configuration.maximumProcesses)
    }

    /// The engine and the version whose functions are listed, such as "DuckDB 1.5.6".
    public var engineName: String { functions.engine }

    /// Parses a text with DuckDB's own parser, in an empty sandbox.
    ///
    /// - Throws: `refused` with `syntax-error` and its place, `not-one-select` for anything but SELECT, `too-long`, `too-deep`.
    public func parse(_ sql: String) async throws(SandboxError) -> SyntaxTree {
        let bytes = Array(sql.utf8)
        guard bytes.count <= SyntaxTree.maximumTextBytes else {
            throw .refused(
                QueryRefusal(
                    .tooLong, "the query has \(bytes.count) bytes", hint: "at most \(SyntaxTree.maximumTextBytes) are allowed"))
        }
        guard !bytes.contains(0) else { throw .refused(QueryRefusal(.syntaxError, "the query holds a NUL byte")) }
        var script = EngineScript(limits: .parsing)
        script.lock()
        script.add("SELECT json_serialize_sql(\(EngineScript.literal(bytes)))")
        let outcome = try await execute(script, mounts: [], limits: .parsing)
        guard case .exited(0) = outcome.ending else {
            // The engine reads a text of any shape or says what is wrong with it; where it dies, the text is to blame.
            throw .refused(QueryRefusal(.syntaxError, "the engine's parser could not read the text"))
        }
        do {
            return try SyntaxTree(sql: sql, serialized: outcome.output)
        } catch {
            throw .refused(error.located(in: sql))
        }
    }

    /// Parses and checks a query against the policies of the tables it may read, and tries its rewritten form on empty tables.
    ///
    /// - Throws: `refused` with the first rule that the query breaks, the piece of the text and its place.
    public func check(
        sql: String, mode: QueryMode, tables: [TablePolicy], parameters: [QueryParameter] = []
    ) async throws(SandboxError) -> CheckedQuery {
        let tree = try await parse(sql)
        let query: CheckedQuery
        do {
            query = try QueryChecker(mode: mode, policies: tables, parameters: parameters, functions: functions).check(tree)
        } catch {
            throw .refused(error)
        }
        try await tryOnEmptyTables(query)
        return query
    }

    /// Binding errors (a function that does not take a type, a text that is no date) are found before anybody signs the
    /// query. There is no data, so the engine's own words can tell nothing.
    private func tryOnEmptyTables(_ query: CheckedQuery) async throws(SandboxError) {
        var script = EngineScript(limits: .parsing)
        script.addEmptyTables(query.tables)
        script.lock()
        var values: [String: ParameterValue] = [:]
        for parameter in query.parameters { values[foldedName(parameter.name)] = .sample(parameter.type) }
        let conversions = query.written(values: values).conversions
        if !conversions.isEmpty { script.add("CREATE TABLE hexi_constants AS SELECT \(conversions.enumerated().map { "\($1) AS x\($0)" }.joined(separator: ", "))") }
        if query.mode == .private {
            try script.addPrivateTrial(of: query, values: values)
        } else {
            try script.add(query, values: values, cap: query.maximumRows)
        }
        let outcome = try await execute(script, mounts: [], limits: .parsing)
        guard outcome.ending != .exited(0) else { return }
        guard case .exited = outcome.ending else { throw failure(outcome, limits: .parsing) }
        let reason = EngineMessage(outcome.errorText).firstLine
        throw .refused(QueryRefusal(.typeMismatch, "the engine cannot run this query: \(reason)"))
    }

    /// Runs a checked query on snapshots.
    ///
    /// - Parameters:
    ///   - values: one for each parameter, by its declared name.
    ///   - snapshots: for each table of the query, by its policy's name, the path of the file that `importTable` made.
    ///   - restrictions: by table, which rows the run may see; all of them must be met.
    ///   - earlier: the buyer's completed runs on these products, where a policy asks that answers be held against each other.
    ///   - cellKeys: by table, the secrets of products whose policy changes counts.
    ///   - limits: `nil` for the configuration's.
    ///   - privacy: what a run in private mode spends; without meaning in other modes.
    /// - Throws: `refused` with `group-below-minimum`, `too-many-rows`, `join-multiplies-rows`, `differencing` or `parameter-value`;
    ///   `timeExceeded`, `outputExceeded`, `resourcesExceeded`, `engineFailed`, `isolationUnavailable`, `cancelled`.
    public func run(
        _ query: CheckedQuery, values: [String: JSONValue] = [:], snapshots: [String: String],
        restrictions: [String: [RowRestriction]] = [:], earlier: [EarlierRun] = [], cellKeys: [String: CellKeySecret] = [:],
        limits: RunLimits? = nil, privacy: PrivacyRequest? = nil
    ) async throws(SandboxError) -> RunResult {
        let limits = limits ?? configuration.limits
        let bound = try bind(values, query)
        if query.mode == .private {
            return try await runPrivate(
                query, values: bound, snapshots: snapshots, restrictions: restrictions, limits: limits, privacy: privacy)
        }
        var script = EngineScript(limits: limits)
        var attached = AttachedTables()
        for (index, name) in query.tableNames.enumerated() {
            _ = try attached.catalog(
                of: query.tables[index], snapshot: snapshots[name], restrictions: restrictions[name] ?? [], isNew: true, in: &script)
        }
        let comparison = try comparison(
            query, bound, Conditions(snapshots: snapshots, restrictions: restrictions), earlier, &attached, &script)
        script.lock()
        let cap = max(min(query.maximumRows, limits.maximumRows), 0)
        try script.add(query, values: bound, cap: cap, cellKeys: cellKeys, comparison: comparison)
        let outcome = try await execute(script, mounts: attached.mounts, limits: limits)
        guard case .exited(0) = outcome.ending else { throw failure(outcome, limits: limits) }
        return try ResultReader(query: query, cap: cap).read(outcome.output, milliseconds: Int(outcome.seconds * 1000))
    }

    func bind(_ values: [String: JSONValue], _ query: CheckedQuery) throws(SandboxError) -> [String: ParameterValue] {
        var bound: [String: ParameterValue] = [:]
        for parameter in query.parameters {
            guard let value = values[parameter.name] else {
                throw .refused(QueryRefusal(.parameterValue, "the parameter $\(parameter.name) has no value", piece: parameter.name))
            }
            do {
                bound[foldedName(parameter.name)] = try ParameterValue(value, for: parameter)
            } catch {
                throw .refused(
                    QueryRefusal(.parameterValue, "the parameter $\(parameter.name) \(error.reason)", piece: parameter.name))
            }
        }
        for count in [query.template.limit, query.template.offset].compactMap(\.self) {
            for (index, parameter) in query.parameters.enumerated() where count == SQLTemplate.placeholder(index) {
                guard bound[foldedName(parameter.name)]?.text.hasPrefix("-") == true else { continue }
                throw .refused(
                    QueryRefusal(.parameterValue, "the parameter $\(parameter.name) must not be negative", piece: parameter.name))
            }
        }
        for name in values.keys.sorted() where !query.parameters.contains(where: { $0.name == name }) {
            throw .refused(QueryRefusal(.parameterUnknown, "the query has no parameter \"\(name)\"", piece: name))
        }
        return bound
    }

    // MARK: Processes

    /// Runs the engine on a script in a fresh sandbox.
    func execute(
        _ script: EngineScript, mounts: [Mount], limits: RunLimits, maximumFileBytes: Int? = nil
    ) async throws(SandboxError) -> ChildOutcome {
        let process = try await isolatedProcess()
        let gate = mounts.isEmpty ? checks : runs
        guard await gate.enter() else { throw .cancelled }
        defer { gate.leave() }
        let conversation = ScriptConversation(script)
        let outcome = try await process.run(
            program: configuration.duckdbPath, arguments: EngineScript.arguments, mounts: mounts, input: conversation.opening,
            limits: limits, maximumFileBytes: maximumFileBytes, conversation: conversation.child)
        if let error = conversation.failure { throw error }
        switch outcome.ending {
        case .deadline: throw .timeExceeded(seconds: limits.wallClockSeconds)
        case .outputLimit: throw .outputExceeded(bytes: limits.maximumOutputBytes)
        case .cancelled: throw .cancelled
        default: break
        }
        guard outcome.output.starts(with: EngineScript.firstLine) else {
            throw .isolationUnavailable(
                reason: "the engine did not start inside the sandbox: \(EngineMessage(outcome.errorText).firstLine)",
                remedy: "hexi doctor shows which layer is missing")
        }
        var answered = outcome
        answered.output = conversation.withoutConversation(outcome.output.dropFirst(EngineScript.firstLine.count))
        return answered
    }

    /// The isolation as it was prepared once; prepared now if it was not.
    func isolatedProcess() async throws(SandboxError) -> IsolatedProcess {
        if let ready = isolation.value.withLock({ $0 }) { return ready }
        guard access(configuration.bubblewrapPath, X_OK) == 0 else {
            throw .isolationUnavailable(
                reason: "\(configuration.bubblewrapPath) is not there", remedy: "install it with: apt-get install bubblewrap")
        }
        guard access(configuration.duckdbPath, X_OK) == 0 else {
            throw .isolationUnavailable(
                reason: "DuckDB's program is not at \(configuration.duckdbPath)", remedy: "run ops/setup, which installs it")
        }
        guard configuration.controlGroup == nil || controlGroups != nil else {
            throw .isolationUnavailable(
                reason: "the control group \(configuration.controlGroup ?? "") cannot be used",
                remedy: "name a group of cgroups version 2 that this user may write to and that holds no process")
        }
        let prepared = IsolatedProcess(
            bubblewrapPath: configuration.bubblewrapPath, filter: try SystemCallFilter.engine(),
            libraries: try await SharedLibraries.needed(by: configuration.duckdbPath), controlGroups: controlGroups)
        isolation.value.withLock { $0 = prepared }
        return prepared
    }

    /// What an engine that stopped early means.
    private func failure(_ outcome: ChildOutcome, limits: RunLimits) -> SandboxError {
        if outcome.errorText.contains(EngineScript.multiplicityMark) {
            return .refused(
                QueryRefusal(
                    .joinMultipliesRows, "in a joined table too many rows share one key",
                    hint: "join on more columns, so that each row meets few others"))
        }
        if outcome.errorText.contains(DifferencingCheck.mark) {
            return .refused(
                QueryRefusal(
                    .differencing, "together with earlier answers to you this one would tell of too few",
                    hint: "ask with the same groups and filters as before, or for groups that differ by more"))
        }
        return EngineMessage(outcome.errorText).error(for: outcome.ending, limits: limits)
    }
}
