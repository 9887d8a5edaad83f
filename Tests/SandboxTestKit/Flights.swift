import Encoding
import Foundation
import Sandbox
import Testing

/// The flights and weather of nycflights13 as two products, and DuckDB's own answers about the same files.
package enum Flights {
    package static var isThere: Bool {
        FileManager.default.fileExists(atPath: Bench.root + "/Tools/data/flights.csv")
            && FileManager.default.fileExists(atPath: Bench.root + "/Tools/data/weather.csv")
    }

    package struct Snapshots: Sendable {
        package var flights: SnapshotDescription
        package var weather: SnapshotDescription
        package var paths: [String: String]
    }

    /// Imported once, by whichever test comes first.
    package static let snapshots = Task { () async throws -> Snapshots in
        func load(_ name: String) async throws -> (SnapshotDescription, String) {
            let path = Bench.folder + "/\(name).duckdb"
            let source = (Bench.root + "/Tools/data/\(name).csv" as NSString).resolvingSymlinksInPath
            return (try await Bench.engine.importTable(from: source, format: .csv, to: path), path)
        }
        let (flights, flightsPath) = try await load("flights")
        let (weather, weatherPath) = try await load("weather")
        return Snapshots(flights: flights, weather: weather, paths: ["flights": flightsPath, "weather": weatherPath])
    }

    package static func policies(minimum: Int = 10) async throws -> [TablePolicy] {
        let snapshots = try await snapshots.value
        let flightRoles: [String: ColumnRole] = [
            "tailnum": .privacyUnit, "flight": .hidden, "dep_time": .measure, "dep_delay": .measure, "arr_time": .measure,
            "arr_delay": .measure, "air_time": .measure, "distance": .measure, "time_hour": .joinKey,
        ]
        let weatherRoles: [String: ColumnRole] = [
            "temp": .measure, "dewp": .measure, "humid": .measure, "pressure": .measure, "precip": .measure, "time_hour": .joinKey,
        ]
        func table(_ name: String, _ columns: [SnapshotDescription.Column], _ roles: [String: ColumnRole], _ size: Int) -> TablePolicy {
            TablePolicy(
                name: name,
                columns: columns.map { ColumnDefinition(name: $0.name, type: $0.type, role: roles[$0.name] ?? .dimension) },
                aggregate: AggregatePolicy(minimumGroupSize: size, maximumRows: 10_000))
        }
        return [
            table("flights", snapshots.flights.columns, flightRoles, minimum),
            table("weather", snapshots.weather.columns, weatherRoles, 1),
        ]
    }

    package static func run(
        _ sql: String, parameters: [QueryParameter] = [], values: [String: JSONValue] = [:], minimum: Int = 10
    ) async throws -> RunResult {
        let query = try await Bench.engine.check(
            sql: sql, mode: .aggregate, tables: try await policies(minimum: minimum), parameters: parameters)
        return try await Bench.engine.run(query, values: values, snapshots: try await snapshots.value.paths)
    }

    package static func direct(_ sql: String) async throws -> [[String]] {
        try Bench.direct(sql, snapshots: try await snapshots.value.paths)
    }

    /// Cells as DuckDB's command line would print them, floating point to twelve digits.
    package static func texts(_ rows: [[JSONValue]]) -> [[String]] {
        rows.map { row in
            row.map { cell in
                switch cell {
                case .null: "NULL"
                case .integer(let number): String(number)
                case .number(let number): rounded(number)
                case .bool(let flag): flag ? "true" : "false"
                default: cell.stringValue ?? "?"
                }
            }
        }
    }

    package static func rounded(_ number: Double) -> String { String(format: "%.11e", number) }

    /// Makes floating-point texts comparable.
    package static func normalized(_ rows: [[String]]) -> [[String]] {
        rows.map { row in row.map { cell in cell.contains(".") ? Double(cell).map(rounded) ?? cell : cell } }
    }
}
