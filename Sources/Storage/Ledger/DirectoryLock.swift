import Glibc

/// Holds a ledger's folder for one process: an advisory lock (`flock`) on the file `lock`, which the kernel releases when
/// the process ends, however it ends. The file names the holder.
struct DirectoryLock: Sendable {
    private let file: LedgerFile

    init(directory: String, operations: FileOperations) throws(LedgerError) {
        do throws(LedgerError) {
            file = try LedgerFile(directory + "/lock", flags: O_RDWR | O_CREAT, operations: operations)
        } catch {
            guard case .systemCall("open", _, ENOENT) = error else { throw error }
            throw .notALedger(path: directory, reason: "there is no such folder; a ledger has to be created first")
        }
        guard file.lock() else {
            let holder = Int(String(decoding: try file.read(32, at: 0), as: UTF8.self).filter(\.isNumber))
            throw .inUse(directory: directory, processIdentifier: holder)
        }
        // Whose lock it is only helps the reader of a message; a full disk must not keep a ledger from being read.
        try? file.truncate(to: 0)
        try? file.write(Array("\(getpid())\n".utf8), at: 0)
    }

    func release() { file.unlock() }
}
