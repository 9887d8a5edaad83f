import Glibc

/// What the sandbox costs beside the bare engine, for `hexi bench sandbox`.
public struct SandboxBenchmark: Sendable, Hashable {
    /// Least milliseconds of a query that does almost nothing: process start, set-up, answer. The least of several runs is what
    /// other load on the machine disturbs least.
    public var bareSmallMilliseconds: Double
    public var sandboxedSmallMilliseconds: Double
    /// Least milliseconds of a query of a second or more.
    public var bareLongMilliseconds: Double
    public var sandboxedLongMilliseconds: Double

    /// What isolation adds to a small query.
    public var addedMilliseconds: Double { sandboxedSmallMilliseconds - bareSmallMilliseconds }
    /// How many times as long a long query takes.
    public var longRatio: Double { sandboxedLongMilliseconds / max(bareLongMilliseconds, 0.001) }

    /// Runs the same scripts with and without isolation, one after the other in turn.
    ///
    /// - Parameters:
    ///   - smallRuns, longRuns: how many of each; the least times are reported.
    ///   - longRows: how many generated rows the long query works on; 60 million take about a second on two cores.
    public static func run(
        engine: SandboxEngine, smallRuns: Int = 15, longRuns: Int = 5, longRows: Int = 60_000_000
    ) async throws(SandboxError) -> SandboxBenchmark {
        let small = "SELECT 42"
        let long = "SELECT count(DISTINCT hash(range) % 1000003), sum(sqrt(range)) FROM range(\(max(longRows, 1)))"
        let (bareSmall, sandboxedSmall) = try await leastTimes(engine, small, max(smallRuns, 1))
        let (bareLong, sandboxedLong) = try await leastTimes(engine, long, max(longRuns, 1))
        return SandboxBenchmark(
            bareSmallMilliseconds: bareSmall, sandboxedSmallMilliseconds: sandboxedSmall, bareLongMilliseconds: bareLong,
            sandboxedLongMilliseconds: sandboxedLong)
    }

    private static func leastTimes(
        _ engine: SandboxEngine, _ sql: String, _ runs: Int
    ) async throws(SandboxError) -> (bare: Double, sandboxed: Double) {
        var script = EngineScript(limits: engine.configuration.limits)
        script.lock()
        script.add(sql)
        var bare: [Double] = []
        var sandboxed: [Double] = []
        // One of each beforehand, so that files are in memory and the isolation is prepared.
        for round in 0...runs {
            let bareTime = try await time { () async throws(SandboxError) in try await runBare(engine, script) }
            let sandboxedTime = try await time { () async throws(SandboxError) in
                try await engine.execute(script, mounts: [], limits: engine.configuration.limits)
            }
            guard round > 0 else { continue }
            bare.append(bareTime)
            sandboxed.append(sandboxedTime)
        }
        return (bare.min() ?? 0, sandboxed.min() ?? 0)
    }

    private static func runBare(_ engine: SandboxEngine, _ script: EngineScript) async throws(SandboxError) -> ChildOutcome {
        await ChildProcess.run(
            ChildCommand(
                path: engine.configuration.duckdbPath, arguments: EngineScript.arguments, input: Array(script.text.utf8),
                deadlineSeconds: 600, maximumOutputBytes: 1 << 20))
    }

    private static func time(
        _ work: () async throws(SandboxError) -> ChildOutcome
    ) async throws(SandboxError) -> Double {
        let start = ContinuousClock.now
        let outcome = try await work()
        guard case .exited(0) = outcome.ending else {
            throw .engineFailed(operatorDetail: "the benchmark's query failed: \(outcome.errorText.prefix(200))")
        }
        return (ContinuousClock.now - start) / .milliseconds(1)
    }
}
