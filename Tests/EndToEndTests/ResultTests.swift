import Encoding
import Testing

extension EndToEnd {
    /// The numbers that the story shows, against the query engine run directly on the same files.
    @Suite struct ResultTests {
        static let minimumGroupSize = 10

        @Test("The results of the story's queries equal DuckDB's own on the same files, but for groups that are too small")
        func equality() async throws {
            try await Workspace.with { workspace in
                let demo = try await workspace.run(
                    BuiltPrograms.hexi, ["demo", "--data", BuiltPrograms.data, "--keep", "story"], seconds: 300)
                try #require(demo.status == 0, "\(demo.output.suffix(2000))\(demo.error)")
                let settings = try JSONValue.parse(Array(try workspace.read("story/node/hexi.json").utf8))
                let port = try #require(settings["port"]?.integerValue.flatMap { UInt16(exactly: $0) })
                let node = try await RunningNode.start(workspace, home: "story/node", port: port)

                let delays = try await compare(
                    workspace, title: "Delay and cancellation by carrier and month", sql: "story/delays.sql",
                    groups: "carrier, month")
                let wind = try await compare(
                    workspace, title: "Delay by wind and visibility", sql: "story/wind.sql", groups: "wind, visibility")
                // Sixteen carriers in twelve months, of which some flew with few aircraft; four bands by three.
                #expect(delays.rows > 100 && delays.tooSmall > 0)
                #expect(wind.rows >= 9)
                print("equal to DuckDB's: \(delays.rows) rows (\(delays.tooSmall) groups too small), \(wind.rows) rows (\(wind.tooSmall))")
                #expect(try await node.stop() == 0)
            }
        }

        private func compare(
            _ workspace: Workspace, title: String, sql: String, groups: String
        ) async throws -> (rows: Int, tooSmall: Int) {
            let result = try await Self.result(workspace, ofQueryTitled: title)
            let reference = try await Self.reference(workspace, sql: try workspace.read(sql), groups: groups)
            let shown = reference.filter { ($0["aircraft"]?.integerValue ?? 0) >= Self.minimumGroupSize }
            let names = result["columns"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
            let rows = result["rows"]?.arrayValue?.compactMap(\.arrayValue) ?? []
            #expect(rows.count == shown.count, "\(title)")
            for (row, expected) in zip(rows, shown) {
                for (name, value) in zip(names, row) {
                    // A mean rests on those flights that have a delay at all.
                    let isBlank = name == "mean_departure_delay"
                        && (expected["aircraft_with_delay"]?.integerValue ?? 0) < Self.minimumGroupSize
                    let right = isBlank ? .null : expected[name] ?? .null
                    #expect(Self.equal(value, right), "\(title), \(name): \(value) instead of \(right) in \(expected)")
                }
            }
            return (rows.count, reference.count - shown.count)
        }

        /// The stored result of the one run of a query.
        private static func result(_ workspace: Workspace, ofQueryTitled title: String) async throws -> JSONValue {
            let runs = try await workspace.expect(0, ["run", "list", "--json"], profile: "story/insurer").json()
            for run in runs["items"]?.arrayValue ?? [] where run["outcome"] == "completed" {
                let query = try await workspace.expect(
                    0, ["query", "show", run["query"]?.stringValue ?? "", "--json"], profile: "story/insurer").json()
                guard query["title"] == .string(title) else { continue }
                return try await workspace.expect(
                    0, ["run", "result", run["identifier"]?.stringValue ?? "", "--json"], profile: "story/insurer").json()
            }
            throw ChildProcess.Failure(description: "there is no run of \"\(title)\"")
        }

        /// The same text with two more columns: on how many aircraft a group, and its mean delay, rest.
        private static func reference(_ workspace: Workspace, sql: String, groups: String) async throws -> [JSONValue] {
            let counted = sql.replacing(
                "\nFROM flights",
                with: ",\n  count(DISTINCT tailnum) AS aircraft, count(DISTINCT tailnum) FILTER (dep_delay IS NOT NULL) AS aircraft_with_delay\nFROM flights")
            try #require(counted != sql && sql.contains("GROUP BY \(groups)"), "the story's text has changed: \(sql)")
            let views = ["flights", "weather"].map {
                "CREATE VIEW \($0) AS SELECT * FROM read_csv('\(BuiltPrograms.data)/\($0).csv', header = true, nullstr = ['NA', '']);"
            }
            let output = try await workspace.run(
                BuiltPrograms.duckdb, ["-json", "-c", (views + [counted]).joined(separator: "\n")])
            try #require(output.status == 0, "\(output.error)")
            return try output.json().arrayValue ?? []
        }

        /// Equal, and numbers to within 10⁻⁹ of their size: the engine may add them up in another order.
        private static func equal(_ left: JSONValue, _ right: JSONValue) -> Bool {
            guard let a = number(left), let b = number(right) else { return left == right }
            return abs(a - b) <= 1e-9 * max(abs(a), abs(b))
        }

        private static func number(_ value: JSONValue) -> Double? {
            switch value {
            case .integer(let integer): Double(integer)
            case .number(let number): number
            default: nil
            }
        }
    }
}
