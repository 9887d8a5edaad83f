import Foundation
import Sandbox
import SandboxTestKit

/// DuckDB without any sandbox: it makes the tests' files, and shows what an attack would win if nobody stopped it.
enum BareEngine {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// What the program prints for a script on its standard input; cells are set apart by 0x1F.
    static func output(of script: String, stopsAtError: Bool) throws -> String {
        let file = Bench.folder + "/bare-\(UUID().uuidString).sql"
        try script.write(toFile: file, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: file) }
        let process = Process()
        process.executableURL = URL(filePath: Bench.duckdb)
        process.arguments = ["-no-init", "-batch", "-list", "-noheader", "-separator", "\u{1F}", "-nullvalue", "NULL", ":memory:"]
        if stopsAtError { process.arguments?.insert("-bail", at: 2) }
        let output = Pipe()
        process.standardInput = FileHandle(forReadingAtPath: file)
        process.standardOutput = output
        process.standardError = stopsAtError ? FileHandle.standardError : FileHandle.nullDevice
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard !stopsAtError || process.terminationStatus == 0 else { throw Failure(description: "the script failed: \(text.suffix(500))") }
        return text
    }

    private static let mark = "-- attack --"

    /// The answers to several queries on one neighbour, all from one process. An error and an empty result look alike.
    static func answers(_ queries: [String], on neighbour: AttackedHospital.Neighbour) async throws -> [Answer] {
        let snapshots = try await AttackedHospital.snapshots(neighbour)
        var script = "SET TimeZone='UTC'; SET threads=1;\n"
        for name in snapshots.keys.sorted() {
            script += "ATTACH '\(snapshots[name] ?? "")' AS \(name)_file (READ_ONLY); CREATE VIEW \(name) AS FROM \(name)_file.data;\n"
        }
        for query in queries { script += "SELECT '\(mark)';\n\(query)\n;\n" }
        let parts = try output(of: script, stopsAtError: false).components(separatedBy: mark + "\n").dropFirst()
        guard parts.count == queries.count else { throw Failure(description: "\(parts.count) answers to \(queries.count) queries") }
        return parts.map { part in
            let lines = part.split(separator: "\n").map { $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).map(String.init) }
            return Answer(verdict: "answered", rows: lines)
        }
    }
}
