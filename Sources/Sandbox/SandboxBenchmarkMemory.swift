import Glibc
import Synchronization

/// The most memory that the processes started by this one held at any time while it was looked: proc(5), `status` and `children`.
final class SandboxBenchmarkMemory: Sendable {
    struct Peak: Sendable, Hashable {
        /// All pages, those of the program's file among them, which runs share.
        var residentBytes = 0
        /// Pages of a run's own.
        var privateBytes = 0
    }

    private struct State {
        var peak = Peak()
        var isWanted = true
        var isOver = false
    }

    private let state = Mutex(State())

    /// Begins to look, every two milliseconds.
    func start() {
        OwnThread.start({ [self] in
            while state.withLock({ $0.isWanted }) {
                look()
                usleep(2000)
            }
            state.withLock { $0.isOver = true }
        }, onFailure: { _ in self.state.withLock { $0.isOver = true } })
    }

    /// Stops looking.
    func stop() -> Peak {
        state.withLock { $0.isWanted = false }
        while !state.withLock({ $0.isOver }) { usleep(1000) }
        return state.withLock { $0.peak }
    }

    private func look() {
        var found = Peak()
        var waiting = Self.children(of: "self")
        var seen = 0
        while let process = waiting.popLast(), seen < 4096 {
            seen += 1
            waiting += Self.children(of: process)
            for line in Self.text("/proc/\(process)/status").split(separator: "\n") {
                let words = line.split { $0 == " " || $0 == "\t" }
                guard words.count > 1, let kibibytes = Int(words[1]) else { continue }
                if words[0] == "VmHWM:" { found.residentBytes += kibibytes << 10 }
                if words[0] == "RssAnon:" || words[0] == "RssShmem:" { found.privateBytes += kibibytes << 10 }
            }
        }
        state.withLock { state in
            state.peak.residentBytes = max(state.peak.residentBytes, found.residentBytes)
            state.peak.privateBytes = max(state.peak.privateBytes, found.privateBytes)
        }
    }

    /// A process's children belong to the threads that made them.
    private static func children(of process: String) -> [String] {
        guard let folder = opendir("/proc/\(process)/task") else { return [] }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard name.first?.isNumber == true else { continue }
            found += text("/proc/\(process)/task/\(name)/children").split(separator: " ").map(String.init)
        }
        return found
    }

    private static func text(_ path: String) -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return "" }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 8192)
        let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }
}
