import Glibc
import Signing

/// The files of a program.
struct ProgramBundle: Sendable {
    static let maximumBytes = 64 << 20

    let files: [TarReader.Entry]

    /// Reads a bundle and checks that it is the approved one.
    ///
    /// - Parameter path: a file of the node's own.
    /// - Throws: `bundleRefused`.
    init(path: String, program: ApprovedProgram) throws(ProgramFailure) {
        let bytes = try Self.contents(path)
        let hash = SHA256.hash(bytes)
        guard hash == program.bundleHash else {
            throw .bundleRefused("its SHA-256 is \(hash), not the approved \(program.bundleHash)")
        }
        guard program.arguments.allSatisfy({ !$0.utf8.contains(0) }) else { throw .bundleRefused("an argument holds a NUL byte") }
        let entry = try TarReader.checkedPath(program.entry, "of the entry")
        files = TarReader.isArchive(bytes)
            ? try TarReader.files(in: bytes) : [TarReader.Entry(path: entry, isExecutable: true, bytes: bytes[...])]
        guard let start = files.first(where: { $0.path == entry }) else {
            throw .bundleRefused("it has no file \"\(program.entry)\" to start")
        }
        if program.runtime == .executable, !start.bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) {
            throw .bundleRefused("\"\(program.entry)\" is no ELF program")
        }
    }

    /// Lays the files out in a new folder, which must be the node's alone.
    ///
    /// - Parameter executable: a file that is started itself.
    func unpack(into folder: String, executable: String?) throws(ProgramFailure) {
        guard mkdir(folder, 0o700) == 0 else { throw Self.cannotWrite(folder) }
        for file in files {
            var parent = folder
            for part in file.path.split(separator: "/").dropLast() {
                parent += "/\(part)"
                guard mkdir(parent, 0o700) == 0 || errno == EEXIST else { throw Self.cannotWrite(parent) }
            }
            let path = folder + "/" + file.path
            let mode: mode_t = file.isExecutable || file.path == executable ? 0o500 : 0o400
            let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
            guard descriptor >= 0 else { throw Self.cannotWrite(path) }
            defer { close(descriptor) }
            guard Self.write(file.bytes, to: descriptor) else { throw Self.cannotWrite(path) }
        }
    }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> Bool {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    private static func cannotWrite(_ path: String) -> ProgramFailure {
        if errno == ENOTDIR || errno == EEXIST || errno == EISDIR { return .bundleRefused("a name is both a file's and a folder's") }
        return .sandbox(.engineFailed(operatorDetail: "\(path) cannot be made: \(String(cString: strerror(errno)))"))
    }

    private static func contents(_ path: String) throws(ProgramFailure) -> [UInt8] {
        guard let bytes = SmallFile.read(path, maximumBytes: maximumBytes) else {
            throw .bundleRefused("it is not there, or larger than \(maximumBytes >> 20) MiB")
        }
        return bytes
    }
}

/// A file that is read whole, if it is an ordinary one and not too large.
enum SmallFile {
    static func read(_ path: String, maximumBytes: Int) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= maximumBytes else { return nil }
        var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
        var filled = 0
        while filled < bytes.count {
            let count = bytes[filled...].withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return nil }
            filled += count
        }
        return bytes
    }
}

extension SmallFile {
    /// Makes a new file that its owner alone may read.
    static func make(_ path: String, _ bytes: [UInt8]) throws(SandboxError) {
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .engineFailed(operatorDetail: "\(path) cannot be made: \(String(cString: strerror(errno)))") }
        defer { close(file) }
        guard bytes.isEmpty || write(file, bytes, bytes.count) == bytes.count else {
            throw .engineFailed(operatorDetail: "\(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }
}
