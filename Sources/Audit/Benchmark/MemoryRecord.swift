import Glibc
import Synchronization

/// How much memory the process holds while a ledger is checked.
final class MemoryRecord: Sendable {
    private let values = Mutex<(afterTenth: UInt64, atMost: UInt64)>((0, 0))

    var afterTenth: UInt64 { values.withLock { $0.afterTenth } }
    var atMost: UInt64 { values.withLock { $0.atMost } }

    func note(done: UInt64, total: UInt64) {
        guard done >= total / 10 else { return }
        let resident = Self.resident()
        values.withLock { values in
            if values.afterTenth == 0 { values.afterTenth = resident }
            values.atMost = max(values.atMost, resident)
        }
    }

    /// The process's resident memory in bytes; 0 where the system does not tell.
    private static func resident() -> UInt64 {
        // proc(5): the second number is the resident set, in pages.
        guard let bytes = try? JournalFile.pseudoFile("/proc/self/statm") else { return 0 }
        let fields = String(decoding: bytes, as: UTF8.self).split(separator: " ")
        guard fields.count > 1, let pages = UInt64(fields[1]) else { return 0 }
        return pages * UInt64(max(0, sysconf(Int32(_SC_PAGESIZE))))
    }
}
