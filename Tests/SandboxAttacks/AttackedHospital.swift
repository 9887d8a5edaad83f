import Encoding
import Foundation
import Sandbox
import SandboxTestKit

/// A hospital of eight patients, small enough that each of them can be taken away in turn.
///
/// The threshold is three. p1 is alone on the isle, alone on the leap day, by far the oldest, and the only one with a bill of
/// 4711; p8 is alone in ward C. Every other group has at least three patients. `weather` is open data of another owner; `claims` is
/// another owner's protected table; `stays` belongs to the hospital.
enum AttackedHospital {
    static let minimum = 3
    static let patients = (1...8).map { "p\($0)" }
    static let targets = ["p1", "p8"]

    /// What the database may look like: as it is, without one patient, with everything secret about one patient changed, or with
    /// one patient's measures missing.
    enum Neighbour: Sendable, Hashable {
        case asItIs
        case without(String)
        case altered(String)
        case lacking(String)

        var name: String {
            switch self {
            case .asItIs: "as-it-is"
            case .without(let patient): "without-\(patient)"
            case .altered(let patient): "altered-\(patient)"
            case .lacking(let patient): "lacking-\(patient)"
            }
        }

        static let all: [Neighbour] =
            [.asItIs] + patients.map { .without($0) } + patients.map { .altered($0) } + patients.map { .lacking($0) }
    }

    static func tables(minimum: Int = minimum) -> [TablePolicy] {
        func columns(_ text: String) -> [ColumnDefinition] {
            text.split(separator: ",").compactMap { part in
                let words = part.split(separator: " ").map(String.init)
                return ColumnRole(rawValue: words[2]).map { ColumnDefinition(name: words[0], type: words[1], role: $0) }
            }
        }
        let aggregate = AggregatePolicy(minimumGroupSize: minimum, maximumRows: 1000)
        return [
            TablePolicy(
                name: "visits",
                columns: columns(
                    "patient VARCHAR privacy_unit,ward VARCHAR dimension,day DATE dimension,region VARCHAR filter,"
                        + "station VARCHAR join_key,age BIGINT attribute,cost BIGINT measure,dose DOUBLE measure,"
                        + "price DECIMAL(9;2) measure,urgent BOOLEAN measure,diagnosis VARCHAR hidden"
                ).map { column in
                    var column = column
                    column.type = column.type.replacing(";", with: ",")
                    return column
                }, aggregate: aggregate, owner: "hospital"),
            TablePolicy(
                name: "stays",
                columns: columns("patient VARCHAR privacy_unit,bed VARCHAR dimension,nights BIGINT attribute"),
                aggregate: aggregate, owner: "hospital"),
            TablePolicy(
                name: "claims",
                columns: columns(
                    "member VARCHAR privacy_unit,station VARCHAR join_key,kind VARCHAR dimension,paid BIGINT measure,factor DOUBLE measure"),
                aggregate: aggregate, owner: "insurer"),
            TablePolicy(
                name: "weather",
                columns: columns("station VARCHAR join_key,day DATE dimension,wind DOUBLE dimension,rain DOUBLE measure"),
                aggregate: AggregatePolicy(minimumGroupSize: 1, maximumRows: 10_000),
                rows: RowsPolicy(columns: ["day", "wind"], maximumRows: 50), owner: "weather office"),
        ]
    }

    /// The files of a neighbour, by table.
    static func snapshots(_ neighbour: Neighbour) async throws -> [String: String] {
        try await made.value
        let own = folder + "/" + neighbour.name
        return [
            "visits": own + "-visits.duckdb", "stays": own + "-stays.duckdb", "claims": folder + "/claims.duckdb",
            "weather": folder + "/weather.duckdb",
        ]
    }

    private static let folder = Bench.folder + "/attacked"

