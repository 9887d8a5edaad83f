import Glibc

/// A ledger's folder below the system's folder for temporary files; it goes with the last reference.
final class TestFolder {
    enum Failure: Error { case cannotMake(Int32), cannotWrite(String, Int32), cannotRead(String, Int32) }

    let path: String

    init() throws {
        var template = Array("/tmp/hexi-audit-test-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw Failure.cannotMake(errno) }
        path = String(cString: made)
    }

    /// A folder with a whole ledger.
    convenience init(_ journal: [UInt8], _ checkpoint: [UInt8]) throws {
        try self.init()
        try write("journal", journal)
        try write("checkpoint", checkpoint)
    }

    deinit {
        for name in ["journal", "checkpoint", "hashes", "state", "bundle.tar", "ledger/journal", "ledger/checkpoint"] { unlink("\(path)/\(name)") }
        rmdir("\(path)/ledger")
        rmdir(path)
    }

    func makeFolder(_ name: String) throws {
        guard mkdir("\(path)/\(name)", 0o700) == 0 else { throw Failure.cannotWrite(name, errno) }
    }

    func read(_ name: String) throws -> [UInt8] {
        let descriptor = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.cannotRead(name, errno) }
        defer { close(descriptor) }
        var (bytes, buffer) = ([UInt8](), [UInt8](repeating: 0, count: 65_536))
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw Failure.cannotRead(name, errno) }
            if count == 0 { return bytes }
            bytes += buffer[..<count]
        }
    }

    func write(_ name: String, _ bytes: [UInt8]) throws {
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure.cannotWrite(name, errno) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw Failure.cannotWrite(name, errno) }
            rest = rest.dropFirst(count)
        }
    }
}
