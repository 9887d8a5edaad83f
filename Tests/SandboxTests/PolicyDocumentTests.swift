import Encoding
import Policies
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct PolicyDocumentTests {
    @Test func everyReadyMadePolicyCanBeReadAndSaysWhatItIsFor() throws {
        for (name, document) in Policies.disclosure {
            let value = try JSONValue.parse(document)
            #expect((value["comment"]?.stringValue?.count ?? 0) > 40, "\(name)")
            _ = try DisclosurePolicy(JSONCursor(value))
            #expect(DisclosurePolicy.named(name) != nil)
        }
        #expect(DisclosurePolicy.named("aggregate-standard") == .aggregate(AggregatePolicy(minimumGroupSize: 10, maximumRows: 10_000)))
        #expect(
            DisclosurePolicy.named("aggregate-statistical")
                == .aggregate(
                    AggregatePolicy(
                        minimumGroupSize: 10, maximumRows: 10_000, dominance: .init(contributors: 2, percent: 85),
                        priorPosteriorPercent: 10, countBase: 5, significantDigits: 6, isDifferencingChecked: true)))
        #expect(DisclosurePolicy.named("rows-open") == .rows(maximumRows: 10_000))
        #expect(
            DisclosurePolicy.named("private-standard")
                == .private(
                    PrivacyPolicy(
                        maximumGroupsPerUnit: 5, maximumRowsPerUnit: 10, bounds: [:], maximumRows: 1000, deltaExponent: 7),
                    budget: PrivacyTerms(epsilon: 4000, periodDays: 365, maximumEpsilonPerRun: 500)))
        #expect(DisclosurePolicy.named("nothing") == nil)
    }

    @Test(arguments: [
        #"{"mode":"aggregate","minimumGroupSize":10,"maximumRows":5,"maximumJoinMultiplicity":1,"minimum":3}"#,
        #"{"mode":"aggregate","maximumRows":5,"maximumJoinMultiplicity":1}"#,
        #"{"mode":"aggregate","minimumGroupSize":10,"maximumRows":5,"maximumJoinMultiplicity":1,"dominance":{"contributors":6,"percent":50}}"#,
        #"{"mode":"aggregate","minimumGroupSize":10,"maximumRows":5,"maximumJoinMultiplicity":1,"dominance":{"percent":50}}"#,
        #"{"mode":"aggregate","minimumGroupSize":10,"maximumRows":5,"maximumJoinMultiplicity":1,"priorPosteriorPercent":101}"#,
        #"{"mode":"aggregate","minimumGroupSize":10,"maximumRows":5,"maximumJoinMultiplicity":1,"countBase":0}"#,
        #"{"mode":"aggregate","minimumGroupSize":10,"maximumRows":5,"maximumJoinMultiplicity":1,"perturbation":11}"#,
        #"{"mode":"aggregate","minimumGroupSize":10,"maximumRows":5,"maximumJoinMultiplicity":1,"differencing":1}"#,
        #"{"mode":"everything","maximumRows":5}"#,
        #"{"mode":"rows","maximumRows":0}"#,
        #"{"mode":"private","maximumRows":5,"epsilon":1,"deltaExponent":3,"periodDays":1,"maximumEpsilonPerRun":1,"maximumGroupsPerUnit":1,"maximumRowsPerUnit":1}"#,
        #"{"mode":"private","maximumRows":5,"epsilon":0,"deltaExponent":4,"periodDays":1,"maximumEpsilonPerRun":1,"maximumGroupsPerUnit":1,"maximumRowsPerUnit":1}"#,
        #"{"mode":"private","maximumRows":5,"epsilon":1,"deltaExponent":4,"periodDays":1,"maximumEpsilonPerRun":1,"maximumGroupsPerUnit":1}"#,
    ])
    func anUnknownOrMissingTermIsRefusedAndNotDropped(text: String) throws {
        let cursor = JSONCursor(try JSONValue.parse(text))
        #expect(throws: JSONMismatch.self) { try DisclosurePolicy(cursor) }
    }

    @Test func theFunctionListIsReadWholeAndEveryNameExistsInTheEngine() async throws {
        let catalog = try FunctionCatalog(JSONCursor(try JSONValue.parse(Policies.engineFunctions)))
        #expect(catalog.engine == "DuckDB 1.5.6")
        #expect(catalog.scalars.count == FunctionCatalog.standard.scalars.count && catalog.scalars.count > 50)
        #expect(catalog.aggregates.count == FunctionCatalog.standard.aggregates.count && catalog.aggregates.count > 15)
        let known = Set(try Bench.direct("SELECT DISTINCT function_name FROM duckdb_functions()", snapshots: [:]).map { $0[0] })
        for name in Array(catalog.scalars.keys) + Array(catalog.aggregates.keys) { #expect(known.contains(name), "\(name)") }
        let aggregates = Set(
            try Bench.direct("SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type = 'aggregate'", snapshots: [:]).map { $0[0] })
        for name in catalog.scalars.keys { #expect(!aggregates.contains(name), "\(name) would aggregate as if it were a scalar") }
        for name in catalog.aggregates.keys { #expect(aggregates.contains(name), "\(name)") }
    }

    @Test func everyListedScalarFunctionRunsOnSomeArguments() async throws {
        let samples: [String: String] = [
            "number": "2", "integer": "1", "decimal": "1.5", "text": "'day'", "moment": "day", "date": "day", "timestamp": "CAST(day AS TIMESTAMP)",
            "any": "ward", "same": "ward", "interval": "INTERVAL 1 DAY", "boolean": "true",
        ]
        for (name, signatures) in FunctionCatalog.standard.scalars {
            for signature in signatures {
                let arguments = signature.arguments.map { samples[$0.kind] ?? "NULL" }
                let isName = name.first?.isLetter == true
                let call: String
                if isName {
                    call = "\(name)(\(arguments.joined(separator: name == "position" ? " IN " : ", ")))"
                } else if arguments.count == 2 {
                    call = "\(arguments[0]) \(name) \(arguments[1])"
                } else {
                    call = "\(name)\(arguments[0])"
                }
                await #expect(throws: Never.self, "\(call)") {
                    try await Bench.check("SELECT count(*) FROM visits WHERE (\(call)) IS NOT NULL")
                }
            }
        }
    }
}
