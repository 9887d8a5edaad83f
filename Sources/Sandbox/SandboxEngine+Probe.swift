import Encoding
import Glibc
import Signing

/// One layer of the isolation, as it really is on this machine.
public struct IsolationProbe: Sendable, Hashable {
    public var name: String
    public var ok: Bool
    /// What was found.
    public var detail: String
    /// How to mend it; empty where nothing is wrong.
    public var remedy: String

    public init(name: String, ok: Bool, detail: String, remedy: String = "") {
        self.name = name
        self.ok = ok
        self.detail = detail
        self.remedy = ok ? "" : remedy
    }
}

extension SandboxEngine {
    /// SHA-256 of DuckDB 1.5.6's program for x86-64 Linux, as `ops/setup` installs it.
    public static let pinnedProgramHash = "61238cfbe9dfeaad4bcfcd8a48f6f7123dae2e9603aaadb1f77a4217aeb8980c"

    /// Tries every layer for real, inside a sandbox like that of any run, for `hexi doctor`. Never throws.
    public func probe() async -> [IsolationProbe] {
        var probes = [program("bubblewrap", configuration.bubblewrapPath, "apt-get install bubblewrap")]
        probes.append(program("duckdb", configuration.duckdbPath, "run ops/setup"))
        guard probes.allSatisfy(\.ok) else { return probes }
        probes.append(programHash())
        do {
            let version = try await answer("SELECT version()")
            probes.append(IsolationProbe(name: "user namespaces", ok: true, detail: "a sandbox starts"))
            let isRight = "DuckDB " + version.drop { $0 == "v" } == functions.engine
            probes.append(
                IsolationProbe(
                    name: "duckdb version", ok: isRight, detail: version, remedy: "run ops/setup; the functions are listed for \(functions.engine)"))
        } catch {
            let remedy = if case .isolationUnavailable(_, let remedy) = error { remedy } else { "run ops/setup" }
            probes.append(IsolationProbe(name: "user namespaces", ok: false, detail: "\(error)", remedy: remedy))
            return probes
        }
        await probes.append(filterProbe())
        probes += await viewProbes()
        await probes.append(memoryProbe())
        await probes.append(timeProbe())
        probes.append(rootProbe())
        probes += await layerProbes()
        return probes
    }

    private func program(_ name: String, _ path: String, _ remedy: String) -> IsolationProbe {
        let isThere = access(path, X_OK) == 0
        return IsolationProbe(name: name, ok: isThere, detail: isThere ? path : "\(path) is not there", remedy: remedy)
    }

    private func programHash() -> IsolationProbe {
        // The path may be a link: what counts is the program that starts.
        let program = realpath(configuration.duckdbPath, nil).map { resolved in
            defer { free(resolved) }
            return String(cString: resolved)
        }
        let found = (try? program.map { try Self.hash($0).0 })?.description ?? "unreadable"
        return IsolationProbe(
            name: "duckdb checksum", ok: found == Self.pinnedProgramHash, detail: found,
            remedy: "expected \(Self.pinnedProgramHash); run ops/setup to install the pinned program")
    }

    /// The engine's one-line answer to an SQL text of ours, inside the sandbox, before it is locked.
    func answer(_ sql: String, limits: RunLimits = .parsing) async throws(SandboxError) -> String {
        var script = EngineScript(limits: limits)
        script.add(sql)
        let outcome = try await execute(script, mounts: [], limits: limits)
        guard case .exited(0) = outcome.ending else { throw EngineMessage(outcome.errorText).error(for: outcome.ending, limits: limits) }
        return String(decoding: outcome.output.prefix { $0 != 0x0A }, as: UTF8.self)
    }

    /// The same without Landlock's fence, to see what the namespaces hide by themselves.
    func answerWithoutFence(_ sql: String) async throws(SandboxError) -> String {
        var script = EngineScript(limits: .parsing)
        script.add(sql)
        var process = try await isolatedProcess()
        process.landlockVersion = 0
        let outcome = try await process.run(
            program: configuration.duckdbPath, arguments: EngineScript.arguments, mounts: [], input: Array(script.text.utf8), limits: .parsing)
        let lines = outcome.output.split(separator: 0x0A)
        guard case .exited(0) = outcome.ending, lines.count > 1 else {
            throw EngineMessage(outcome.errorText).error(for: outcome.ending, limits: .parsing)
        }
        return String(decoding: lines[1], as: UTF8.self)
    }

