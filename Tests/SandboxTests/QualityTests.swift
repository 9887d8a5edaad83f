import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// Assessments of tables whose every figure is known.
@Suite struct QualityTests {
    static let columns = [
        ColumnDefinition(name: "tail", type: "VARCHAR", role: .privacyUnit),
        ColumnDefinition(name: "carrier \"x\"; .quit", type: "VARCHAR", role: .dimension),
        ColumnDefinition(name: "hour", type: "BIGINT", role: .joinKey),
        ColumnDefinition(name: "day", type: "DATE", role: .filter),
        ColumnDefinition(name: "delay", type: "BIGINT", role: .measure),
        ColumnDefinition(name: "note", type: "VARCHAR", role: .measure),
        ColumnDefinition(name: "secret", type: "VARCHAR", role: .hidden),
    ]

    /// 400 rows of 40 aircraft. The carrier RARE has 9 rows of 9 aircraft, and FEW 30 rows of one aircraft.
    static var table: String {
        var text = "tail,\"carrier \"\"x\"\"; .quit\",hour,day,delay,note,secret\n"
        for number in 0..<400 {
            let isFew = number >= 370
            let carrier = isFew ? "FEW" : number < 9 ? "RARE" : number % 2 == 0 ? "AA" : "BB"
            let tail = isFew ? "N999" : "N\(100 + number % 39)"
            let day = number < 300 ? "2013-05-01" : number < 391 ? "2013-05-02" : "2013-06-0\(1 + number - 391)"
            let delay = number % 20 == 0 ? "" : number == 399 ? "1000000" : "\(number)"
            text += "\(tail),\(carrier),\(number % 3),\(day),\(delay),remark \(number),s\(number)\n"
        }
        return text + "N100,AA,0,2013-05-01,1,twice,s\nN100,AA,0,2013-05-01,1,twice,s\n"
    }

    static func assessed(
        _ csv: String, _ columns: [ColumnDefinition], minimumGroupSize: Int64 = 5
    ) async throws -> (profile: TableProfile, path: String) {
        let base = "\(Bench.folder)/quality-\(UUID().uuidString)"
        try Data(csv.utf8).write(to: URL(filePath: base + ".csv"))
        let made = try await Bench.engine.importTable(from: base + ".csv", format: .csv, to: base + ".duckdb")
        #expect(made.columns.map(\.name) == columns.map(\.name))
        #expect(made.columns.map(\.type) == columns.map(\.type))
        let profile = try await Bench.engine.assess(
            snapshotPath: base + ".duckdb", columns: columns, rows: made.rows, minimumGroupSize: minimumGroupSize)
        return (profile, base + ".duckdb")
    }

