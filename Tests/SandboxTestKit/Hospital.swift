import Encoding
import Foundation
import Sandbox

/// A hospital's visits, made small so that many groups lie around the threshold, and the weather of each station and day.
package enum Hospital {
    package static let data = Task { () async throws -> (visits: String, weather: String) in
        var generator = SeededGenerator(state: 7)
        var visits = "patient,ward,day,region,station,cost,dose,price,urgent,diagnosis\n"
        for _ in 0..<900 {
            let patient = Int.random(in: 0..<60, using: &generator)
            let ward = ["A", "B", "C", "D", "E"][patient % 7 % 5]
            let day = String(format: "2020-01-%02d", Int.random(in: 1...20, using: &generator))
            let cost = Int.random(in: 0..<10, using: &generator) < 3 ? "NA" : String(Int.random(in: 0..<200, using: &generator))
            let dose = Int.random(in: 0..<10, using: &generator) < 2 ? "NA" : String(Double(Int.random(in: -40..<40, using: &generator)) / 4)
            let region = ["north", "south", "west"][patient % 3]
            visits += "p\(patient),\(ward),\(day),\(region),s\(patient % 4),\(cost),\(dose),\(Int.random(in: 0..<9999, using: &generator)).50,"
            visits += "\(Bool.random(using: &generator)),d\n"
        }
        var weather = "station,day,wind,rain\n"
        for station in 0..<4 {
            for day in 1...20 {
                weather += "s\(station),2020-01-\(String(format: "%02d", day)),\(Int.random(in: 0..<30, using: &generator)).5,"
                weather += "\(Double(Int.random(in: 0..<3, using: &generator)))\n"
            }
        }
        func load(_ text: String, _ name: String) async throws -> String {
            let path = Bench.folder + "/\(name).csv"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
            return path + ".duckdb"
        }
        return (try await load(visits, "hospital"), try await load(weather, "hospital-weather"))
    }

    package static let tables: [TablePolicy] = {
        var visits = Sample.visits
        visits.columns[7].type = "DOUBLE"
        return [visits, Sample.weather]
    }()

    package static func run(_ sql: String, parameters: [QueryParameter] = [], values: [String: JSONValue] = [:]) async throws(SandboxError) -> RunResult {
        let query = try await Bench.check(sql, tables: tables, parameters: parameters)
        let paths = try? await data.value
        return try await Bench.engine.run(
            query, values: values, snapshots: ["visits": paths?.visits ?? "", "weather": paths?.weather ?? ""])
    }

    package static func direct(_ sql: String) async throws -> [[String]] {
        let paths = try await data.value
        return try Bench.direct(sql, snapshots: ["visits": paths.visits, "weather": paths.weather])
    }
}
