import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Testing

@Suite("Size of the catalogue in the state")
struct CatalogueSizeTests {
    private static let summary = String(repeating: "逐日地下水位监测数据,按县汇总。", count: 20)

    private static func fill(_ fixture: inout ExchangeFixture, _ provider: Party, _ count: Int) throws {
        for number in 0..<count {
            let external = ExternalIdentifier(scheme: "moid", value: "MOID-62-2026-\(number)")
            var listing = fixture.entry(provider, number, identifiers: [external])
            listing.summary = ["zh": summary]
            listing.description = ["zh": summary, "en": summary]
            let statement = try fixture.sign(.productListing(listing), by: provider.key)
            fixture.state.apply(try fixture.state.decide(try fixture.command(statement), at: fixture.time), at: fixture.time)
        }
    }

    @Test("an entry of the catalogue takes less than two kilobytes of a stored state, however long its texts are")
    func stored() throws {
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Province", [.provider])
        let before = try JSONEncoder().encode(fixture.state).count
        try Self.fill(&fixture, provider, 100)
        let each = (try JSONEncoder().encode(fixture.state).count - before) / 100
        #expect((200..<2048).contains(each), "\(each) bytes")
    }

    /// Set `HEXI_CATALOGUE_ENTRIES` to a number, such as 100000, to have the figures printed.
    @Test(
        "figures of a large catalogue",
        .enabled(if: ProcessInfo.processInfo.environment["HEXI_CATALOGUE_ENTRIES"] != nil))
    func figures() throws {
        let count = Int(ProcessInfo.processInfo.environment["HEXI_CATALOGUE_ENTRIES"] ?? "") ?? 10_000
        var fixture = try ExchangeFixture()
        let provider = try fixture.register("Province", [.provider])
        try Self.fill(&fixture, provider, 1000)
        let start = try Self.residentBytes()
        let clock = ContinuousClock()
        let filling = try clock.measure {
            for number in 1000..<(1000 + count) {
                let external = ExternalIdentifier(scheme: "moid", value: "MOID-62-2026-\(number)")
                let listing = fixture.entry(provider, number, identifiers: [external])
                let statement = try fixture.sign(.productListing(listing), by: provider.key)
                fixture.state.apply(try fixture.state.decide(try fixture.command(statement), at: fixture.time), at: fixture.time)
            }
        }
        let each = (try Self.residentBytes() - start) / count
        var stored = Data()
        let encoding = try clock.measure { stored = try JSONEncoder().encode(fixture.state) }
        let decoding = try clock.measure { _ = try JSONDecoder().decode(ExchangeState.self, from: stored) }
        print("entries \(count): \(each) bytes of memory each; signed and decided in \(filling)")
        print("stored state \(stored.count) bytes, written in \(encoding), read in \(decoding)")
    }

    private static func residentBytes() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
        return (line.flatMap { Int($0.filter(\.isNumber)) } ?? 0) * 1024
    }
}
