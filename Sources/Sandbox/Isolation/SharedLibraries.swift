import Glibc

/// The files that a dynamically linked program needs, each by its own path, so that the sandbox holds these and no directory.
struct SharedLibraries: Sendable, Hashable {
    /// Absolute paths, the loader's included; empty for a statically linked program.
    var files: [String]

    /// Where the loader must look inside.
    var searchPath: String {
        var folders: [String] = []
        for file in files {
            guard let slash = file.lastIndex(of: "/") else { continue }
            let folder = String(file[..<slash])
            if !folders.contains(folder) { folders.append(folder) }
        }
        return folders.joined(separator: ":")
    }

    private static let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1", "/lib/ld-linux-riscv64-lp64d.so.1"]

    /// Whether the kernel executes it to load the others.
    static func isLoader(_ path: String) -> Bool { path.split(separator: "/").last?.hasPrefix("ld-linux") == true }

    /// Asks the system's own loader what it would load (`ld.so --list`); the program itself is not run.
    static func needed(by program: String) async throws(SandboxError) -> SharedLibraries {
        guard let loader = loaders.first(where: { access($0, X_OK) == 0 }) else { return SharedLibraries(files: []) }
        let outcome = await ChildProcess.run(
            ChildCommand(path: loader, arguments: ["--list", program], deadlineSeconds: 10, maximumOutputBytes: 65_536))
        guard case .exited(0) = outcome.ending else {
            if outcome.errorText.contains("not a dynamic executable") || outcome.errorText.contains("statically linked") {
                return SharedLibraries(files: [])
            }
            throw .isolationUnavailable(
                reason: "the libraries of \(program) cannot be listed: \(outcome.errorText.prefix(200))",
                remedy: "run ops/setup, which installs DuckDB's program and what it needs")
        }
        return SharedLibraries(files: parse(String(decoding: outcome.output, as: UTF8.self)))
    }

    /// Lines are `name => /path (address)` or `/path (address)`; the kernel's own `linux-vdso` has no file.
    static func parse(_ listing: String) -> [String] {
        var files: [String] = []
        for line in listing.split(separator: "\n") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard let path = words.first(where: { $0.hasPrefix("/") }) else { continue }
            if !files.contains(String(path)) { files.append(String(path)) }
        }
        return files
    }
}