    @Test func countsAreThoseOfTheTable() async throws {
        let (profile, _) = try await Self.assessed(Self.table, Self.columns)
        #expect(profile.rows == 402)
        #expect(profile.minimumSupport == 10)
        #expect(profile.samplingStep == 1)
        // One row repeats another; a count below the support is lifted to it.
        #expect(profile.duplicateRows == 10)
        #expect(profile.columns.map(\.missing) == [0, 0, 0, 0, 20, 0, 0])
        #expect(profile.columns.map(\.distinct) == [40, 4, 3, 11, 380, 401, nil])
        #expect(profile.columns[4].completeness(ofRows: 402) == 950)
        #expect(profile.completeness.minimum == 950)
        #expect(profile.keys == [
            KeyProfile(columns: ["tail"], isUnique: false, integrity: 0, missing: 0),
            KeyProfile(columns: ["hour"], isUnique: false, integrity: 0, missing: 0),
        ])
        #expect(profile.issues == ["duplicate-rows"])
    }

    @Test func noValueIsShownThatRestsOnFewRowsOrFewUnits() async throws {
        let (profile, _) = try await Self.assessed(Self.table, Self.columns)
        // RARE has too few rows; FEW has rows enough, but of one aircraft.
        #expect(Set(profile.columns[1].categories.map(\.value)) == ["AA", "BB"])
        #expect(Set(profile.columns[2].categories.map(\.value)) == ["0", "1", "2"])
        #expect(profile.columns[0].categories.isEmpty && profile.columns[0].ranges.isEmpty)
        #expect(profile.columns[5].categories.isEmpty && profile.columns[6].categories.isEmpty)
        // The last days have one row each; the month has nine, so the newest day is of May.
        #expect(profile.newest == NewestDay(column: "day", day: "2013-05-02"))
        let ranges = profile.columns[4].ranges
        #expect(!ranges.isEmpty)
        // The one outlier is not among the means, nor is any part smaller than the support.
        #expect(ranges.allSatisfy { $0.mean < 400 && $0.permille * 382 >= 9_000 })
        let text = JSONValue.object(JSONObject(profile.members.compactMap { name, value in value.map { (name, $0) } })).serializedString()
        for secret in ["RARE", "FEW", "N1", "N9", "remark", "twice", "2013-06", "1000000"] { #expect(!text.contains(secret)) }
    }

    @Test func aLargerGroupSizeOfTheProductHoldsForTheReportToo() async throws {
        let (profile, _) = try await Self.assessed(Self.table, Self.columns, minimumGroupSize: 40)
        #expect(profile.minimumSupport == 40)
        #expect(profile.columns[4].ranges.count <= 1)
        let (few, _) = try await Self.assessed(Self.table, Self.columns, minimumGroupSize: 41)
        #expect(few.columns.allSatisfy { $0.categories.isEmpty && $0.ranges.isEmpty })
        #expect(few.newest == nil)
        #expect(few.issues.contains("few-units"))
    }

    @Test func theSameSnapshotGivesTheSameReportAndReadsBack() async throws {
        let (first, path) = try await Self.assessed(Self.table, Self.columns)
        let again = try await Bench.engine.assess(snapshotPath: path, columns: Self.columns, rows: 402, minimumGroupSize: 5)
        #expect(first == again)
        let document = JSONValue.object(JSONObject(first.members.compactMap { name, value in value.map { (name, $0) } }))
        let parsed = try JSONValue.parse(document.serialized())
        #expect(try TableProfile(JSONCursor(parsed)) == first)
    }

    @Test func tablesWithoutRowsAndColumnsWithoutValuesAreAssessedToo() async throws {
        let columns = [
            ColumnDefinition(name: "a", type: "VARCHAR", role: .dimension), ColumnDefinition(name: "b", type: "BIGINT", role: .joinKey),
        ]
        let rows = (0..<20).map { ",\($0)\n" }.joined()
        let (profile, _) = try await Self.assessed("a,b\n" + rows, columns)
        #expect(profile.issues == ["empty-column"])
        #expect(profile.keys == [KeyProfile(columns: ["b"], isUnique: true, integrity: 1000, missing: 0)])
        #expect(SyntheticTable(profile, seed: [1], count: 5).rows.allSatisfy { $0[0] == nil })
    }

    @Test func aDescriptionThatIsNotTheSnapshotsIsNoticed() async throws {
        let (_, path) = try await Self.assessed(Self.table, Self.columns)
        await #expect(throws: SandboxError.self) {
            try await Bench.engine.assess(snapshotPath: path, columns: Self.columns, rows: 401, minimumGroupSize: 5)
        }
    }

    // MARK: Samples

    @Test func syntheticRowsHoldNoIdentifyingValueAndNothingBelowTheSupport() async throws {
        let (profile, path) = try await Self.assessed(Self.table, Self.columns)
        let sample = SyntheticTable(profile, seed: [1, 2, 3], count: 1000)
        #expect(sample.columns.map(\.name) == Self.columns.dropLast().map(\.name))
        let real = try Bench.direct("SELECT tail, note FROM t", snapshots: ["t": path])
        let tails = Set(real.map { $0[0] })
        let notes = Set(real.map { $0[1] })
        for row in sample.rows {
            let cells = row.map { $0 ?? "" }
            #expect(!tails.contains(cells[0]) && !notes.contains(cells[5]))
            #expect(["AA", "BB"].contains(cells[1]))
            #expect(cells[3].hasPrefix("2013-05"))
            #expect((Int64(cells[4]) ?? 0) < 400)
        }
        // Among 1,000 rows of 40 units every one should come, and about a twentieth of the delays is missing.
        #expect(Set(sample.rows.map { $0[0] }).count == 40)
        #expect((20...90).contains(sample.rows.filter { $0[4] == nil }.count))
    }

    @Test func theSameSeedGivesTheSameRowsAndAnotherGivesOthers() async throws {
        let (profile, _) = try await Self.assessed(Self.table, Self.columns)
        let first = SyntheticTable(profile, seed: [1], count: 50)
        #expect(first == SyntheticTable(profile, seed: [1], count: 50))
        #expect(first.rows != SyntheticTable(profile, seed: [2], count: 50).rows)
        #expect(Array(SyntheticTable(profile, seed: [1], count: 60).rows.prefix(50)) != [])
    }

    @Test func aQueryRunsOnTheSampleUnderTheSameRules() async throws {
        let (profile, _) = try await Self.assessed(Self.table, Self.columns)
        let path = "\(Bench.folder)/sample-\(UUID().uuidString).duckdb"
        try await Bench.engine.makeSample(SyntheticTable(profile, seed: [9], count: 500), at: path)
        let policy = TablePolicy(
            name: "flights", columns: Self.columns, aggregate: AggregatePolicy(minimumGroupSize: 5, maximumRows: 100))
        let query = try await Bench.engine.check(
            sql: "SELECT \"day\", count(*) AS n, avg(delay) AS mean FROM flights WHERE \"day\" >= DATE '2013-01-01' GROUP BY \"day\" ORDER BY 1",
            mode: .aggregate, tables: [policy])
        let result = try await Bench.engine.run(query, snapshots: ["flights": path])
        #expect(!result.rows.isEmpty)
        #expect(result.rows.reduce(0) { $0 + ($1[1].integerValue ?? 0) } >= 450)
        // What the real table refuses is refused here.
        _ = await Bench.refusal { () async throws(SandboxError) in
            try await Bench.engine.check(sql: "SELECT tail FROM flights", mode: .aggregate, tables: [policy])
        }
    }
}
