import Encoding
import Foundation
import Testing

@testable import Sandbox

/// What the tests of this module share: the engine, and one folder of files that goes when the process ends.
enum Bench {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    static let duckdb = ProcessInfo.processInfo.environment["HEXI_DUCKDB"] ?? root + "/Tools/duckdb"

    /// Leftovers of earlier test processes are removed when a new one starts.
    static let folder: String = {
        let base = NSTemporaryDirectory() + "/hexi-sandbox-tests"
        let path = base + "/\(ProcessInfo.processInfo.processIdentifier)"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] where kill(Int32(name) ?? 0, 0) != 0 {
            try? FileManager.default.removeItem(atPath: base + "/" + name)
        }
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }()

    static let engine = SandboxEngine(
        configuration: EngineConfiguration(
            duckdbPath: (duckdb as NSString).resolvingSymlinksInPath, scratchDirectory: folder,
            limits: RunLimits(wallClockSeconds: 30, cpuSeconds: 60)))

    /// The refusal that an action must end in.
    static func refusal<Result>(of action: () async throws(SandboxError) -> Result) async -> QueryRefusal? {
        do {
            _ = try await action()
            Issue.record("expected a refusal")
        } catch .refused(let refusal) {
            return refusal
        } catch {
            Issue.record("expected a refusal, got \(error)")
        }
        return nil
    }

    static func check(
        _ sql: String, mode: QueryMode = .aggregate, tables: [TablePolicy] = [Sample.visits, Sample.weather],
        parameters: [QueryParameter] = []
    ) async throws(SandboxError) -> CheckedQuery {
        try await engine.check(sql: sql, mode: mode, tables: tables, parameters: parameters)
    }
}
