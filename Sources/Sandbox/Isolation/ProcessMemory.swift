import CSandboxLauncher
import Glibc

/// This process's own memory, where a node's keys are.
public enum ProcessMemory {
    /// No core dumps, and no other process of the same user may look into it (RLIMIT_CORE, PR_SET_DUMPABLE).
    ///
    /// - Returns: whether the kernel agreed.
    @discardableResult public static func forbidCoreDumps() -> Bool { hexi_forbid_core_dumps() == 0 }

    /// Whether a page can be kept out of swap, as libsodium keeps the pages that hold keys.
    static var canBeLocked: Bool {
        let bytes = 64 << 10
        guard let pages = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), pages != MAP_FAILED else { return false }
        defer { munmap(pages, bytes) }
        return mlock(pages, bytes) == 0
    }
}
