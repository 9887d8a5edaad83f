import Glibc
import Signing

/// The files of one run of a program, and the reading of what it left.
struct ProgramRun: Sendable {
    let program: ApprovedProgram
    /// A folder for this run alone.
    let work: String
    let artefactFolder: String
    let limits: RunLimits

    /// What a program prints is read and thrown away; one that prints more than this is stopped.
    private static let maximumPrintedBytes = 64 << 20

    init(program: ApprovedProgram, work: String, artefactFolder: String, limits: RunLimits) {
        self.program = program
        self.work = work
        self.artefactFolder = artefactFolder
        var limits = limits
        limits.maximumOutputBytes = Self.maximumPrintedBytes
        self.limits = limits
    }

    var programFolder: String { work + "/program" }
    var dataFolder: String { work + "/data" }
    private var outputFolder: String { work + "/output" }

    func makeFolders() throws(SandboxError) {
        for folder in [dataFolder, outputFolder] where mkdir(folder, 0o700) != 0 {
            throw .engineFailed(operatorDetail: "\(folder) cannot be made: \(String(cString: strerror(errno)))")
        }
    }

    private var outputNames: [String] { ["metrics.json"] + program.artefacts.map(\.name) }

    /// Every file that may be written is there beforehand and mounted by itself, so a program can make no other file outside its
    /// memory, and no link.
    func makeOutputs() throws {
        guard program.artefacts.count <= 16, Set(outputNames).count == outputNames.count else {
            throw ProgramFailure.bundleRefused("at most 16 artefacts of differing names other than metrics.json")
        }
        for name in outputNames {
            guard try TarReader.checkedPath(name, "of an artefact") == name, !name.contains("/") else {
                throw ProgramFailure.bundleRefused("\"\(name)\" is no file name")
            }
            try SmallFile.make("\(outputFolder)/\(name)", [])
        }
    }

    var mounts: [Mount] {
        [Mount(source: programFolder, target: "/program", isExecutable: program.runtime == .executable)]
            + ["schema.json", "parameters.json"].map { Mount(source: "\(dataFolder)/\($0)", target: "/data/\($0)") }
            + outputNames.map { Mount(source: "\(outputFolder)/\($0)", target: "/output/\($0)", isWritable: true) }
    }

    /// Of any file that the program writes.
    var maximumFileBytes: Int {
        ([limits.scratchBytes, MetricsReader.maximumBytes] + program.artefacts.map(\.maximumBytes)).max() ?? limits.scratchBytes
    }

    /// - Throws: `notDelivered` unless the program ended well and left what it declared.
    func outcome(of child: ChildOutcome) throws -> ProgramOutcome {
        switch child.ending {
        case .exited(0): break
        case .exited(let code): throw ProgramFailure.notDelivered(providerDetail: "the program ended with code \(code)")
        case .deadline: throw ProgramFailure.notDelivered(providerDetail: "the program took longer than \(limits.wallClockSeconds) s")
        case .outputLimit: throw ProgramFailure.notDelivered(providerDetail: "the program printed too much")
        case .cancelled, .dismissed: throw ProgramFailure.sandbox(.cancelled)
        case .notStarted(let number):
            throw ProgramFailure.sandbox(.engineFailed(operatorDetail: "the program was not started: \(String(cString: strerror(number)))"))
        }
        guard let written = SmallFile.read(outputFolder + "/metrics.json", maximumBytes: MetricsReader.maximumBytes) else {
            throw ProgramFailure.notDelivered(providerDetail: "metrics.json has more than \(MetricsReader.maximumBytes) bytes")
        }
        let metrics = try MetricsReader(declarations: program.metrics, significantDigits: program.significantDigits).read(written)
        return ProgramOutcome(
            metrics: metrics, metricsHash: SHA256.hash(metrics), artefacts: try moveArtefacts(),
            milliseconds: Int(max(1, child.seconds.rounded(.up))) * 1000)
    }

    private func moveArtefacts() throws -> [ProgramOutcome.Artefact] {
        var moved: [ProgramOutcome.Artefact] = []
        do {
            for declaration in program.artefacts {
                let (hash, bytes) = try SandboxEngine.hash("\(outputFolder)/\(declaration.name)")
                guard bytes > 0 else { continue }
                guard bytes <= declaration.maximumBytes else {
                    throw ProgramFailure.notDelivered(
                        providerDetail: "the artefact \(declaration.name) has \(bytes) bytes, more than its \(declaration.maximumBytes)")
                }
                let path = "\(artefactFolder)/\(declaration.name)"
                guard chmod("\(outputFolder)/\(declaration.name)", 0o400) == 0, rename("\(outputFolder)/\(declaration.name)", path) == 0 else {
                    throw SandboxError.engineFailed(operatorDetail: "\(path) cannot be made: \(String(cString: strerror(errno)))")
                }
                moved.append(.init(name: declaration.name, path: path, sha256: hash, bytes: bytes))
            }
            return moved
        } catch {
            for artefact in moved { unlink(artefact.path) }
            throw error
        }
    }
}

/// A folder and everything in it.
enum FolderTree {
    /// Removes it; links are removed, not followed.
    static func remove(_ path: String) {
        if let handle = opendir(path) {
            while let entry = readdir(handle) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                guard name != ".", name != ".." else { continue }
                let child = path + "/" + name
                var status = stat()
                if lstat(child, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { remove(child) } else { unlink(child) }
            }
            closedir(handle)
        }
        rmdir(path)
    }
}
