import Foundation
import Testing

@testable import Sandbox

/// Random queries, each judged by an oracle that knows the raw data.
@Suite struct RandomQueryLeakTests {
    /// `HEXI_RANDOM_QUERIES` asks for more or fewer.
    static let count = ProcessInfo.processInfo.environment["HEXI_RANDOM_QUERIES"].flatMap { Int($0) } ?? 10_000

    /// Per cent of the queries that must be accepted, for the test to say anything.
    static let leastShare = 40

    @Test func nothingThatIsAcceptedRestsOnFewerUnitsThanTheSmallestGroup() async throws {
        let tally = try await Self.judge(Self.count, weakened: false)
        Self.print(tally)
        #expect(tally.leaks.isEmpty, "\(tally.leaks.count):\n\(tally.leaks.prefix(40).joined(separator: "\n"))")
        #expect(tally.unbound.isEmpty, "\(tally.unbound.prefix(5).joined(separator: "\n"))")
        #expect(tally.written >= Self.count)
        #expect(tally.accepted * 100 >= tally.written * Self.leastShare, "only \(tally.accepted) of \(tally.written) were accepted")
    }

    @Test func theOracleFindsAThresholdThatIsNotKept() async throws {
        let tally = try RandomQueryTally.judge(0..<300, weakened: true)
        #expect(tally.leaks.count >= tally.accepted / 3 && tally.accepted > 5, "of \(tally.accepted) queries the oracle objects to \(tally.leaks.count) cells only")
    }

    private static func judge(_ count: Int, weakened: Bool) async throws -> RandomQueryTally {
        let size = 500
        return try await withThrowingTaskGroup(of: RandomQueryTally.self) { group in
            var next = 0
            var all = RandomQueryTally()
            func start() {
                guard next < count else { return }
                let seeds = next..<min(next + size, count)
                next += size
                group.addTask { try RandomQueryTally.judge(seeds, weakened: weakened) }
            }
            for _ in 0..<2 { start() }
            while let tally = try await group.next() {
                all.add(tally)
                start()
            }
            return all
        }
    }

    private static func print(_ tally: RandomQueryTally) {
        var lines = ["\(tally.accepted) of \(tally.written) random queries were accepted (\(tally.accepted * 100 / max(tally.written, 1)) %)"]
        for (name, counts) in tally.features.sorted(by: { $0.key < $1.key }) { lines.append("  \(name): \(counts.accepted) of \(counts.written)") }
        if ProcessInfo.processInfo.environment["HEXI_RANDOM_REFUSALS"] != nil {
            for (name, entry) in tally.refusals.sorted(by: { $0.value.count > $1.value.count }).prefix(40) { lines.append("\(entry.count) × \(name)\n      \(entry.example)") }
        }
        Swift.print(lines.joined(separator: "\n"))
    }
}
