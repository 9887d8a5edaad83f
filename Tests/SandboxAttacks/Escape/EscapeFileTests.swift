// Family: files of the host. Source: path_resolution(7), mount(2), pivot_root(2), symlink(2); open_by_handle_at as in "shocker"
// (S. Krahmer 2014), /proc/self/exe as in CVE-2019-5736, descriptors under /proc/self/fd as in CVE-2024-21626.
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct EscapeFileTests {
    static let hostPaths = [
        "/etc/passwd", "/etc/shadow", "/etc/hostname", "/etc/resolv.conf", "/etc/ld.so.preload", "/root/.bashrc", "/home", "/var/log", "/var/lib",
        "/tmp", "/usr/bin/env", "/bin/sh", "/sbin/init", "/lib/systemd", "/boot", "/run/systemd/journal/socket", "/run/docker.sock", "/opt",
        "/srv", "/mnt", "/sys/kernel", "/sys/fs/cgroup/cgroup.procs", "/sys/class/net", "/proc/self/status", "/proc/1/environ", "/proc/1/root/etc/passwd",
        "/proc/self/root/etc/passwd", "/proc/self/exe", "/proc/self/fd/3", "/proc/self/fd/4", "/proc/self/cwd/../etc/passwd", "/proc/sysrq-trigger",
        "/proc/kcore", "/proc/kallsyms", "/proc/sys/kernel/core_pattern", "/dev/sda", "/dev/vda", "/dev/mem", "/dev/kmsg", "/dev/tty", "/dev/ptmx",
        "/dev/shm", "/dev/fuse", "/dev/kvm", "/dev/null", "/scratch/../etc/passwd", "/data/../../etc/passwd", "/data/../../../../../../etc/passwd",
        "/scratch/./../..//etc/passwd", "/newroot/etc/passwd", "/oldroot/etc/passwd", "/.oldroot", "/bin/../etc/passwd",
    ]

    static let reads = hostPaths.map { Escape("read \($0)", "read", $0) }
        + ["/", "/bin", "/data", "/output", "/proc", "/dev"].map { Escape("list \($0)", "list", $0) }

    static let writes = [
        Escape("write the table", "write", "/data/table"), Escape("write itself", "write", "/bin/program"),
        Escape("write the fence", "write", "/bin/confine"), Escape("new file in the root", "create", "/new"),
        Escape("new file beside the table", "create", "/data/new"), Escape("new file in the output", "create", "/output/new"),
        Escape("new file in /bin", "create", "/bin/new"), Escape("new file in /etc", "create", "/etc/ld.so.preload"),
        Escape("remove the table", "remove", "/data/table"), Escape("remove the output", "remove", "/output/metrics.json"),
        Escape("move the table", "move", "/data/table", "/scratch/table"), Escape("move onto the table", "move", "/output/metrics.json", "/data/table"),
        Escape("set the user of a file", "mode", "/output/metrics.json"), Escape("hard link to the table", "hardlink", "/data/table", "/scratch/table"),
        Escape("hard link out", "hardlink", "/output/metrics.json", "/scratch/metrics"),
        Escape("link to the host", "link", "/etc/passwd", "/scratch/passwd"), Escape("link to a descriptor", "link", "/proc/self/fd/3", "/scratch/three"),
        Escape("link in place of the output", "link", "/etc/passwd", "/output/other"), Escape("device", "device", "/scratch/null"),
        Escape("pipe on a file system", "pipe-file", "/scratch/pipe"), Escape("change the root", "chroot", "/scratch"),
        Escape("change the folder", "chdir", "/"), Escape("make the root writable", "remount"), Escape("mount tmpfs", "mount", "none", "tmpfs"),
        Escape("mount proc", "mount", "proc", "proc"), Escape("mount sysfs", "mount", "sysfs", "sysfs"),
        Escape("mount an overlay", "mount", "overlay", "overlay"), Escape("mount a control group", "mount", "cgroup2", "cgroup2"),
    ]

    static let batch = EscapeBatch(reads + writes)

    @Test(arguments: reads, EscapeSandbox.allCases)
    func nothingOfTheHostCanBeRead(escape: Escape, sandbox: EscapeSandbox) async throws {
        let answer = try await Self.batch.answer(escape, in: sandbox)
        #expect(answer.hasPrefix("held E"), "\(answer)")
    }

    @Test(arguments: writes, EscapeSandbox.allCases)
    func nothingButTheScratchAndTheOutputCanBeWritten(escape: Escape, sandbox: EscapeSandbox) async throws {
        let answer = try await Self.batch.answer(escape, in: sandbox)
        #expect(answer.hasPrefix("held E"), "\(answer)")
        #expect(try String(contentsOfFile: Bench.folder + "/escape-table", encoding: .utf8) == "kept")
    }

    @Test(arguments: EscapeSandbox.allCases)
    func whatIsGivenCanBeUsedSoTheOthersAreHeldForTheirOwnReasons(sandbox: EscapeSandbox) async throws {
        for words in [["read", "/data/table"], ["create", "/scratch/new"], ["list", "/scratch"], ["write", "/output/metrics.json"]] {
            #expect(try await sandbox.answer(words) == "ESCAPED", "\(words)")
        }
    }

    @Test(arguments: [["read", "/etc/passwd"], ["list", "/"], ["read", "/proc/self/root/etc/passwd"], ["read", "/proc/self/exe"]])
    func outsideTheSandboxTheAttemptSucceeds(words: [String]) async throws {
        #expect(try await EscapeSandbox.outside(words) == "ESCAPED")
    }
}
