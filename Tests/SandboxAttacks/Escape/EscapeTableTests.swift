import Foundation
import SandboxTestKit
import Testing

@Suite struct EscapeTableTests {
    static let families = [
        ("files of the host", EscapeFileTests.reads.count + EscapeFileTests.writes.count),
        ("network", EscapeNetworkTests.sockets.count),
        ("other processes and programs", EscapeProcessTests.others.count + EscapeProcessTests.births.count + EscapeProcessTests.programs.count),
        ("the kernel's other doors", EscapeKernelTests.names.count + EscapeKernelTests.tricks.count + EscapeKernelTests.conventions.count),
        ("what Python can do", EscapeProgramTests.attempts.reduce(0) { $0 + $1.count }),
        ("metrics that are not as declared", EscapeProgramTests.documents.count),
        ("hostile archives", EscapeBundleTests.hostile.count),
    ]

    @Test func `the table in README counts every family of escapes`() throws {
        let readme = try String(contentsOfFile: Bench.root + "/Tests/SandboxAttacks/README.md", encoding: .utf8)
        let all = Self.families.reduce(0) { $0 + $1.1 }
        for (name, count) in Self.families + [("all escapes", all)] {
            #expect(readme.contains("\n| \(name) | \(count) |"), "\(name) has \(count) attempts")
        }
    }
}
