import Glibc

/// Holds a ledger's folder for one process: an advisory lock (`flock`) on the file `lock`, which the kernel releases when
/// the process ends, however it ends. The file names the holder.
struct DirectoryLock: Sendable {
    private let file: LedgerFile

    init(directory: String) throws(LedgerError) {
        file = try LedgerFile(directory + "/lock", flags: O_RDWR | O_CREAT)
        guard file.lock() else {
            let holder = Int(String(decoding: try file.read(32, at: 0), as: UTF8.self).filter(\.isNumber))
            throw .inUse(directory: directory, processIdentifier: holder)
        }
        try file.truncate(to: 0)
        try file.write(Array("\(getpid())\n".utf8), at: 0)
    }

    func release() { file.unlock() }
}
