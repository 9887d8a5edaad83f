import CommandLineInterface
import Encoding
import Glibc

/// The machine that a measurement was made on: without it a number says little.
struct Machine: Sendable, Hashable {
    var processor: String
    var cores: Int
    /// In bytes.
    var memory: UInt64
    /// The kernel's name and release.
    var system: String

    /// Reads what the kernel says of this machine (proc(5), uname(2)).
    static func current() -> Machine {
        var names = utsname()
        uname(&names)
        let pages = max(0, sysconf(Int32(_SC_PHYS_PAGES)))
        let pageSize = max(0, sysconf(Int32(_SC_PAGESIZE)))
        return Machine(
            processor: processorName() ?? text(&names.machine),
            cores: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))),
            memory: UInt64(pages).multipliedReportingOverflow(by: UInt64(pageSize)).partialValue,
            system: "\(text(&names.sysname)) \(text(&names.release))")
    }

    private static func processorName() -> String? {
        guard let bytes = try? LocalFiles.read("/proc/cpuinfo", maximumCount: 4 << 20) else { return nil }
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") where line.hasPrefix("model name") {
            guard let colon = line.firstIndex(of: ":") else { continue }
            return String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return nil
    }

    /// The text in one of the fixed fields of `utsname`.
    private static func text<Field>(_ field: inout Field) -> String {
        withUnsafeBytes(of: &field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    var line: String {
        TextWidth.printable("\(processor), \(cores) \(cores == 1 ? "core" : "cores"), \(ByteText.format(memory)), \(system)")
    }

    var json: JSONValue {
        [
            "processor": .string(processor), "cores": .integer(Int64(cores)), "memoryBytes": .integer(Int64(clamping: memory)),
            "system": .string(system),
        ]
    }
}
