import Encoding
import Glibc
import Signing
import Synchronization

/// Runs buyers' approved programs on providers' tables, where they can reach nothing else and say only what was declared.
///
/// A program finds at /program its own files, at /data one CSV file a table with schema.json and parameters.json, at /scratch
/// room to work in memory, and at /output the files metrics.json and its declared artefacts, empty and ready to be written. What
/// it prints goes nowhere.
public struct ProgramRunner: Sendable {
    private let engine: SandboxEngine
    private let configuration: RuntimeConfiguration
    private let gate: ProcessGate
    private let runtimes = Found()

    private final class Found: Sendable {
        let value = Mutex<[ApprovedProgram.Runtime: ProgramRuntime]>([:])
    }

    public init(engine: SandboxEngine, configuration: RuntimeConfiguration = RuntimeConfiguration()) {
        self.engine = engine
        self.configuration = configuration
        gate = ProcessGate(places: configuration.maximumPrograms)
    }

    /// Reads a bundle as a run would, without running anything.
    ///
    /// - Throws: `bundleRefused`.
    public static func check(_ program: ApprovedProgram, bundle: String) throws(ProgramFailure) {
        _ = try ProgramBundle(path: bundle, program: program)
    }

    /// Runs a program once.
    ///
    /// - Parameters:
    ///   - bundle: the path of its bundle on this machine.
    ///   - tables: as the asking identity may see them; hidden columns do not exist for the program.
    ///   - snapshots: for each table, by its policy's name, the path of the file that `importTable` made.
    ///   - restrictions: by table, which rows the program may see.
    ///   - limits: of the program: time, memory, scratch space, threads (of which it is only told).
    ///   - parameters: what it finds in /data/parameters.json.
    ///   - artefactFolder: an existing folder of the node's own on the file system of the scratch directory; the artefacts are left
    ///     there when the program has delivered, and nothing otherwise.
    /// - Throws: `bundleRefused`, `notDelivered`, or `sandbox` with `isolationUnavailable`, `cancelled`, `refused` (a restriction
    ///   that the table cannot meet) and so on.
    public func run(
        _ program: ApprovedProgram, bundle: String, tables: [TablePolicy], snapshots: [String: String],
        restrictions: [String: [RowRestriction]] = [:], limits: RunLimits, parameters: JSONObject = [:], artefactFolder: String
    ) async throws(ProgramFailure) -> ProgramOutcome {
        let files = try ProgramBundle(path: bundle, program: program)
        guard await gate.enter() else { throw .sandbox(.cancelled) }
        defer { gate.leave() }
        do {
            let work = try engine.makeWorkFolder()
            defer { FolderTree.remove(work) }
            return try await run(
                ProgramRun(program: program, work: work, artefactFolder: artefactFolder, limits: limits), files,
                ProgramTables(engine: engine, policies: tables, snapshots: snapshots, restrictions: restrictions), parameters)
        } catch let failure as ProgramFailure {
            throw failure
        } catch let error as SandboxError {
            throw .sandbox(error)
        } catch {
            throw .sandbox(.engineFailed(operatorDetail: "\(error)"))
        }
    }

    private func run(
        _ run: ProgramRun, _ files: ProgramBundle, _ tables: ProgramTables, _ parameters: JSONObject
    ) async throws -> ProgramOutcome {
        let runtime = try await runtime(run.program.runtime)
        try files.unpack(into: run.programFolder, executable: runtime.interpreter == nil ? run.program.entry : nil)
        try run.makeFolders()
        var limits = engine.configuration.limits
        limits.wallClockSeconds = 3600
        limits.cpuSeconds = 7200
        try await tables.write(into: run.dataFolder, parameters: parameters, limits: limits)
        try run.makeOutputs()
        var mounts = runtime.mounts + run.mounts
        for (index, policy) in tables.policies.enumerated() {
            mounts.append(Mount(source: "\(run.dataFolder)/\(index).csv", target: "/data/" + ProgramTables.fileName(policy, index)))
        }
        return try run.outcome(of: try await start(run, runtime, mounts))
    }

    private func start(_ run: ProgramRun, _ runtime: ProgramRuntime, _ mounts: [Mount]) async throws -> ChildOutcome {
        let entry = "/program/" + run.program.entry
        do {
            return try await runtime.isolation.run(
                program: runtime.interpreter ?? run.programFolder + "/" + run.program.entry,
                arguments: runtime.arguments + (runtime.interpreter == nil ? [] : [entry]) + run.program.arguments, mounts: mounts,
                input: [], limits: run.limits, maximumFileBytes: run.maximumFileBytes)
        } catch {
            guard case .isolationUnavailable(let reason, _) = error else { throw error }
            // The engine has just run in such a sandbox, and a program may print what bubblewrap prints when it fails. Told apart,
            // the two would be one more thing that a program can say.
            throw ProgramFailure.notDelivered(providerDetail: "the program could not be started: \(reason)")
        }
    }

    private func runtime(_ kind: ApprovedProgram.Runtime) async throws(SandboxError) -> ProgramRuntime {
        if let ready = runtimes.value.withLock({ $0[kind] }) { return ready }
        let found = try await ProgramRuntime.find(kind, configuration, beside: try await engine.isolatedProcess())
        runtimes.value.withLock { $0[kind] = found }
        return found
    }
}
