import Glibc

/// A disk of a few megabytes (a tmpfs), for tests that fill it. It lies in a mount namespace of its own, which any user
/// may make together with a user namespace; programs are brought into it, and it is gone with its keeper.
struct SmallDisk: Sendable {
    private let workspace: Workspace
    private let keeper: ChildProcess
    /// Whether the namespaces include one of users.
    private let hasUsers: Bool

    /// The disk's name in the workspace.
    static let name = "disk"

    static func mount(_ workspace: Workspace, megabytes: Int) async throws -> SmallDisk {
        let script = """
            mount -t tmpfs -o size=\(megabytes)m,mode=700 none \(name) && echo mounted && exec sleep 3600
            """
        try await workspace.make(folder: name)
        var reasons = ""
        for flags in [["-U", "-r", "-m"], ["-m"]] {
            let keeper = try workspace.start("/usr/bin/unshare", flags + ["sh", "-c", script], streams: "keeper")
            let limit = ContinuousClock.now + .seconds(30)
            while ContinuousClock.now < limit, keeper.poll() == nil {
                if try workspace.read("keeper.out").contains("mounted") {
                    return SmallDisk(workspace: workspace, keeper: keeper, hasUsers: flags.count > 1)
                }
                try await Task.sleep(for: .milliseconds(5))
            }
            keeper.signal(SIGKILL)
            reasons += try workspace.read("keeper.err")
        }
        throw ChildProcess.Failure(description: "no mount namespace can be made, which the sandbox needs as well: \(reasons)")
    }

    /// A command line that runs a program with the disk in its place. The process becomes the program.
    private func entering(_ program: [String]) -> [String] {
        ["-t", "\(keeper.identifier)", "-m"] + (hasUsers ? ["-U", "--preserve-credentials"] : [])
            // The folder that the process is in already is one outside of the namespace.
            + ["--", "/bin/sh", "-c", #"cd "$0" && exec "$@""#, workspace.folder] + program
    }

    func start(_ program: String, _ arguments: [String], streams: String) throws -> ChildProcess {
        try workspace.start("/usr/bin/nsenter", entering([program] + arguments), streams: streams)
    }

    func run(_ program: String, _ arguments: [String], profile: String? = nil) async throws -> Output {
        try await workspace.run(
            "/usr/bin/nsenter", entering([program] + arguments),
            environment: profile.map { ["HEXI_PROFILE": workspace.path($0)] } ?? [:])
    }

    /// Runs a line of shell, which must succeed.
    @discardableResult
    func shell(_ script: String) async throws -> String {
        let output = try await run("/bin/sh", ["-c", script])
        guard output.status == 0 else {
            throw ChildProcess.Failure(description: "\(script): \(output.status) \(output.all)")
        }
        return output.output
    }

    /// Leaves no byte free.
    func fill() async throws {
        try await shell("dd if=/dev/zero of=\(Self.name)/filler bs=4k 2>dd.txt; grep -q 'No space' dd.txt")
    }

    func makeRoom() async throws { try await shell("rm \(Self.name)/filler") }

    /// The names of all files below a folder of the disk, sorted.
    func files(below folder: String) async throws -> [String] {
        try await shell("find \(Self.name)/\(folder) -type f | LC_ALL=C sort").split(separator: "\n").map(String.init)
    }
}
