import CSodium
import Glibc
import Signing

/// Temporary files that become the real one by a rename, so that no name ever stands for a half-written file.
///
/// Each is held locked (`flock`) while it is written. A crash releases the lock, so the next start can tell a
/// left-over, which it removes, from one that another process is still writing.
enum VaultTemporary {
    /// Creates a new file in the folder and locks it.
    static func create(in folder: String, mode: mode_t = 0o600) throws(VaultError) -> VaultFile {
        while true {
            var random: [UInt8] = Array(repeating: 0, count: 12)
            randombytes_buf(&random, random.count)
            let name = random.map { String($0, radix: 36) }.joined()
            let file = try VaultFile(open: "\(folder)/\(name).part", flags: O_RDWR | O_CREAT | O_EXCL, mode: mode)
            guard flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 else { continue }
            // A clean-up that ran between creation and lock has removed the name: take another.
            if try file.status().st_nlink > 0 { return file }
        }
    }

    /// Removes what a crash left behind.
    static func removeLeftovers(in folder: String) throws(VaultError) {
        for name in try VaultFolder.names(in: folder) where name.hasSuffix(".part") {
            let path = "\(folder)/\(name)"
            guard let file = try? VaultFile(open: path, flags: O_RDWR) else { continue }
            if flock(file.descriptor, LOCK_EX | LOCK_NB) == 0 { unlink(path) }
        }
    }
}
