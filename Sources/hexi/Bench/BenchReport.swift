import CommandLineInterface
import Encoding

/// All that one `hexi bench` measured, and where.
struct BenchReport: Sendable {
    var name: String
    /// As it was typed.
    var commandLine: String
    var machine: Machine
    var results: [BenchResult]
    /// What a reader must know to understand the numbers. Whole sentences.
    var remarks: [String]

    #if DEBUG
    static let isOptimised = false
    #else
    static let isOptimised = true
    #endif

    init(_ name: String, results: [BenchResult], remarks: [String] = []) {
        self.name = name
        commandLine = (["hexi"] + CommandLine.arguments.dropFirst()).joined(separator: " ")
        machine = .current()
        self.results = results
        self.remarks = Self.isOptimised
            ? remarks : ["This is a debug build: its numbers say little. Build with --configuration release."] + remarks
    }

    var json: JSONValue {
        [
            "benchmark": .string(name), "command": .string(commandLine), "machine": machine.json,
            "optimised": .bool(Self.isOptimised), "results": .array(results.map(\.json)),
            "remarks": .array(remarks.map { .string($0) }),
        ]
    }

    func print(on console: Console) {
        var details = DetailList()
        details.add("machine", machine.line)
        details.add("command", TextWidth.printable(commandLine))
        console.print(details.render() + "\n")
        var table = Table(
            ["measured", "result", "yardstick", "its result", "ratio", "target", "met"],
            alignments: [.left, .right, .left, .right, .right, .left, .left])
        for result in results {
            table.append([
                (result.whole == nil ? "" : "  ") + result.name, result.result.text, result.yardstick?.name ?? "", result.yardstick?.quantity.text ?? "",
                result.ratio.map { Quantity.factor($0).text } ?? "", result.target?.text ?? "",
                result.isMet.map { $0 ? "yes" : "no" } ?? "",
            ])
        }
        console.print(table)
        for remark in remarks { console.print("\n" + remark) }
    }
}
