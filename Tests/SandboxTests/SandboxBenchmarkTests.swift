import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite(.enabled(if: TPCH.tables.isThere, "ops/setup makes TPC-H's tables")) struct SandboxBenchmarkTests {
    private static func folder() throws -> String {
        let path = Bench.folder + "/" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test func smallRunsAreCountedAndTheirMemoryIsSeen() async throws {
        let load = try await SandboxBenchmarkLoad.run(engine: Bench.engine, directory: try Self.folder(), runs: 3, seconds: 0.2, inFlight: 2)
        #expect(load.bareMilliseconds > 0 && load.sandboxedMilliseconds > 0 && load.checkMilliseconds > 0)
        #expect(load.bareRunsPerSecond > 0 && load.sandboxedRunsPerSecond > 0)
        // The engine alone holds some megabytes.
        #expect(load.residentBytes > 4 << 20 && load.residentBytes < 1 << 30)
        #expect(load.privateBytes > 1 << 20 && load.privateBytes <= load.residentBytes)
    }

    /// `HEXI_TPCH` names a larger scale factor, whose times are then printed.
    @Test func everyResultOfTheBenchmarkIsDuckDBsOwn() async throws {
        var configuration = Bench.engine.configuration
        configuration.limits = RunLimits(wallClockSeconds: 600, cpuSeconds: 1200, memoryBytes: 6 << 30, scratchBytes: 4 << 30)
        let isLarge = ProcessInfo.processInfo.environment["HEXI_TPCH"] != nil
        let folder = (TPCH.tables.folder as NSString).resolvingSymlinksInPath
        let measured = try await SandboxBenchmarkTPCH.run(
            engine: SandboxEngine(configuration: configuration), tables: TPCHTables(folder: folder), directory: try Self.folder(), runs: isLarge ? 3 : 1)
        #expect(measured.queries.map(\.number) == Array(1...22))
        #expect(measured.accepted.count == 19)
        #expect(measured.isEveryResultEqual, "\(measured.accepted.filter { !$0.isEqual }.map(\.number))")
        #expect(measured.queries.filter { $0.refusal != nil }.map(\.number) == [3, 10, 18])
        #expect(measured.rows >= 60_000)
        guard isLarge else { return }
        for query in measured.accepted {
            let seconds = query.sandboxedSeconds ?? 0
            print(
                "query \(query.number): bare \(query.bareSeconds) s, sandboxed \(seconds) s, ratio \(seconds / query.bareSeconds), \(query.suppressedRows) rows left out, \(query.residentBytes >> 20) MiB")
        }
    }
}
