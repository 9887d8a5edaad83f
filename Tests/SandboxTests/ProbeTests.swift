import SandboxTestKit
import Testing

@testable import Sandbox

@Suite(.serialized) struct ProbeTests {
    @Test func everyLayerOfTheIsolationIsInForceOnThisMachine() async {
        let probes = await Bench.engine.probe()
        for probe in probes { #expect(probe.ok, "\(probe.name): \(probe.detail); \(probe.remedy)") }
        #expect(probes.map(\.name).contains("network"))
        for name in ["seccomp", "landlock", "control groups", "scratch quota", "environment", "core dumps", "locked memory", "python for programs"] {
            #expect(probes.map(\.name).contains(name))
        }
    }

    @Test func withoutBubblewrapNothingRuns() async {
        var configuration = Bench.engine.configuration
        configuration.bubblewrapPath = "/nowhere/bwrap"
        let engine = SandboxEngine(configuration: configuration)
        do {
            _ = try await engine.parse("SELECT 1")
            Issue.record("ran without isolation")
        } catch {
            guard case .isolationUnavailable(_, let remedy) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(remedy.contains("bubblewrap"))
        }
        #expect(await engine.probe().contains { !$0.ok && $0.name == "bubblewrap" })
    }

    @Test func isolationThatFailsToStartIsAnErrorAndNotABareRun() async {
        // A bubblewrap that fails as on a machine without user namespaces.
        var configuration = Bench.engine.configuration
        configuration.bubblewrapPath = "/bin/false"
        do {
            _ = try await SandboxEngine(configuration: configuration).parse("SELECT 1")
            Issue.record("ran without isolation")
        } catch {
            guard case .isolationUnavailable = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    /// Only that it measures: on a machine that builds and tests other things meanwhile, a time proves nothing.
    @Test func theBenchmarkMeasuresBareAndSandboxedRuns() async throws {
        let figures = try await SandboxBenchmark.run(engine: Bench.engine, smallRuns: 9, longRuns: 3, longRows: 10_000_000)
        print("sandbox: small \(figures.bareSmallMilliseconds) -> \(figures.sandboxedSmallMilliseconds) ms, long ratio \(figures.longRatio)")
        #expect(figures.bareSmallMilliseconds > 0 && figures.sandboxedSmallMilliseconds > 0)
        #expect(figures.bareLongMilliseconds > figures.bareSmallMilliseconds)
        #expect(figures.addedMilliseconds < 2000 && figures.longRatio < 20)
    }
}

@Suite struct ProcessGateTests {
    @Test func onlySoManyPassAtOnceAndAllPassInTheEnd() async {
        let gate = ProcessGate(places: 3)
        let inside = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    guard await gate.enter() else { return }
                    await inside.add(1)
                    try? await Task.sleep(for: .milliseconds(2))
                    await inside.add(-1)
                    gate.leave()
                }
            }
        }
        #expect(await inside.highest <= 3)
        #expect(await inside.total == 60)
    }

    @Test func aCancelledTaskLeavesTheLineAndKeepsNoPlace() async {
        let gate = ProcessGate(places: 1)
        #expect(await gate.enter())
        let waiting = Task { await gate.enter() }
        try? await Task.sleep(for: .milliseconds(20))
        waiting.cancel()
        #expect(await waiting.value == false)
        let cancelledBefore = Task { () async -> Bool in
            while !Task.isCancelled { await Task.yield() }
            return await gate.enter()
        }
        cancelledBefore.cancel()
        #expect(await cancelledBefore.value == false)
        gate.leave()
        #expect(await gate.enter())
    }

    private actor Counter {
        private(set) var highest = 0
        private(set) var total = 0
        private var current = 0

        func add(_ change: Int) {
            current += change
            total += max(change, 0)
            highest = max(highest, current)
        }
    }
}
