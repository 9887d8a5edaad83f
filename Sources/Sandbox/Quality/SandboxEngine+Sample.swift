import Encoding
import Glibc

extension SandboxEngine {
    /// Puts synthetic rows into a snapshot file, with the columns' own names and types, so that a checked query runs on
    /// them just as on the real table.
    ///
    /// - Parameter snapshotPath: where to put the file; there must be nothing yet.
    /// - Throws: `importFailed` where a made-up value does not fit its column.
    public func makeSample(_ table: SyntheticTable, at snapshotPath: String) async throws(SandboxError) {
        let work = try makeWorkFolder()
        defer { removeFolder(work) }
        try Self.write(table.csv, to: work + "/input")
        let limits = configuration.limits
        var script = EngineScript(limits: limits)
        script.add("ATTACH '/output/snapshot.duckdb' AS snapshot")
        let columns = table.columns.filter { $0.kind != nil }
        let definitions = columns.map { "\(EngineScript.identifier($0.name)) \(ColumnType($0.type)?.name ?? "VARCHAR")" }
        script.add("CREATE TABLE snapshot.main.data(\(definitions.joined(separator: ", ")))")
        let names = table.columns.indices.map { "c\($0)" }.joined(separator: ", ")
        let cells = table.columns.indices.filter { table.columns[$0].kind != nil }.map { "c\($0)" }.joined(separator: ", ")
        // A type that no query may touch has no column in the sample; the rest keep their order.
        script.add(
            "INSERT INTO snapshot.main.data SELECT \(cells) FROM read_csv('/data/input', header=true, all_varchar=true, "
                + "delim=',', quote='\"', escape='\"', comment='', nullstr='', allow_quoted_nulls=false) AS x(\(names))")
        script.add("CHECKPOINT snapshot")
        script.add("DETACH snapshot")
        let mounts = [Mount(source: work + "/input", target: "/data/input"), Mount(source: work, target: "/output", isWritable: true)]
        let outcome = try await execute(script, mounts: mounts, limits: limits, maximumFileBytes: 1 << 30)
        guard case .exited(0) = outcome.ending else {
            let error = EngineMessage(outcome.errorText).error(for: outcome.ending, limits: limits)
            guard case .engineFailed(let detail) = error else { throw error }
            throw .importFailed(message: "the made-up rows do not fit: \(detail)", line: nil)
        }
        guard link(work + "/snapshot.duckdb", snapshotPath) == 0 else {
            throw .importFailed(message: "the sample cannot be put at \(snapshotPath): \(String(cString: strerror(errno)))", line: nil)
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(SandboxError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .importFailed(message: "\(path): \(String(cString: strerror(errno)))", line: nil) }
        defer { close(file) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress.map { $0 + offset }, bytes.count - offset) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw .importFailed(message: "\(path): \(String(cString: strerror(errno)))", line: nil) }
            offset += count
        }
    }
}
