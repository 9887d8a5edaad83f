import Glibc

/// Finds the programs that the sandbox needs on this machine.
public enum ProgramFinder {
    /// The engine's program: the one named, else `HEXI_DUCKDB`, else `Tools/duckdb` in a folder above this program
    /// (as in a checkout), else `duckdb` on the path.
    ///
    /// - Parameter path: as the settings name it; `nil` or empty for none.
    public static func duckdb(named path: String? = nil) -> String {
        let path = path.flatMap { $0.isEmpty ? nil : $0 } ?? likelyDuckDB()
        // The program itself, not a link to it: what is checked must be what is run.
        guard let resolved = realpath(path, nil) else { return path }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    public static func bubblewrap() -> String { find("bwrap") ?? "/usr/bin/bwrap" }

    private static func likelyDuckDB() -> String {
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

    /// A program on the path; `nil` where there is none.
    public static func find(_ program: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }
}
