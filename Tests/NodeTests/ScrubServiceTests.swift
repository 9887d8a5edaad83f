import Foundation
import Storage
import Testing

@testable import Node

@Suite struct ScrubServiceTests {
    @Test func whatIsFoundIsCountedAndMended() async throws {
        try await withLedgerServer(entries: 600) { server in
            let service = ScrubService(server.ledger, log: StructuredLog(isOn: false))
            await service.scrub()
            #expect(service.status.rounds == 1 && service.status.findings == 0 && service.status.warning == nil)
            #expect(service.status.lastFinished != nil)
            let path = server.directory + "/tile/0/001"
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            try Data(repeating: 1, count: 8192).write(to: URL(fileURLWithPath: path))
            await service.scrub()
            #expect(service.status.rounds == 2 && service.status.findings == 1 && service.status.unmended == 0)
            #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == good)
        }
    }

    @Test func theServiceScrubsOfItsOwnAccordAndStopsAtOnce() async throws {
        try await withLedgerServer(entries: 600) { server in
            var schedule = ScrubService.Schedule()
            (schedule.firstRound, schedule.interval) = (.zero, .milliseconds(1))
            let service = ScrubService(server.ledger, log: StructuredLog(isOn: false), schedule: schedule)
            service.start()
            for _ in 0..<12_000 where service.status.rounds < 3 { try await Task.sleep(for: .milliseconds(5)) }
            #expect(service.status.rounds >= 3)
            await service.stop()
            // A round that would take days ends with the service.
            schedule.bytesPerSecond = 1
            let slow = ScrubService(server.ledger, log: StructuredLog(isOn: false), schedule: schedule)
            slow.start()
            try await Task.sleep(for: .milliseconds(50))
            await slow.stop()
            #expect(slow.status.rounds == 0)
        }
    }

    @Test func aDamagedJournalShowsInHealthAndMetrics() async throws {
        try await withNode { node in
            #expect(try await node.get("/healthz").json["warnings"] == nil)
            await node.server.scrubbing.scrub()
            let path = node.services.home.ledgerDirectory + "/journal"
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
            try file.seek(toOffset: 100)
            let byte = try #require(try file.read(upToCount: 1)?.first)
            try file.seek(toOffset: 100)
            try file.write(contentsOf: Data([byte ^ 1]))
            await node.server.scrubbing.scrub()
            let health = try await node.get("/healthz")
            #expect(health.status == 200 && health.json["warnings"]?[0]?.stringValue?.contains("1 thing is wrong") == true, "\(health)")
            let metrics = try await node.get("/metrics").text
            #expect(metrics.contains("hexi_ledger_scrub_rounds 2.0") && metrics.contains("hexi_ledger_scrub_unmended 1.0"), "\(metrics)")
            try file.seek(toOffset: 100)
            try file.write(contentsOf: Data([byte]))
            await node.server.scrubbing.scrub()
            #expect(try await node.get("/healthz").json["warnings"] == nil)
        }
    }
}
