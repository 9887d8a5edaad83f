import CLinux
import Encoding
import Glibc
import Sandbox

/// One thing that `hexi doctor` looked at.
public struct DoctorFinding: Sendable {
    public var name: String
    public var ok: Bool
    /// What was found.
    public var detail: String
    /// How to mend it, where it is not well.
    public var remedy: String?

    public init(name: String, ok: Bool, detail: String, remedy: String? = nil) {
        self.name = name
        self.ok = ok
        self.detail = detail
        self.remedy = remedy
    }
}

/// Looks at whether a machine, and a node's home on it, are fit to serve.
public enum Doctor {
    /// - Parameter home: the node to look at; without one, only the machine.
    public static func run(home: NodeHome?) async -> [DoctorFinding] {
        var findings = libraries() + [clock(), entropy()]
        findings += await sandbox(home)
        if let home { findings += homeFindings(home) }
        findings.append(disk(home?.directory ?? "."))
        return findings
    }

    /// The program could not have started without its libraries, so what is worth telling is their versions.
    private static func libraries() -> [DoctorFinding] {
        LibraryVersions.all.map { DoctorFinding(name: "library \($0.name)", ok: true, detail: $0.version) }
    }

    private static func sandbox(_ home: NodeHome?) async -> [DoctorFinding] {
        do {
            let scratch = home == nil ? TemporaryFolder.make() : nil
            defer { scratch.map(TemporaryFolder.remove) }
            let configuration = try home.map(SandboxSetup.configuration)
                ?? SandboxSetup.configuration(scratchDirectory: scratch ?? "/tmp")
            return await SandboxEngine(configuration: configuration).probe().map {
                DoctorFinding(name: $0.name, ok: $0.ok, detail: $0.detail, remedy: $0.ok ? nil : $0.remedy)
            }
        } catch {
            return [DoctorFinding(name: "sandbox", ok: false, detail: "\(error)", remedy: "Make the node's home writable for its user.")]
        }
    }

    private static func clock() -> DoctorFinding {
        // Bit 6 of the kernel's clock state says that nothing keeps the clock right (STA_UNSYNC of adjtimex(2)).
        var state = timex()
        let result = adjtimex(&state)
        let isSynchronised = result >= 0 && state.status & 0x40 == 0
        let now = Clock.now()
        guard now.milliseconds > 1_700_000_000_000 else {
            return DoctorFinding(
                name: "clock", ok: false, detail: "the clock says \(now)",
                remedy: "Set the clock: statements are accepted within ten minutes of their time only.")
        }
        return DoctorFinding(
            name: "clock", ok: true,
            detail: "\(now), " + (isSynchronised ? "kept right by a time service" : "not known to be kept right by a time service"))
    }

    private static func entropy() -> DoctorFinding {
        var byte: UInt8 = 0
        let count = getrandom(&byte, 1, UInt32(GRND_NONBLOCK))
        return DoctorFinding(
            name: "random numbers", ok: count == 1, detail: count == 1 ? "the kernel's generator is ready" : "the kernel's generator is not ready",
            remedy: count == 1 ? nil : "Wait until the machine has gathered enough entropy, or install an entropy daemon.")
    }

    private static func disk(_ path: String) -> DoctorFinding {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            return DoctorFinding(
                name: "disk", ok: false, detail: "\(path): \(String(cString: strerror(errno)))", remedy: "Make the folder readable.")
        }
        let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
        let isEnough = free >= 1 << 30
        return DoctorFinding(
            name: "disk", ok: isEnough, detail: "\(free >> 20) MiB free where \(path) lies",
            remedy: isEnough ? nil : "Free at least 1 GiB: a full disk stops the node from recording anything.")
    }

    private static func homeFindings(_ home: NodeHome) -> [DoctorFinding] {
        var findings: [DoctorFinding] = []
        let logKeyPaths = LogKeyFiles.paths(home)
        for path in [home.operatorKeyPath] + (logKeyPaths.isEmpty ? [home.logKeyPath] : logKeyPaths)
            + [home.vaultKeyPath, home.snapshotKeyPath] + NodeKeyFiles(home).files.map(\.path)
        {
            findings.append(keyFile(path))
        }
        let isWritable = access(home.ledgerDirectory, W_OK) == 0
        findings.append(
            DoctorFinding(
                name: "ledger folder", ok: isWritable, detail: isWritable ? "writable" : String(cString: strerror(errno)),
                remedy: isWritable ? nil : "Give \(home.ledgerDirectory) to the user that runs the node."))
        return findings
    }

    private static func keyFile(_ path: String) -> DoctorFinding {
        var status = stat()
        guard stat(path, &status) == 0 else {
            return DoctorFinding(
                name: "key \(path)", ok: false, detail: String(cString: strerror(errno)),
                remedy: "Restore it from the backup; the node cannot serve without it.")
        }
        let isPrivate = status.st_mode & 0o077 == 0
        return DoctorFinding(
            name: "key \(path)", ok: isPrivate, detail: isPrivate ? "readable by its owner alone" : "readable by others",
            remedy: isPrivate ? nil : "chmod 600 \(path)")
    }
}

/// A private folder that lasts as long as one check.
enum TemporaryFolder {
    static func make() -> String? {
        var template = Array("/tmp/hexi-doctor-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { return nil }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func remove(_ path: String) {
        PrivateFile.empty(path)
        rmdir(path)
    }
}