    /// Every file is written once, by one process of the engine.
    private static let made = Task { () async throws in
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        var script = table("claims.duckdb", "member VARCHAR, station VARCHAR, kind VARCHAR, paid BIGINT, factor DOUBLE", claims)
        script += table("weather.duckdb", "station VARCHAR, day DATE, wind DOUBLE, rain DOUBLE", weather)
        for neighbour in Neighbour.all {
            script += table("\(neighbour.name)-visits.duckdb", visitColumns, visits(neighbour))
            script += table("\(neighbour.name)-stays.duckdb", "patient VARCHAR, bed VARCHAR, nights BIGINT", stays(neighbour))
        }
        _ = try BareEngine.output(of: script, stopsAtError: true)
    }

    private static let visitColumns =
        "patient VARCHAR, ward VARCHAR, day DATE, region VARCHAR, station VARCHAR, age BIGINT, cost BIGINT, dose DOUBLE, "
        + "price DECIMAL(9,2), urgent BOOLEAN, diagnosis VARCHAR"

    private static func table(_ file: String, _ columns: String, _ rows: [String]) -> String {
        "ATTACH '\(folder)/\(file)' AS f; CREATE TABLE f.data(\(columns)); INSERT INTO f.data VALUES \(rows.joined(separator: ", ")); DETACH f;\n"
    }

    private static func visits(_ neighbour: Neighbour) -> [String] {
        var generator = SeededGenerator(state: 41)
        var rows: [String] = []
        for (index, patient) in patients.enumerated() {
            let days = ["2020-01-01", "2020-01-02", "2020-01-03"] + (index == 0 ? ["2020-02-29"] : [])
            for (visit, day) in days.enumerated() {
                let ward = index < 4 ? "A" : index < 7 ? "B" : "C"
                var region = index == 0 ? "isle" : index < 4 ? "north" : index < 7 ? "south" : "west"
                var age = index == 0 ? 97 : 30 + index * 3
                var cost = index == 0 && visit == 0 ? 4711 : Int.random(in: 101...999, using: &generator)
                var dose = Double(Int.random(in: -9999...9999, using: &generator)) / 64
                var price = Int.random(in: 100...9999, using: &generator)
                var urgent = (index + visit) % 2 == 0
                var diagnosis = index == 0 ? "rare" : "common"
                if neighbour == .altered(patient) {
                    (region, diagnosis, urgent) = ("moved", "other", !urgent)
                    (age, cost, dose, price) = (age + 1000, cost + 1_000_003, dose + 1_000_003, price + 500_000)
                }
                if neighbour == .without(patient) { continue }
                let isMissing = index == 2 && visit == 1 && neighbour != .altered(patient)
                let lacks = neighbour == .lacking(patient)
                rows.append(
                    "('\(patient)','\(ward)','\(day)','\(region)','s\(index < 4 ? 1 : 2)',\(age),"
                        + "\(isMissing || lacks ? "NULL" : "\(cost)"),\(lacks ? "NULL" : "\(dose)"),"
                        + "\(price / 100).\(String(format: "%02d", price % 100)),\(urgent),'\(diagnosis)')")
            }
        }
        return rows
    }

    private static func stays(_ neighbour: Neighbour) -> [String] {
        patients.enumerated().compactMap { index, patient in
            guard neighbour != .without(patient) else { return nil }
            let nights = index == 0 ? 200 : index * 2 + 1
            return "('\(patient)','\(index % 2 == 0 ? "window" : "door")',\(neighbour == .altered(patient) ? nights + 1000 : nights))"
        }
    }

    /// The insurer knows p1 to be the hospital's and gives every member at her station a weight of a power of two.
    private static let claims = (0..<12).map { index in
        "('m\(index)','s\(index % 2 + 1)','\(index % 3 == 0 ? "x" : "y")',\(1 << (2 * index)),\(index % 2 == 0 ? 1e15 : 1e-15))"
    }

    private static let weather = ["s1", "s2"].flatMap { station in
        ["2020-01-01", "2020-01-02", "2020-01-03", "2020-02-29"].enumerated().map { "('\(station)','\($1)',\($0 * 7).5,\($0 * 3).25)" }
    }
}
