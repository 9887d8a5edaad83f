import Encoding
import Foundation
import Sandbox
import Testing

/// What every test of the sandbox shares: the engine, and one folder of files that goes when the process ends.
package enum Bench {
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    package static let duckdb = ProcessInfo.processInfo.environment["HEXI_DUCKDB"] ?? root + "/Tools/duckdb"

    /// Leftovers of earlier test processes are removed when a new one starts.
    package static let folder: String = {
        let base = NSTemporaryDirectory() + "/hexi-sandbox-tests"
        let path = base + "/\(ProcessInfo.processInfo.processIdentifier)"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? [] where kill(Int32(name) ?? 0, 0) != 0 {
            try? FileManager.default.removeItem(atPath: base + "/" + name)
        }
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }()

    package static let engine = SandboxEngine(
        configuration: EngineConfiguration(
            duckdbPath: (duckdb as NSString).resolvingSymlinksInPath, scratchDirectory: folder,
            limits: RunLimits(wallClockSeconds: 30, cpuSeconds: 60)))

    /// The refusal that an action must end in.
    package static func refusal<Result>(of action: () async throws(SandboxError) -> Result) async -> QueryRefusal? {
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

    package static func check(
        _ sql: String, mode: QueryMode = .aggregate, tables: [TablePolicy] = [Sample.visits, Sample.weather],
        parameters: [QueryParameter] = []
    ) async throws(SandboxError) -> CheckedQuery {
        try await engine.check(sql: sql, mode: mode, tables: tables, parameters: parameters)
    }

    /// What DuckDB gives outside any sandbox, on snapshots by name: each row as its cells' text, NULL as "NULL".
    package static func direct(_ sql: String, snapshots: [String: String]) throws -> [[String]] {
        let views = snapshots.keys.sorted().map {
            "ATTACH '\(snapshots[$0] ?? "")' AS \($0)_file (READ_ONLY); CREATE VIEW \($0) AS FROM \($0)_file.data;"
        }
        let process = Process()
        process.executableURL = URL(filePath: duckdb)
        process.arguments = [
            "-no-init", "-bail", "-list", "-noheader", "-separator", "\u{1F}", "-nullvalue", "NULL", ":memory:", "-c",
            "SET TimeZone='UTC'; " + views.joined(separator: " ") + sql,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(sql)")
        return text.split(separator: "\n").map { $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init) }
    }
}
