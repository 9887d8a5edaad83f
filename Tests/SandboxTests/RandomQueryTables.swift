import Sandbox
import SandboxTestKit

/// A clinic's and a bureau's tables, small enough that most groups lie around the threshold of three units.
enum SmallSpace {
    static let minimum = 3
    static let patients = (0..<14).map { "p\($0)" }
    static let nurses = (0..<8).map { "n\($0)" }

    struct Column {
        var name: String
        var type: String
        var role: ColumnRole
        /// Constants of SQL that occur in it.
        var samples: [String]
    }

    struct Table {
        var name: String
        var owner: String
        var columns: [Column]
        var rows: [[String]]
        var isOpen: Bool { !columns.contains { $0.role == .privacyUnit } }

        var policy: TablePolicy {
            TablePolicy(
                name: name, columns: columns.map { ColumnDefinition(name: $0.name, type: $0.type, role: $0.role) },
                aggregate: AggregatePolicy(minimumGroupSize: isOpen ? 1 : minimum, maximumRows: 1000, maximumJoinMultiplicity: 60),
                owner: owner)
        }
    }

    static let tables: [Table] = {
        var random = SeededGenerator(state: 20_26)
        return [patientTable(&random), visitTable(&random), weatherTable(&random), shiftTable(&random)]
    }()

    private static func text(_ prefix: String, _ count: Int) -> [String] { (0..<count).map { "'\(prefix)\($0)'" } }

    private static let days = (1...6).map { "DATE '2020-01-0\($0)'" }

    private static func some(_ values: [String], nullsOf: Int = 0, _ random: inout SeededGenerator) -> String {
        if nullsOf > 0, Int.random(in: 0..<nullsOf, using: &random) == 0 { return "NULL" }
        return values.randomElement(using: &random) ?? "NULL"
    }

    private static func patientTable(_ random: inout SeededGenerator) -> Table {
        let columns = [
            Column(name: "patient", type: "VARCHAR", role: .privacyUnit, samples: patients.map { "'\($0)'" }),
            Column(name: "region", type: "VARCHAR", role: .dimension, samples: text("r", 3)),
            Column(name: "station", type: "VARCHAR", role: .joinKey, samples: text("s", 4)),
            Column(name: "born", type: "INTEGER", role: .attribute, samples: ["1950", "1960", "1980", "2000"]),
            Column(name: "note", type: "VARCHAR", role: .filter, samples: ["'calm'", "'urgent call'", "'call'"]),
            Column(name: "weight", type: "DOUBLE", role: .measure, samples: ["60.5", "70", "82.25", "0"]),
        ]
        let rows = patients.map { patient in ["'\(patient)'"] + columns.dropFirst().map { some($0.samples, nullsOf: 9, &random) } }
        return Table(name: "patients", owner: "clinic", columns: columns, rows: rows)
    }

    private static func visitTable(_ random: inout SeededGenerator) -> Table {
        let columns = [
            Column(name: "patient", type: "VARCHAR", role: .privacyUnit, samples: patients.map { "'\($0)'" }),
            Column(name: "ward", type: "VARCHAR", role: .dimension, samples: text("w", 4)),
            Column(name: "day", type: "DATE", role: .dimension, samples: days),
            Column(name: "station", type: "VARCHAR", role: .joinKey, samples: text("s", 4)),
            Column(name: "cost", type: "BIGINT", role: .attribute, samples: ["0", "10", "25", "117", "250"]),
            Column(name: "price", type: "DECIMAL(9,2)", role: .measure, samples: ["0.00", "9.53", "19.99", "-4.01", "7.13", "31.67", "12.41"]),
            Column(name: "dose", type: "DOUBLE", role: .measure, samples: ["0", "0.27", "1.51", "-2.0625", "3.19", "0.83", "4.37"]),
            Column(name: "urgent", type: "BOOLEAN", role: .dimension, samples: ["true", "false"]),
        ]
        var rows: [[String]] = []
        for index in 0..<90 {
            // Some wards belong to few patients, and one patient comes often.
            let patient = index % 9 == 0 ? 0 : Int.random(in: 0..<14, using: &random)
            var row = columns.map { some($0.samples, nullsOf: 12, &random) }
            row[0] = index % 31 == 30 ? "NULL" : "'p\(patient)'"
            row[1] = patient < 2 ? "'w3'" : row[1]
            rows.append(row)
        }
        return Table(name: "visits", owner: "clinic", columns: columns, rows: rows)
    }

    private static func weatherTable(_ random: inout SeededGenerator) -> Table {
        let columns = [
            Column(name: "station", type: "VARCHAR", role: .joinKey, samples: text("s", 4)),
            Column(name: "day", type: "DATE", role: .dimension, samples: days),
            Column(name: "wind", type: "INTEGER", role: .dimension, samples: ["1", "2", "3"]),
            Column(name: "rain", type: "DOUBLE", role: .attribute, samples: ["0", "0.53", "2.27", "1.19", "3.71", "0.87", "4.33", "2.94"]),
        ]
        var rows: [[String]] = []
        for station in columns[0].samples {
            for day in days { rows.append([station, day] + columns.dropFirst(2).map { some($0.samples, nullsOf: 10, &random) }) }
        }
        return Table(name: "weather", owner: "bureau", columns: columns, rows: rows)
    }

    private static func shiftTable(_ random: inout SeededGenerator) -> Table {
        let columns = [
            Column(name: "nurse", type: "VARCHAR", role: .privacyUnit, samples: nurses.map { "'\($0)'" }),
            Column(name: "ward", type: "VARCHAR", role: .joinKey, samples: text("w", 4)),
            Column(name: "day", type: "DATE", role: .joinKey, samples: days),
            Column(name: "hours", type: "INTEGER", role: .attribute, samples: ["0", "4", "8", "12"]),
            Column(name: "grade", type: "VARCHAR", role: .dimension, samples: ["'junior'", "'senior'"]),
        ]
        let rows = (0..<40).map { _ in columns.map { some($0.samples, nullsOf: $0.name == "nurse" ? 0 : 12, &random) } }
        return Table(name: "shifts", owner: "bureau", columns: columns, rows: rows)
    }
}
