import Glibc
import Sandbox

/// Finds the programs that the sandbox needs and sets its limits from the node's settings.
public enum SandboxSetup {
    /// The sandbox of this machine with the usual limits, without any node.
    ///
    /// - Parameter scratchDirectory: an existing folder for what lives only as long as a run.
    public static func configuration(scratchDirectory: String) -> EngineConfiguration {
        EngineConfiguration(
            duckdbPath: duckdbPath(nil), bubblewrapPath: find("bwrap") ?? "/usr/bin/bwrap",
            scratchDirectory: scratchDirectory, limits: RunLimits())
    }

    static func configuration(_ home: NodeHome) throws -> EngineConfiguration {
        let settings = home.configuration
        let scratch = "\(home.workDirectory)/scratch"
        try PrivateFile.makeDirectory(scratch)
        var limits = RunLimits()
        limits.wallClockSeconds = Double(settings.runSeconds)
        limits.memoryBytes = settings.runMemoryBytes
        return EngineConfiguration(
            duckdbPath: duckdbPath(settings), bubblewrapPath: find("bwrap") ?? "/usr/bin/bwrap",
            scratchDirectory: scratch, limits: limits)
    }

    /// The engine's program: the one set, else `HEXI_DUCKDB`, else `Tools/duckdb` in a folder above this program
    /// (as in a checkout), else `duckdb` on the path.
    static func duckdbPath(_ settings: NodeConfiguration?) -> String {
        let path = namedDuckDB(settings)
        // The program itself, not a link to it: what is checked must be what is run.
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func namedDuckDB(_ settings: NodeConfiguration?) -> String {
        if let path = settings?.duckdb, !path.isEmpty { return path }
        if let path = getenv("HEXI_DUCKDB").map({ String(cString: $0) }), !path.isEmpty { return path }
        var folder = programPath()
        while let slash = folder.lastIndex(of: "/") {
            folder = String(folder[..<slash])
            if access("\(folder)/Tools/duckdb", X_OK) == 0 { return "\(folder)/Tools/duckdb" }
        }
        return find("duckdb") ?? "/usr/local/bin/duckdb"
    }

    private static func programPath() -> String {
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return count > 0 ? String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self) : ""
    }

    static func find(_ program: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
