import Encoding
import Foundation
import Testing

extension EndToEnd {
    /// Not how fast it is, but that each benchmark measures what it says, beside its yardstick.
    @Suite struct BenchTests {
        @Test("Every benchmark runs to its end, shows machine, yardstick, ratio and target, and leaves nothing behind", arguments: [
            ("ledger", ["1/s", "ms", "B", "s"]), ("verify", ["1/s", "B"]), ("sandbox", ["ms", "1/s", "B", "s"]), ("http", ["1/s", "ms"]),
        ])
        func runs(name: String, units: [String]) async throws {
            try await Workspace.with { workspace in
                try FileManager.default.createDirectory(atPath: workspace.path("disk"), withIntermediateDirectories: true)
                let output = try await workspace.expect(0, ["bench", name, "--quick", "--json", "--directory", "disk"])
                let report = try output.json()
                #expect(report["benchmark"] == .string(name))
                #expect(report["command"] == .string("hexi bench \(name) --quick --json --directory disk"))
                for member in ["processor", "cores", "memoryBytes", "system"] { #expect(report["machine"]?[member] != nil) }
                let results = report["results"]?.arrayValue ?? []
                #expect(Set(results.compactMap { $0["result"]?["unit"]?.stringValue }) == Set(units))
                #expect(results.allSatisfy { Self.value($0["result"]) > 0 }, "\(output.output)")
                #expect(results.contains { Self.value($0["yardstick"]?["quantity"]) > 0 && $0["ratio"] != nil })
                #expect(results.contains { $0["target"]?["text"]?.stringValue != nil && $0["target"]?["met"] != nil })
                #expect(try FileManager.default.contentsOfDirectory(atPath: workspace.path("disk")).isEmpty)
            }
        }

        private static func value(_ quantity: JSONValue?) -> Double {
            switch quantity?["value"] {
            case .integer(let integer): Double(integer)
            case .number(let number): number
            default: 0
            }
        }
    }
}
