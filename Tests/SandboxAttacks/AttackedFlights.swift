import Encoding
import Foundation
import Sandbox
import SandboxTestKit

/// The flights of nycflights13 as an attacker meets them: an aircraft is the privacy unit, delays are secret, and flight numbers,
/// days and carriers are public knowledge.
enum AttackedFlights {
    static func policies(_ change: (inout AggregatePolicy) -> Void = { _ in }, privacy: PrivacyPolicy? = nil) async throws -> [TablePolicy] {
        var tables = try await Flights.policies()
        for index in tables[0].columns.indices where tables[0].columns[index].name == "flight" { tables[0].columns[index].role = .filter }
        var aggregate = AggregatePolicy(minimumGroupSize: 10, maximumRows: 1000)
        change(&aggregate)
        tables[0].aggregate = aggregate
        tables[0].privacy = privacy
        return tables
    }

    /// One carrier's flights from one airport on one day: what the attacker is after, and the truth of it.
    static let wanted = "month = 2 AND day = 14 AND origin = 'LGA' AND carrier = 'DL' AND arr_delay IS NOT NULL"

    static let secrets = Task { () async throws -> [(flight: Int64, delay: Double)] in
        try await Flights.direct("SELECT flight, arr_delay FROM flights WHERE \(wanted) ORDER BY flight").compactMap { row in
            Int64(row[0]).flatMap { flight in Double(row[1]).map { (flight, $0) } }
        }
    }

    /// How close an estimate must come to count as won, in minutes.
    static let closeEnough = 5.0

    /// The share of secrets that the estimates hit.
    static func success(_ estimates: [Double], _ truth: [Double]) -> Double {
        Double(zip(estimates, truth).count { abs($0 - $1) <= closeEnough }) / Double(max(1, truth.count))
    }

    /// The best that anybody does who knows how delays are distributed and nothing of a single flight: the same guess for all.
    static func guessing(_ truth: [Double]) -> Double {
        truth.map { guess in success(Array(repeating: guess, count: truth.count), truth) }.max() ?? 0
    }

    static func percent(_ share: Double) -> String { String(format: "%.0f %%", share * 100) }
}
