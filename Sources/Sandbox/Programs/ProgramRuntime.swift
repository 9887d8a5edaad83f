import Glibc

/// Where the runtimes of buyers' programs lie on this machine.
public struct RuntimeConfiguration: Sendable, Hashable {
    /// Debian's Python 3; its standard library is in `lib` beside `bin`.
    public var python: String
    /// A folder of Python packages that programs may use, such as numpy; `nil` for the standard library alone.
    public var pythonPackages: String?
    /// How many programs run at once.
    public var maximumPrograms: Int

    public init(python: String = "/usr/bin/python3", pythonPackages: String? = nil, maximumPrograms: Int = 1) {
        self.python = python
        self.pythonPackages = pythonPackages
        self.maximumPrograms = maximumPrograms
    }
}

/// How programs of one runtime are started, found once.
struct ProgramRuntime: Sendable {
    var isolation: IsolatedProcess
    /// The interpreter; `nil` where the program is started itself.
    var interpreter: String?
    var mounts: [Mount] = []
    /// Before the program's own arguments.
    var arguments: [String] = []

    /// - Throws: `isolationUnavailable` where the runtime is not installed.
    static func find(
        _ runtime: ApprovedProgram.Runtime, _ configuration: RuntimeConfiguration, beside engine: IsolatedProcess
    ) async throws(SandboxError) -> ProgramRuntime {
        var isolation = IsolatedProcess(
            bubblewrapPath: engine.bubblewrapPath, filter: try SystemCallFilter.program(mayMakeCode: runtime == .executable),
            libraries: SharedLibraries(files: []), controlGroups: engine.controlGroups)
        // A little above the limit, for the program's own code and the first pages of its threads.
        isolation.addressSpaceReserve = 128 << 20
        isolation.landlockVersion = engine.landlockVersion
        switch runtime {
        case .python3: return try await python(configuration, isolation)
        case .executable: return try await executable(configuration, isolation)
        }
    }

    private static func python(
        _ configuration: RuntimeConfiguration, _ isolation: IsolatedProcess
    ) async throws(SandboxError) -> ProgramRuntime {
        let interpreter = try resolved(configuration.python)
        let parts = interpreter.split(separator: "/")
        let library = "/" + (parts.dropLast(2) + ["lib", parts.last ?? ""]).joined(separator: "/")
        guard access(library + "/os.py", R_OK) == 0 else {
            throw .isolationUnavailable(reason: "Python's library is not at \(library)", remedy: "install it with: apt-get install python3")
        }
        var libraries = try await SharedLibraries.needed(by: interpreter)
        // What the library's own compiled modules need, so that hashlib, decimal, lzma, sqlite3 work.
        for module in files(in: library + "/lib-dynload") where !module.contains("_tkinter") && !module.contains("_curses") && !module.contains("_ssl") {
            for file in try await SharedLibraries.needed(by: module).files where !libraries.files.contains(file) { libraries.files.append(file) }
        }
        let home = "/" + parts.dropLast(2).joined(separator: "/")
        var found = ProgramRuntime(isolation: isolation, interpreter: interpreter, mounts: [Mount(source: library, target: library)])
        found.isolation = IsolatedProcess(
            bubblewrapPath: isolation.bubblewrapPath, filter: isolation.filter, libraries: libraries,
            // Without a fixed seed the order of sets would differ from run to run.
            environment: ["PYTHONHOME": home, "PYTHONHASHSEED": "0"], addressSpaceReserve: isolation.addressSpaceReserve,
            landlockVersion: isolation.landlockVersion, controlGroups: isolation.controlGroups)
        if let packages = configuration.pythonPackages {
            found.isolation.environment["PYTHONPATH"] = "/packages"
            found.mounts.append(Mount(source: try resolved(packages), target: "/packages"))
        }
        // No bytecode written, no site packages of the host or a user.
        found.arguments = ["-B", "-s", "-S"]
        return found
    }

    private static let commonLibraries = [
        "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libgcc_s.so.1", "libstdc++.so.6",
    ]

    /// The libraries are this machine's usual ones, whatever the program asks for: asking the loader what it needs would be to
    /// let the loader work on a stranger's file outside the sandbox.
    private static func executable(
        _ configuration: RuntimeConfiguration, _ isolation: IsolatedProcess
    ) async throws(SandboxError) -> ProgramRuntime {
        let system = try await SharedLibraries.needed(by: "/bin/sh")
        var libraries = SharedLibraries(files: [])
        if let loader = system.files.first(where: SharedLibraries.isLoader), let standard = system.files.first(where: { $0.hasSuffix("/libc.so.6") }) {
            let folder = standard.dropLast("libc.so.6".count)
            libraries.files = [loader] + commonLibraries.map { folder + $0 }.filter { access($0, R_OK) == 0 }
        }
        return ProgramRuntime(
            isolation: IsolatedProcess(
                bubblewrapPath: isolation.bubblewrapPath, filter: isolation.filter, libraries: libraries,
                environment: ["LD_LIBRARY_PATH": (libraries.searchPath.isEmpty ? "" : libraries.searchPath + ":") + "/program/lib"],
                addressSpaceReserve: isolation.addressSpaceReserve, landlockVersion: isolation.landlockVersion,
                controlGroups: isolation.controlGroups))
    }

    private static func resolved(_ path: String) throws(SandboxError) -> String {
        guard let found = realpath(path, nil) else {
            throw .isolationUnavailable(reason: "\(path) is not there", remedy: "install it with: apt-get install python3")
        }
        defer { free(found) }
        return String(cString: found)
    }

    private static func files(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".so") { names.append(folder + "/" + name) }
        }
        return names.sorted()
    }
}
