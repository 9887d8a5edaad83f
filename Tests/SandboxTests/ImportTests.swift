import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct ImportTests {
    static func write(_ text: String) throws -> String {
        let path = Bench.folder + "/\(UUID().uuidString).csv"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test func emptyAndNAFieldsAreMissingValues() async throws {
        let path = try Self.write("id,n,t\n1,NA,x\n2,,NA\n3,7,\n")
        let snapshot = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        #expect(snapshot.rows == 3)
        #expect(snapshot.columns == [.init(name: "id", type: "BIGINT"), .init(name: "n", type: "BIGINT"), .init(name: "t", type: "VARCHAR")])
        let policy = TablePolicy(
            name: "t", columns: snapshot.columns.map { ColumnDefinition(name: $0.name, type: $0.type, role: .measure) },
            aggregate: AggregatePolicy(minimumGroupSize: 1, maximumRows: 10))
        let query = try await Bench.check("SELECT count(n), count(t), count(*) FROM t", tables: [policy])
        #expect(try await Bench.engine.run(query, snapshots: ["t": path + ".duckdb"]).rows == [[1, 1, 3]])
    }

    @Test func aBrokenLineIsNamed() async throws {
        var text = "a,b\n"
        for index in 1...3000 { text += index == 2000 ? "1,2,3,\"unfinished\n" : "\(index),x\n" }
        let path = try Self.write(text)
        do {
            _ = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
            Issue.record("a broken file was imported")
        } catch {
            guard case .importFailed(let message, let line) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(line == 2001, "\(message)")
            #expect(!message.isEmpty && !message.contains("/data/input"))
        }
        #expect(!FileManager.default.fileExists(atPath: path + ".duckdb"))
    }

    @Test func anExistingSnapshotIsNeverReplaced() async throws {
        let path = try Self.write("a\n1\n")
        let target = try Self.write("mine")
        do {
            _ = try await Bench.engine.importTable(from: path, format: .csv, to: target)
            Issue.record("an existing file was replaced")
        } catch {}
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "mine")
    }

    @Test func garbageIsRefused() async throws {
        let path = try Self.write(String(repeating: "PAR1\u{1}\u{2}garbage", count: 100))
        do {
            _ = try await Bench.engine.importTable(from: path, format: .parquet, to: path + ".duckdb")
            Issue.record("garbage was imported")
        } catch {
            guard case .importFailed = error else {
                Issue.record("\(error)")
                return
            }
        }
        do {
            _ = try await Bench.engine.importTable(from: path + ".missing", format: .csv, to: path + ".duckdb")
            Issue.record("a missing file was imported")
        } catch {}
    }

    @Test func aSymbolicLinkToAHostFileGivesOnlyWhatTheCallerNamed() async throws {
        // A CSV that names other files is data, not instructions.
        let path = try Self.write("file\n/etc/passwd\n'); ATTACH '/etc/passwd';\n.read /etc/passwd\n")
        let snapshot = try await Bench.engine.importTable(from: path, format: .csv, to: path + ".duckdb")
        #expect(snapshot.rows == 3)
    }

    @Test(arguments: [
        (ParameterType.integer, JSONValue.integer(5), true), (.integer, "5", false), (.integer, .number(5.5), false),
        (.decimal, "12.50", true), (.decimal, "-0.01", true), (.decimal, "1e5", false), (.decimal, "1.2.3", false), (.decimal, "", false),
        (.decimal, "1234567890123456789", false), (.decimal, .number(2.5), true), (.text, "x", true), (.text, "a\u{0}b", false), (.text, 5, false),
        (.date, "2024-02-29", true), (.date, "2023-02-29", false), (.date, "2023-2-1", false), (.date, "2023-01-01'", false),
        (.timestamp, "2023-01-01T06:00:00Z", true), (.timestamp, "2023-01-01T06:00:00.123", true), (.timestamp, "2023-01-01T25:00:00Z", false),
        (.timestamp, "2023-01-01", false), (.boolean, true, true), (.boolean, "true", false), (.text, nil, false),
    ])
    func aParameterTakesOnlyValuesOfItsType(type: ParameterType, value: JSONValue, fits: Bool) {
        let made = try? ParameterValue(value, for: QueryParameter(name: "p", type: type))
        #expect((made != nil) == fits)
    }
}
