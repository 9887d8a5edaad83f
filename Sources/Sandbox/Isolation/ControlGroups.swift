import CSandboxLauncher
import Glibc
import Synchronization

/// A control group (cgroups(7), version 2) that the machine has given to the node, in which each run gets one of its own: memory,
/// processes and processor time are then bounded for all of a run's processes together, and all of them end at one stroke.
///
/// systemd gives one with `Delegate=memory pids cpu` in the node's unit. Without one, the limits on single processes
/// (setrlimit(2)) stand alone, and `hexi doctor` says so.
struct ControlGroups: Sendable {
    let folder: String
    /// What may be limited: of memory, pids and cpu those that the kernel has for groups in this folder.
    let controllers: Set<String>

    private static let wanted = ["memory", "pids", "cpu"]
    private static let counter = Atomic<UInt64>(0)

    init(folder: String, controllers: Set<String>) {
        self.folder = folder
        self.controllers = controllers
    }

    /// The folder must be a delegated group without processes of its own.
    init?(folder: String) {
        let names = Self.words(folder + "/cgroup.controllers").filter(Self.wanted.contains)
        guard access(folder + "/cgroup.procs", W_OK) == 0 else { return nil }
        for name in names { _ = Self.write("+" + name, to: folder + "/cgroup.subtree_control") }
        self.folder = folder
        controllers = Set(Self.words(folder + "/cgroup.subtree_control")).intersection(Self.wanted)
    }

    /// This process's own group, if systemd has marked it as delegated.
    ///
    /// A group with limits for its parts may hold no processes itself, so this process moves into a part of its own.
    static func delegated() -> ControlGroups? {
        guard let group = ownFolder() else { return nil }
        // On a later start in the same group, this process is in its part already.
        let folder = group.hasSuffix("/node") ? String(group.dropLast(5)) : group
        guard hexi_is_delegated(folder) != 0 else { return nil }
        if folder == group {
            guard mkdir(group + "/node", 0o755) == 0 || errno == EEXIST, write("0", to: group + "/node/cgroup.procs") else { return nil }
        }
        guard let groups = ControlGroups(folder: folder), groups.controllers.isSuperset(of: ["memory", "pids"]) else { return nil }
        return groups
    }

    /// Where version 2 is mounted, and this process's place there ("0::/…" in /proc/self/cgroup).
    static func ownFolder() -> String? {
        let mounts = words("/proc/self/mounts", separator: "\n").map { $0.split(separator: " ") }
        guard let mount = mounts.first(where: { $0.count > 2 && $0[2] == "cgroup2" })?[1],
            let line = words("/proc/self/cgroup", separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        let path = line.dropFirst(3)
        return String(mount) + (path == "/" ? "" : path)
    }

    /// A group for one run.
    ///
    /// - Throws: `isolationUnavailable` where a group that was delegated cannot be used.
    func make(for limits: RunLimits) throws(SandboxError) -> ControlGroup {
        let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
        let path = "\(folder)/run-\(getpid())-\(number)"
        guard mkdir(path, 0o755) == 0 else { throw Self.unusable(path) }
        for (file, value) in settings(limits) where !Self.write(value, to: "\(path)/\(file)") {
            let error = Self.unusable("\(path)/\(file)")
            rmdir(path)
            throw error
        }
        let processes = open(path + "/cgroup.procs", O_WRONLY | O_CLOEXEC)
        guard processes >= 0 else {
            let error = Self.unusable(path)
            rmdir(path)
            throw error
        }
        return ControlGroup(path: path, processes: processes)
    }

    /// What is written into which file. The scratch space lies in memory and is counted with it.
    func settings(_ limits: RunLimits) -> [(file: String, value: String)] {
        var settings: [(String, String)] = []
        if controllers.contains("memory") {
            let parts = [limits.memoryBytes, limits.scratchBytes, 256 << 20].map { UInt64(clamping: $0) }
            let bytes = parts.reduce(UInt64(0)) { $0.addingReportingOverflow($1).partialValue }
            settings += [("memory.max", String(bytes)), ("memory.oom.group", "1")]
            // Absent where the machine has no swap.
            if access(folder + "/memory.swap.max", F_OK) == 0 { settings.append(("memory.swap.max", "0")) }
        }
        if controllers.contains("pids") { settings.append(("pids.max", "512")) }
        if controllers.contains("cpu") {
            // Microseconds of processor time in each tenth of a second.
            settings.append(("cpu.max", "\(min(max(limits.threads, 1), 1024) * 100_000) 100000"))
        }
        return settings
    }

    private static func unusable(_ path: String) -> SandboxError {
        .isolationUnavailable(
            reason: "the control group \(path) cannot be used: \(String(cString: strerror(errno)))",
            remedy: "set Delegate=memory pids cpu in the node's systemd unit and start it again")
    }

    fileprivate static func write(_ text: String, to path: String) -> Bool {
        let file = open(path, O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        let bytes = Array(text.utf8)
        return Glibc.write(file, bytes, bytes.count) == bytes.count
    }

    private static func words(_ path: String, separator: Character = " ") -> [String] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return [] }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        guard count > 0 else { return [] }
        return String(decoding: bytes.prefix(count), as: UTF8.self).split { $0 == separator || $0 == "\n" }.map(String.init)
    }
}

/// One run's group.
struct ControlGroup: Sendable {
    let path: String
    /// An open descriptor of its list of processes.
    let processes: Int32

    /// Ends whatever is left in it, and removes it.
    func remove() {
        close(processes)
        _ = ControlGroups.write("1", to: path + "/cgroup.kill")
        // The kernel takes a moment to clear away the dead.
        for _ in 0..<200 {
            if rmdir(path) == 0 || errno != EBUSY { return }
            usleep(1000)
        }
    }
}
