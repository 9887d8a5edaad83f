import Glibc

/// An open file that closes itself. Reads and writes are complete or an error; interrupted calls are repeated.
struct VaultFile: ~Copyable {
    let descriptor: Int32
    let path: String

    init(open path: String, flags: Int32, mode: mode_t = 0o600) throws(VaultError) {
        let opened = Glibc.open(path, flags | O_CLOEXEC, mode)
        guard opened >= 0 else { throw .system(operation: "open", path: path, number: errno) }
        descriptor = opened
        self.path = path
    }

    deinit { close(descriptor) }

    func status() throws(VaultError) -> stat {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw failure("examine") }
        return status
    }

    /// Fills the buffer as far as the file reaches; a smaller count than asked means the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = Glibc.read(descriptor, buffer.baseAddress.map { $0 + filled }, buffer.count - filled)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read")
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    func write(_ buffer: UnsafeRawBufferPointer) throws(VaultError) {
        var written = 0
        while written < buffer.count {
            let count = Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write")
            }
            written += count
        }
    }

    /// Writes again at the start of the file.
    func overwriteStart(_ bytes: [UInt8]) throws(VaultError) {
        guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw failure("seek in") }
        try writeAll(bytes)
    }

    func writeAll(_ bytes: [UInt8]) throws(VaultError) {
        let result = bytes.withUnsafeBytes { buffer -> Result<Void, VaultError> in
            do throws(VaultError) { return .success(try write(buffer)) } catch { return .failure(error) }
        }
        try result.get()
    }

    /// Returns once content and size have reached the disk.
    func synchronize() throws(VaultError) {
        guard fsync(descriptor) == 0 else { throw failure("synchronise") }
    }

    func setMode(_ mode: mode_t) throws(VaultError) {
        guard fchmod(descriptor, mode) == 0 else { throw failure("set the mode of") }
    }

    func failure(_ operation: String) -> VaultError { .system(operation: operation, path: path, number: errno) }
}

/// Folder operations of the vault.
enum VaultFolder {
    /// Makes a folder for its owner only (0700), with those above it, and makes each new name durable.
    static func create(_ path: String) throws(VaultError) {
        if mkdir(path, 0o700) == 0 { return try synchronize(parent(of: path)) }
        switch errno {
        case EEXIST: return
        case ENOENT where parent(of: path) != path:
            try create(parent(of: path))
            guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
                throw .system(operation: "create the folder", path: path, number: errno)
            }
            try synchronize(parent(of: path))
        default: throw .system(operation: "create the folder", path: path, number: errno)
        }
    }

    /// Makes the names in a folder durable: a rename is not, until its folder has reached the disk.
    static func synchronize(_ path: String) throws(VaultError) {
        try VaultFile(open: path, flags: O_RDONLY | O_DIRECTORY).synchronize()
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Moves a finished file to its name, replacing what had it, and makes that durable.
    static func publish(_ temporary: String, as path: String) throws(VaultError) {
        guard rename(temporary, path) == 0 else { throw .system(operation: "rename to", path: path, number: errno) }
        try synchronize(parent(of: path))
    }

    /// The names in a folder, sorted, without those that begin with a dot.
    static func names(in path: String) throws(VaultError) -> [String] {
        guard let stream = opendir(path) else { throw .system(operation: "list", path: path, number: errno) }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        guard errno == 0 else { throw .system(operation: "list", path: path, number: errno) }
        return names.sorted()
    }
}
