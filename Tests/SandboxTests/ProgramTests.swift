import Encoding
import Foundation
import SandboxTestKit
import Signing
import Testing

@testable import Sandbox

/// Small programs, run as a buyer's would be on the sample's table.
enum Programs {
    static let table = TablePolicy(
        name: "visits",
        columns: [
            ColumnDefinition(name: "patient", type: "VARCHAR", role: .privacyUnit),
            ColumnDefinition(name: "town", type: "VARCHAR", role: .dimension),
            ColumnDefinition(name: "cost", type: "DOUBLE", role: .measure),
            ColumnDefinition(name: "note", type: "VARCHAR", role: .hidden),
        ])

    static let snapshot = Task { () async throws -> String in
        let csv = Bench.folder + "/program-visits.csv"
        let rows = (0..<200).map { "P\($0 % 40),\($0 % 3 == 0 ? "Qingyang" : "\"Lanzhou, old\""),\(Double($0) / 4),secret-\($0)" }
        try ("patient,town,cost,note\n" + rows.joined(separator: "\n") + "\n").write(toFile: csv, atomically: true, encoding: .utf8)
        let path = Bench.folder + "/program-visits.duckdb"
        _ = try await Bench.engine.importTable(from: csv, format: .csv, to: path)
        return path
    }

    static let runner = ProgramRunner(engine: Bench.engine, configuration: RuntimeConfiguration(maximumPrograms: 2))

    static let limits = RunLimits(wallClockSeconds: 60, cpuSeconds: 60, memoryBytes: 256 << 20, scratchBytes: 16 << 20)

    static func folder() throws -> String {
        let path = Bench.folder + "/artefacts-\(UInt64.random(in: 0...UInt64.max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Runs a Python text that is a bundle of one file.
    static func python(
        _ text: String, metrics: [MetricDeclaration] = [], artefacts: [ArtefactDeclaration] = [], digits: Int = 4,
        limits: RunLimits = limits, restrictions: [String: [RowRestriction]] = [:], artefactFolder: String? = nil
    ) async throws -> ProgramOutcome {
        let bytes = Array(text.utf8)
        let bundle = try folder() + "/bundle.py"
        try Data(bytes).write(to: URL(filePath: bundle))
        let program = ApprovedProgram(
            bundleHash: SHA256.hash(bytes), runtime: .python3, entry: "main.py", metrics: metrics, artefacts: artefacts,
            significantDigits: digits)
        let snapshot = try await snapshot.value
        return try await runner.run(
            program, bundle: bundle, tables: [table], snapshots: ["visits": snapshot], restrictions: restrictions, limits: limits,
            parameters: ["year": 2013], artefactFolder: try artefactFolder ?? folder())
    }

    /// The reason in the provider's log that a program must end with.
    static func failure(
        _ text: String, metrics: [MetricDeclaration] = [count], artefacts: [ArtefactDeclaration] = [], limits: RunLimits = limits
    ) async throws -> String? {
        do {
            _ = try await python(text, metrics: metrics, artefacts: artefacts, limits: limits)
            Issue.record("expected no metrics")
            return nil
        } catch ProgramFailure.notDelivered(let detail) {
            return detail
        }
    }

    static let count = MetricDeclaration(name: "count", type: .integer, bounds: 0...1_000_000)

    static func metrics(_ outcome: ProgramOutcome) throws -> JSONObject {
        try #require(try JSONValue.parse(outcome.metrics).objectValue?["metrics"]?.objectValue)
    }
}

@Suite(.serialized) struct ProgramTests {
    @Test func aPythonProgramReadsItsTablesAndTellsItsMetrics() async throws {
        let text = """
            import csv, json, hashlib, decimal, lzma, sqlite3, threading
            schema = json.load(open('/data/schema.json'))
            table = schema['tables'][0]
            rows = list(csv.DictReader(open('/data/' + table['file'], newline='', encoding='utf-8')))
            parameters = json.load(open('/data/parameters.json'))
            json.dump({'count': len(rows), 'mean': sum(float(row['cost']) for row in rows) / len(rows), 'year': parameters['year'],
                       'units': len({row['patient'] for row in rows}), 'columns': len(rows[0]), 'declared': table['rows'],
                       'old': sum(row['town'] == 'Lanzhou, old' for row in rows)}, open('/output/metrics.json', 'w'))
            """
        func integer(_ name: String) -> MetricDeclaration { MetricDeclaration(name: name, type: .integer, bounds: 0...10_000) }
        let outcome = try await Programs.python(
            text,
            metrics: ["count", "year", "units", "columns", "declared", "old"].map(integer)
                + [MetricDeclaration(name: "mean", type: .decimal, bounds: 0...100)])
        let metrics = try Programs.metrics(outcome)
        #expect(metrics["count"] == 200 && metrics["units"] == 40 && metrics["columns"] == 3 && metrics["year"] == 2013)
        #expect(metrics["declared"] == 200 && metrics["old"] == 133)
        // 24.875 to four digits.
        #expect(metrics["mean"]?.doubleValue == 24.88)
        #expect(outcome.metricsHash == SHA256.hash(outcome.metrics))
        #expect(outcome.milliseconds % 1000 == 0 && outcome.milliseconds >= 1000)
    }

