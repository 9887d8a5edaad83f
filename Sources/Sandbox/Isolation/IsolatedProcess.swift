import CSandboxLauncher
import Glibc

/// A file or folder of the host that is visible inside at a path of its own.
struct Mount: Sendable, Hashable {
    var source: String
    var target: String
    var isWritable = false
    var isExecutable = false
}

/// Runs one program in a fresh sandbox: own user, PID, network, IPC, UTS and cgroup namespaces, an empty read-only root with
/// nothing but the named files, no /proc, no /dev, no capabilities, an empty environment, Landlock's fence around those
/// files, the system-call filter, and limits.
struct IsolatedProcess: Sendable {
    let bubblewrapPath: String
    let filter: [UInt8]
    let libraries: SharedLibraries
    /// Beside HOME and LC_ALL.
    var environment: [String: String] = [:]
    /// Address space above the memory limit: the engine's code, thread stacks, allocator reserves.
    var addressSpaceReserve = 1 << 30
    var landlockVersion = Landlock.kernelVersion
    /// Where each run gets a control group of its own; `nil` where the machine has delegated none.
    var controlGroups: ControlGroups?

    /// The user inside; "nobody" by convention.
    private static let innerUser = "65534"

    /// - Parameters:
    ///   - program: its path on the host; inside it is `/bin/program`.
    ///   - maximumFileBytes: of any one file that it writes.
    func run(
        program: String, arguments: [String], mounts: [Mount], input: [UInt8], limits: RunLimits, maximumFileBytes: Int? = nil,
        conversation: ChildConversation? = nil
    ) async throws(SandboxError) -> ChildOutcome {
        let all = [Mount(source: program, target: "/bin/program", isExecutable: true)]
            + libraries.files.map { Mount(source: $0, target: $0, isExecutable: SharedLibraries.isLoader($0)) } + mounts
        let scratch = Landlock.Rule(path: "/scratch", rights: [.read, .list, .write, .make])
        let fence = try Landlock(rules: all.map(\.rule) + [scratch], version: landlockVersion).executable()
        let group = try controlGroups.map { (groups) throws(SandboxError) in try groups.make(for: limits) }
        defer { group?.remove() }
        let command = ChildCommand(
            path: bubblewrapPath, arguments: bubblewrapArguments(all, limits) + ["/bin/confine", "/bin/program"] + arguments,
            input: input, conversation: conversation, extraInputs: [filter, fence], limits: resourceLimits(limits, maximumFileBytes),
            controlGroup: group?.processes, deadlineSeconds: limits.wallClockSeconds, maximumOutputBytes: limits.maximumOutputBytes)
        let outcome = await ChildProcess.run(command)
        try requireIsolation(outcome)
        return outcome
    }

    /// Descriptor 3 is the filter, 4 the program that puts up Landlock's fence.
    private func bubblewrapArguments(_ mounts: [Mount], _ limits: RunLimits) -> [String] {
        var arguments = [
            "--unshare-user", "--unshare-all", "--disable-userns", "--die-with-parent", "--new-session", "--cap-drop", "ALL",
            "--uid", Self.innerUser, "--gid", Self.innerUser, "--hostname", "sandbox", "--clearenv", "--setenv", "HOME", "/scratch",
            "--setenv", "LC_ALL", "C.UTF-8",
        ]
        if !libraries.files.isEmpty { arguments += ["--setenv", "LD_LIBRARY_PATH", libraries.searchPath] }
        for name in environment.keys.sorted() { arguments += ["--setenv", name, environment[name] ?? ""] }
        for mount in mounts { arguments += [mount.isWritable ? "--bind" : "--ro-bind", mount.source, mount.target] }
        arguments += [
            "--perms", "0555", "--ro-bind-data", "4", "/bin/confine",
            "--size", String(max(limits.scratchBytes, 4096)), "--perms", "0700", "--tmpfs", "/scratch", "--chdir", "/scratch",
            "--remount-ro", "/", "--seccomp", "3", "--",
        ]
        return arguments
    }

    private func resourceLimits(_ limits: RunLimits, _ maximumFileBytes: Int?) -> [(resource: Int32, value: UInt64)] {
        func positive(_ value: Int) -> UInt64 { UInt64(max(value, 0)) }
        let addressSpace = limits.memoryBytes.addingReportingOverflow(addressSpaceReserve)
        return [
            (hexi_resource_address_space, positive(addressSpace.overflow ? Int.max : addressSpace.partialValue)),
            (hexi_resource_cpu, max(positive(limits.cpuSeconds), 1)),
            (hexi_resource_file_size, positive(maximumFileBytes ?? limits.scratchBytes)),
            (hexi_resource_open_files, 256),
            // 1, not 0: the kernel ignores a limit of 0 where core dumps are piped to a program, and keeps one of 1 (core(5)).
            (hexi_resource_core, 1),
            // Counted over the real user, so it leaves room for the node's own threads; fork itself is denied by the filter.
            // The kernel does not hold root to it.
            (hexi_resource_processes, 4096),
            (hexi_resource_locked_memory, 0),
            (hexi_resource_message_queue, 0),
        ]
    }

    /// bubblewrap's own failures, and those of the program that puts up the fence, mean that nothing was run.
    private func requireIsolation(_ outcome: ChildOutcome) throws(SandboxError) {
        switch outcome.ending {
        case .notStarted(let number):
            throw .isolationUnavailable(
                reason: "\(bubblewrapPath) cannot be started: \(String(cString: strerror(number)))",
                remedy: number == EMFILE || number == ENFILE || number == EAGAIN
                    ? "raise the limits of open files and processes (ulimit -n, ulimit -u)" : "install it with: apt-get install bubblewrap")
        case .exited(let code) where code != 0 && outcome.errorText.hasPrefix("bwrap: "):
            throw .isolationUnavailable(
                reason: String(outcome.errorText.split(separator: "\n").first ?? "bwrap failed"),
                remedy: "allow user namespaces (sysctl user.max_user_namespaces=15000, kernel.unprivileged_userns_clone=1, "
                    + "kernel.apparmor_restrict_unprivileged_userns=0; in a container also --security-opt seccomp=unconfined), "
                    + "and use bubblewrap 0.8 or later")
        case .exited(125) where outcome.errorText.hasPrefix("hexi-confine: "):
            throw .isolationUnavailable(
                reason: "Landlock's fence could not be put up (system call \(outcome.errorText.dropFirst(14).prefix { $0.isNumber }))",
                remedy: "hexi doctor shows which layer is missing")
        default: return
        }
    }
}
