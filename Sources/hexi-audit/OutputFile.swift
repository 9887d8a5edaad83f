import Audit
import CommandLineInterface
import Glibc

/// Files that a command leaves behind.
enum OutputFile {
    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// Writes a file whole or not at all. What was there before is replaced.
    static func write(_ bytes: [UInt8], to path: String) throws(CommandFailure) {
        do { try ProofFile.write(bytes, to: path) } catch { throw CommandFailure("\(error)") }
    }

    /// Makes a folder unless it is there.
    static func makeFolder(_ path: String) throws(CommandFailure) {
        if mkdir(path, 0o755) != 0 && errno != EEXIST {
            throw CommandFailure("the folder \(path) cannot be made: \(String(cString: strerror(errno)))")
        }
    }
}
