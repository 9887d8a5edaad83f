import Glibc

/// Where the programs under test lie: beside the test program itself.
enum BuiltPrograms {
    static let folder: String = {
        let path = (realpath("/proc/self/exe", nil)).map { pointer in
            defer { free(pointer) }
            return String(cString: pointer)
        } ?? CommandLine.arguments[0]
        return folderHolding("hexi", above: path)
    }()

    /// The checkout, found from this file's own place in it.
    static let packageRoot: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(4)
        return "/" + parts.joined(separator: "/")
    }()

    static var hexi: String { "\(folder)/hexi" }
    static var audit: String { "\(folder)/hexi-audit" }
    /// The folder with `flights.csv` and `weather.csv`.
    static var data: String { "\(packageRoot)/Tools/data" }
    static var duckdb: String {
        getenv("HEXI_DUCKDB").map { String(cString: $0) } ?? "\(packageRoot)/Tools/duckdb"
    }

    /// On some systems the test program lies some folders deeper, in a bundle.
    private static func folderHolding(_ name: String, above path: String) -> String {
        var parts = path.split(separator: "/").dropLast()
        while !parts.isEmpty {
            let folder = "/" + parts.joined(separator: "/")
            if access("\(folder)/\(name)", X_OK) == 0 { return folder }
            parts = parts.dropLast()
        }
        return "/"
    }
}