    @Test func hiddenColumnsRestrictedRowsAndNamesDoNotReachAProgram() async throws {
        let text = """
            import json
            data = open('/data/visits.csv').read()
            json.dump({'count': data.count('\\n') - 1, 'secret': data.count('secret'), 'names': data.count('P1,'),
                       'columns': data.split('\\n')[0].count(',') + 1}, open('/output/metrics.json', 'w'))
            """
        let names = ["count", "secret", "names", "columns"].map { MetricDeclaration(name: $0, type: .integer, bounds: 0...1000) }
        let outcome = try await Programs.python(
            text, metrics: names, restrictions: ["visits": [RowRestriction(column: "town", values: ["Qingyang"])]])
        #expect(try Programs.metrics(outcome) == ["count": 67, "secret": 0, "names": 0, "columns": 3])
    }

    @Test func pseudonymsDifferFromRunToRun() async throws {
        // The first 12 hexadecimal digits as a number; one metric can hold no more, and must not agree.
        let text = """
            import csv, json
            row = next(csv.DictReader(open('/data/visits.csv')))
            json.dump({'token': int(row['patient'][:12], 16), 'length': len(row['patient'])}, open('/output/metrics.json', 'w'))
            """
        let metrics = [
            MetricDeclaration(name: "token", type: .integer, bounds: 0...Double(1 << 53)),
            MetricDeclaration(name: "length", type: .integer, bounds: 0...100),
        ]
        let one = try Programs.metrics(try await Programs.python(text, metrics: metrics, digits: 15))
        let two = try Programs.metrics(try await Programs.python(text, metrics: metrics, digits: 15))
        #expect(one["length"] == 24)
        #expect(one["token"] != two["token"])
    }
}

@Suite(.serialized) struct ExecutableTests {
    /// A C program that counts the lines of its table, as a buyer would bring it.
    static func bundle(_ flags: [String]) throws -> String? {
        let source = Bench.folder + "/counter.c"
        try """
            #include <stdio.h>
            #include <math.h>
            int main(int count, char **words) {
                FILE *data = fopen("/data/visits.csv", "r"), *out = fopen("/output/metrics.json", "w");
                if (!data || !out || count != 2) return 1;
                int lines = 0;
                for (int c; (c = getc(data)) != EOF;) lines += c == '\\n';
                fprintf(out, "{\\"count\\": %d, \\"root\\": %.9f}", lines - 1, sqrt((double)lines - 1));
                return fclose(out);
            }
            """.write(toFile: source, atomically: true, encoding: .utf8)
        let output = Bench.folder + "/counter\(flags.joined())"
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/cc")
        compiler.arguments = ["-O0", "-o", output, source] + flags + ["-lm"]
        guard (try? compiler.run()) != nil else { return nil }
        compiler.waitUntilExit()
        return compiler.terminationStatus == 0 ? output : nil
    }

    @Test(arguments: [["-static"], []])
    func anExecutableRunsStaticOrWithTheUsualLibraries(flags: [String]) async throws {
        let bundle = try #require(try Self.bundle(flags), "the test needs a C compiler at /usr/bin/cc")
        let bytes = Array(try Data(contentsOf: URL(filePath: bundle)))
        let program = ApprovedProgram(
            bundleHash: SHA256.hash(bytes), runtime: .executable, entry: "counter", arguments: ["word"],
            metrics: [Programs.count, MetricDeclaration(name: "root", type: .decimal, bounds: 0...1000)], significantDigits: 5)
        let outcome = try await Programs.runner.run(
            program, bundle: bundle, tables: [Programs.table], snapshots: ["visits": try await Programs.snapshot.value],
            limits: Programs.limits, artefactFolder: try Programs.folder())
        #expect(try Programs.metrics(outcome)["count"] == 200)
        #expect(try Programs.metrics(outcome)["root"]?.doubleValue == 14.142)
    }
}

@Suite struct SignificantDigitsTests {
    @Test func numbersAreRoundedToSignificantDigits() {
        let integers: [(Int64, Int, Int64)] = [(0, 3, 0), (123_456, 3, 123_000), (123_500, 3, 124_000), (-123_500, 3, -124_000), (999_999, 2, 1_000_000), (42, 15, 42), (.max, 3, 9_220_000_000_000_000_000), (.min, 3, -9_220_000_000_000_000_000)]
        for (value, digits, expected) in integers { #expect(SignificantDigits.round(value, to: digits) == expected) }
        let decimals: [(Double, Int, Double)] = [(3.14159, 3, 3.14), (0.000123456, 2, 0.00012), (-2.5e10, 1, -2e10), (-0.0, 4, 0), (1e300, 15, 1e300), (0.1 + 0.2, 15, 0.3)]
        for (value, digits, expected) in decimals { #expect(SignificantDigits.round(value, to: digits) == expected) }
        #expect(SignificantDigits.round(-0.0, to: 3).sign == .plus)
    }
}