    /// Changing to a folder that is there works, unless the filter denies the call (chdir is not on the list).
    private func filterProbe() async -> IsolationProbe {
        var script = EngineScript(limits: .parsing)
        script.addFolderTrial()
        let text: String
        do {
            let outcome = try await execute(script, mounts: [], limits: .parsing)
            text = outcome.errorText + String(decoding: outcome.output, as: UTF8.self)
        } catch {
            text = "\(error)"
        }
        let isDenied = text.contains("Cannot change to directory")
        return IsolationProbe(
            name: "seccomp", ok: isDenied, detail: isDenied ? "a forbidden system call was denied" : "not denied: \(text.prefix(200))",
            remedy: "run a kernel with CONFIG_SECCOMP_FILTER, and install libseccomp2")
    }

    /// What a process inside can see: nothing of the host, no network, no other process.
    private func viewProbes() async -> [IsolationProbe] {
        func count(_ pattern: String) async -> Int { (try? await answerWithoutFence("SELECT count(*) FROM glob('\(pattern)')")).flatMap { Int($0) } ?? -1 }
        let hostFiles = await count("/etc/*") + count("/home/*") + count("/root/*") + count("/var/*")
        let processes = await count("/proc/*")
        let network = (try? await answerWithoutFence("SELECT count(*) FROM read_text('http://127.0.0.1:1/')")) ?? "refused"
        let written = (try? await answerWithoutFence("COPY (SELECT 1) TO '/bin/written'")) ?? "refused"
        return [
            IsolationProbe(
                name: "host files", ok: hostFiles == 0, detail: "\(hostFiles) files of the host visible", remedy: "update bubblewrap"),
            IsolationProbe(name: "processes", ok: processes == 0, detail: "\(processes) entries of /proc visible", remedy: "update bubblewrap"),
            IsolationProbe(name: "network", ok: network == "refused", detail: network, remedy: "update bubblewrap"),
            IsolationProbe(name: "read-only root", ok: written == "refused", detail: written, remedy: "update bubblewrap"),
        ]
    }

    private func memoryProbe() async -> IsolationProbe {
        var limits = RunLimits.parsing
        limits.memoryBytes = 64 << 20
        limits.scratchBytes = 1 << 20
        let result: String
        do {
            result = try await answer("SELECT count(DISTINCT i) FROM range(50000000) t(i)", limits: limits)
        } catch {
            return IsolationProbe(name: "memory limit", ok: error == .resourcesExceeded, detail: "\(error)", remedy: "check ulimit -v")
        }
        return IsolationProbe(name: "memory limit", ok: false, detail: "a query above the limit gave \(result)", remedy: "check ulimit -v")
    }

    private func timeProbe() async -> IsolationProbe {
        var limits = RunLimits.parsing
        limits.wallClockSeconds = 0.3
        do {
            _ = try await answer("SELECT count(*) FROM range(100000) a, range(100000000) b WHERE hash(a.range + b.range) = 0", limits: limits)
        } catch .timeExceeded {
            return IsolationProbe(name: "time limit", ok: true, detail: "stopped after 0.3 s")
        } catch {
            return IsolationProbe(name: "time limit", ok: false, detail: "\(error)", remedy: "report this")
        }
        return IsolationProbe(name: "time limit", ok: false, detail: "a query ran past its time", remedy: "report this")
    }

    /// Root is exempt from the kernel's count of processes. The filter denies fork anyway; threads are then bounded by the
    /// address space only.
    private func rootProbe() -> IsolationProbe {
        let isRoot = geteuid() == 0
        return IsolationProbe(
            name: "process limit", ok: true,
            detail: isRoot
                ? "fork denied by the filter; the node runs as root, whose threads the kernel does not count: use an ordinary user"
                : "fork denied by the filter, threads limited")
    }
}
