import Glibc

/// The few things the commands do with files, with errors that name the path.
enum LocalFiles {
    private static var reason: String { String(cString: strerror(errno)) }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// A regular file, pipe or device as bytes; `-` is standard input.
    ///
    /// - Parameter maximumCount: more bytes than this are refused rather than read.
    static func read(_ path: String, maximumCount: Int = 16 << 20) throws(ClientError) -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(path: path, reason: reason) }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .file(path: path, reason: reason) }
            if count == 0 { return bytes }
            guard bytes.count + count <= maximumCount else {
                throw .file(path: path, reason: "is longer than the \(maximumCount) bytes that are read here")
            }
            bytes.append(contentsOf: buffer[..<count])
        }
    }

    /// A text file.
    static func readText(_ path: String, maximumCount: Int = 1 << 20) throws(ClientError) -> String {
        let bytes = try read(path, maximumCount: maximumCount)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .file(path: path, reason: "is not UTF-8 text")
        }
        return text
    }

    /// Replaces a file as a whole: whoever reads it sees the old or the new content, also after a power cut.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t = 0o600) throws(ClientError) {
        let temporary = "\(path).\(getpid()).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw .file(path: path, reason: reason) }
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress.map { $0 + written }, $0.count - written) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            written += count
        }
        let isDurable = written == bytes.count && fsync(descriptor) == 0
        let failure = isDurable ? "" : reason
        close(descriptor)
        guard isDurable, rename(temporary, path) == 0 else {
            let failure = failure.isEmpty ? reason : failure
            unlink(temporary)
            throw .file(path: path, reason: failure)
        }
        synchronizeFolder(of: path)
    }

    /// Adds bytes at the end of a file, in one piece even if several processes do so at once.
    static func append(_ bytes: [UInt8], to path: String) throws(ClientError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(path: path, reason: reason) }
        defer { close(descriptor) }
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw .file(path: path, reason: count < 0 ? reason : "it was written in part only") }
    }

    /// Makes a folder and those above it that are missing.
    static func makeFolder(_ path: String, mode: mode_t = 0o700) throws(ClientError) {
        if mkdir(path, mode) == 0 { return }
        if errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex {
            try makeFolder(String(path[..<slash]), mode: mode)
            if mkdir(path, mode) == 0 { return }
        }
        var status = stat()
        guard errno == EEXIST, stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            throw .file(path: path, reason: reason)
        }
    }

    /// The names in a folder in order; none where there is no such folder.
    static func names(in folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = Glibc.readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The path with every symbolic link followed; as given where there is no such file.
    static func resolved(_ path: String) -> String {
        guard let found = realpath(path, nil) else { return path }
        defer { free(found) }
        return String(cString: found)
    }

    static func link(_ path: String, to target: String) throws(ClientError) {
        guard symlink(target, path) == 0 else { throw .file(path: path, reason: reason) }
    }

    static func remove(_ path: String) { unlink(path) }

    /// The size of a regular file in bytes.
    /// When a file was last written, in nanoseconds since 1970.
    static func modified(_ path: String) throws(ClientError) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .file(path: path, reason: String(cString: strerror(errno))) }
        return Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
    }

    static func size(_ path: String) throws(ClientError) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw .file(path: path, reason: reason) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .file(path: path, reason: "is not a regular file") }
        return Int64(status.st_size)
    }

    // The folder's own durability is a courtesy here: what matters is durable on the node's ledger.
    private static func synchronizeFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
