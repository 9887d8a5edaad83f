import Glibc

extension SandboxEngine {
    /// The layers behind the first ones, each tried for real where it can be. Those that a kernel or a unit may lack are told of
    /// and do not make a machine unfit: the others hold without them.
    func layerProbes() async -> [IsolationProbe] {
        await [
            landlockProbe(), controlGroupProbe(), scratchProbe(), environmentProbe(), coreProbe(), lockedMemoryProbe(), pythonProbe(),
        ]
    }

    /// The root and /bin may be listed in the namespaces; only the fence forbids it.
    private func landlockProbe() async -> IsolationProbe {
        let version = Landlock.kernelVersion
        guard version > 0 else {
            return IsolationProbe(
                name: "landlock", ok: true,
                detail: "not in this kernel: namespaces and the system-call filter stand without it; boot Linux 5.13 or later with lsm=landlock,… to have it")
        }
        let listing = "SELECT count(*) FROM glob('/bin/*')"
        let there = (try? await answerWithoutFence(listing)) ?? "unknown"
        let seen = (try? await answer(listing)) ?? "unknown"
        let fences = version >= 6 ? "files, TCP, signals and abstract sockets" : version >= 4 ? "files and TCP" : "files"
        return IsolationProbe(
            name: "landlock", ok: seen == "0" && there == "2",
            detail: seen == "0" && there == "2" ? "version \(version) fences \(fences)" : "\(seen) of \(there) files seen that the fence should hide (version \(version))",
            remedy: "report this, with the kernel's version")
    }

    private func controlGroupProbe() async -> IsolationProbe {
        let name = "control groups"
        guard let groups = controlGroups else {
            return IsolationProbe(
                name: name, ok: configuration.controlGroup == nil,
                detail: "none is delegated to this process, so memory and threads are limited for each process and not for a run's as a whole; "
                    + "Delegate=memory pids cpu in a systemd unit gives one",
                remedy: "name a group of cgroups version 2 that this user may write to")
        }
        do {
            try groups.make(for: configuration.limits).remove()
            let list = groups.controllers.sorted().joined(separator: ", ")
            return IsolationProbe(name: name, ok: true, detail: "each run has its own in \(groups.folder)" + (list.isEmpty ? ", without limits" : ": \(list)"))
        } catch {
            return IsolationProbe(name: name, ok: false, detail: "\(error)", remedy: "set Delegate=memory pids cpu in the node's systemd unit")
        }
    }

    private func scratchProbe() async -> IsolationProbe {
        var limits = RunLimits.parsing
        limits.scratchBytes = 1 << 20
        let result = (try? await answer("COPY (SELECT repeat('x', 1000) FROM range(4000)) TO '/scratch/large.csv'", limits: limits)) ?? "refused"
        return IsolationProbe(
            name: "scratch quota", ok: result == "refused",
            detail: result == "refused" ? "in memory, held to its size" : "more than the quota was written", remedy: "update bubblewrap to 0.8 or later")
    }

    private func environmentProbe() async -> IsolationProbe {
        let seen = (try? await answer("SELECT coalesce(getenv('PATH'), '') || coalesce(getenv('USER'), '') || coalesce(getenv('HEXI_DUCKDB'), '')")) ?? "unknown"
        return IsolationProbe(
            name: "environment", ok: seen.isEmpty, detail: seen.isEmpty ? "empty" : "something of the host's is visible", remedy: "update bubblewrap")
    }

    /// Where the kernel would send a dump does not matter: a limit of 1 keeps it from pipes too.
    private func coreProbe() async -> IsolationProbe {
        IsolationProbe(name: "core dumps", ok: true, detail: "forbidden for runs, and for the node while it serves")
    }

    private func lockedMemoryProbe() async -> IsolationProbe {
        let isLocked = ProcessMemory.canBeLocked
        return IsolationProbe(
            name: "locked memory", ok: isLocked, detail: isLocked ? "keys are kept out of swap" : "no page can be locked, so keys may be swapped out",
            remedy: "set LimitMEMLOCK=1M in the node's systemd unit, or ulimit -l 1024")
    }

    /// Programs in Python are an offer of some products, so a machine without it is fit.
    private func pythonProbe() async -> IsolationProbe {
        let name = "python for programs"
        do {
            let runtime = try await ProgramRuntime.find(.python3, RuntimeConfiguration(), beside: try await isolatedProcess())
            let interpreter = runtime.interpreter ?? ""
            let outcome = try await runtime.isolation.run(
                program: interpreter, arguments: runtime.arguments + ["-c", "import json, hashlib, sys; print(sys.version.split()[0])"],
                mounts: runtime.mounts, input: [], limits: .parsing)
            let version = String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").first.map(String.init)
            guard case .exited(0) = outcome.ending, let version else {
                return IsolationProbe(
                    name: name, ok: false, detail: "\(interpreter) does not run in the sandbox", remedy: "install it anew: apt-get install --reinstall python3")
            }
            return IsolationProbe(name: name, ok: true, detail: "Python \(version) runs in the sandbox")
        } catch {
            return IsolationProbe(name: name, ok: true, detail: "not available: \(error)")
        }
    }
}
