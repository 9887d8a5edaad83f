import CommandLineInterface
import Encoding
import Exchange
import Foundation
import HTTPTransport
import Signing
import Synchronization
import Testing

@testable import hexi

/// Tables as they come from other people's spreadsheets.
@Suite struct CSVTableTests {
    private func table(_ text: String) -> CSVTable { CSVTable(Array(text.utf8)) }

    @Test func quotesLineBreaksAndBothLineEndsAreRead() {
        let found = table("a,b\r\n\"x, \"\"y\"\"\",\"two\r\nlines\"\r\n\r\n1,\n")
        #expect(found.header == ["a", "b"] && found.faults.isEmpty)
        #expect(found.records == [
            CSVTable.Record(line: 2, fields: ["x, \"y\"", "two\r\nlines"]), CSVTable.Record(line: 5, fields: ["1", ""]),
        ])
    }

    @Test(arguments: [(";", "a;b\n1;2\n"), ("\t", "a\tb\n1\t2\n"), (",", "\"a;x\",b\n1,2\n")])
    func theSeparatorIsToldFromTheHeader(separator: String, text: String) {
        #expect(table(text).delimiter == Array(separator.utf8)[0])
        #expect(table(text).records.first?.fields == ["1", "2"])
    }

    @Test func whatBreaksTheFormIsReportedWithItsLine() {
        let found = table("a,b\n1,2\n3\n\"x\"y\"z,4\n5,6,7\n8,9\n\"open,10\n")
        #expect(found.records.map(\.line) == [2, 6])
        #expect(found.faults.map(\.line) == [3, 4, 5, 7])
        #expect(found.faults.last?.reason.contains("never closed") == true)
    }

    @Test func theFormsOfTextAreToldApart() throws {
        let text = "标题,a\n庆阳,ü\n"
        for (form, bytes) in [
            (TableText.Form.utf8, Array(text.utf8)), (.utf8, [0xEF, 0xBB, 0xBF] + Array(text.utf8)),
            (.utf16, [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
        ] {
            let read = try TableText(bytes, form: nil, path: "x")
            #expect(read.form == form && String(decoding: read.bytes, as: UTF8.self) == text)
        }
        // "庆阳" in GB18030.
        let gb: [UInt8] = [0xC7, 0xEC, 0xD1, 0xF4, 0x0A]
        let read = try TableText(gb, form: nil, path: "x")
        #expect(read.form == .gb18030 && String(decoding: read.bytes, as: UTF8.self) == "庆阳\n")
        #expect(throws: ClientError.self) { try TableText(gb, form: .utf8, path: "x") }
        #expect(throws: ClientError.self) { try TableText([0x61, 0x0A, 0xFF, 0xFF, 0x0A], form: nil, path: "x") }
    }
}

/// `hexi catalogue import`, against a node in a script.
@Suite struct CatalogueImportTests {
    /// A node that records listings, and can be made to fail.
    final class Register: Sendable {
        struct State {
            var recorded: [String: SignedStatement] = [:]
            var batches = 0
            var failsAfter = Int.max
            var claimed: Set<String> = []
        }

        let state = Mutex(State())

        var count: Int { state.withLock { $0.recorded.count } }

        func answer(_ request: HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse {
            if request.target == "/api/v1/space" { return ScriptedNode.json(200, ScriptedNode.space) }
            if request.method == "GET", let known = request.target.split(separator: "/api/v1/products/").last {
                let isThere = state.withLock { $0.recorded[String(known)] != nil }
                return isThere ? ScriptedNode.json(200, ["identifier": .string(String(known))]) : ScriptedNode.problem("not-found", 404)
            }
            let elements = ((try? JSONValue.parse(request.bytes)) ?? .null)["statements"]?.arrayValue ?? []
            let isBroken = state.withLock { state in
                state.batches += 1
                return state.batches > state.failsAfter
            }
            var results: [JSONValue] = []
            for element in elements {
                guard let statement = try? SignedStatement(element) else { continue }
                results.append(record(statement))
            }
            // The node recorded it, but its answer never arrived.
            if isBroken { return ScriptedNode.problem("refused", 400) }
            return ScriptedNode.json(200, ["results": .array(results)])
        }

        private func record(_ statement: SignedStatement) -> JSONValue {
            guard case .productListing(let listing) = statement.content else { return ["status": 400] }
            return state.withLock { state in
                let claims = listing.externalIdentifiers.map(\.description)
                guard claims.allSatisfy({ !state.claimed.contains($0) }) else {
                    let problem: JSONValue = ["type": "/problems/identifier-taken", "detail": "taken", "title": "x", "status": 409]
                    return ["status": 409, "problem": problem]
                }
                state.claimed.formUnion(claims)
                let identifier = statement.identifier(.product).text
                state.recorded[identifier] = statement
                return ["status": 201, "identifier": .string(identifier), "duplicate": false]
            }
        }
    }

    private func bench(_ register: Register) throws -> CommandBench {
        try CommandBench { request throws(HTTPClientError) in try register.answer(request) }
    }

    private static let header = "title.zh,class,grade,origin,licence,updateCycle,external.moid\n"

    private static func table(_ numbers: Range<Int>) -> String {
        header + numbers.map { "目录\($0),basic,public,self-collected,CC0-1.0,daily,M-\($0)\n" }.joined()
    }

    private func write(_ text: String, _ bench: CommandBench) throws -> String {
        let path = "\(bench.folder.path)/items.csv"
        try LocalFiles.write(Array(text.utf8), to: path)
        return path
    }

    @Test func everySoundLineIsListedOnce() async throws {
        let register = Register()
        let bench = try bench(register)
        let file = try write(Self.table(0..<450), bench)
        #expect(await bench.run("catalogue", "import", file, "--yes", "--json") == .success, "\(bench.error)")
        #expect(register.count == 450)
        // Run again, it finds that everything is there.
        #expect(await bench.run("catalogue", "import", file, "--yes", "--json") == .success)
        #expect(register.count == 450)
        #expect(bench.output.contains("\"recorded\":450") && bench.output.contains("\"known\":450"))
    }

    @Test func anImportThatWasCutOffGoesOnWithoutListingAnythingTwice() async throws {
        let register = Register()
        let bench = try bench(register)
        let file = try write(Self.table(0..<900), bench)
        register.state.withLock { $0.failsAfter = 1 }
        #expect(await bench.run("catalogue", "import", file, "--yes") != .success)
        let recorded = register.count
        #expect(recorded > 0)
        register.state.withLock { $0.failsAfter = .max }
        #expect(await bench.run("catalogue", "import", file, "--yes") == .success, "\(bench.error)")
        #expect(register.count == 900)
    }

    @Test func nothingIsSentWhileALineIsFaultyAndEachFaultHasItsPlace() async throws {
        let register = Register()
        let bench = try bench(register)
        let text = Self.header + "好,basic,public,self-collected,CC0-1.0,daily,M-1\n坏,first,public,self-collected,CC0-1.0,daily,M-2\n"
            + "再,basic,public,self-collected,,daily,M-3\n四,basic,public,self-collected,CC0-1.0,daily,M-1\n五,basic\n"
        let file = try write(text, bench)
        let report = "\(bench.folder.path)/faults.csv"
        #expect(await bench.run("catalogue", "import", file, "--yes", "--json", "--report", report) == .negative)
        #expect(register.count == 0)
        let lines = try LocalFiles.readText(report).split(separator: "\r\n")
        #expect(lines.count == 5)
        #expect(lines[1].hasPrefix("3,class,") && lines[2].hasPrefix("4,") && lines[2].contains("licence"))
        #expect(lines[3].hasPrefix("5,external.moid,") && lines[3].contains("line 2") && lines[4].hasPrefix("6,,"))
        #expect(await bench.run("catalogue", "import", file, "--yes", "--skip-faulty") == .negative)
        #expect(register.count == 1)
    }

    @Test func columnsAreMappedAndAnUnknownOneIsRefusedWithWhatToDo() async throws {
        let register = Register()
        let bench = try bench(register)
        let file = try write("名称;编号;备注\n庆阳气象;M-9;内部\n", bench)
        #expect(await bench.run("catalogue", "import", file, "--yes") == .negative)
        #expect(bench.error.contains("--map 名称=MEMBER"))
        let words = [
            "--map", "名称=title.zh", "--map", "编号=external.moid", "--ignore", "备注", "--set", "class=basic", "--set", "grade=public",
            "--set", "origin=free", "--set", "licence=CC0-1.0", "--set", "updateCycle=daily",
        ]
        let exit = await HexiProgram.program(bench.environment).run(
            ["catalogue", "import", file, "--yes", "--profile", bench.folder.path] + words)
        #expect(exit == .success, "\(bench.error)")
        guard case .productListing(let listing)? = register.state.withLock({ $0.recorded.values.first })?.content else {
            Issue.record("nothing was listed")
            return
        }
        #expect(listing.title == ["zh": "庆阳气象"] && listing.externalIdentifiers.first?.value == "M-9")
    }

    @Test func aDryRunAndAnUnconfirmedImportSendNothing() async throws {
        let register = Register()
        let bench = try CommandBench(answers: false) { request throws(HTTPClientError) in try register.answer(request) }
        let file = try write(Self.table(0..<3), bench)
        #expect(await bench.run("catalogue", "import", file, "--dry-run") == .success)
        #expect(await bench.run("catalogue", "import", file) == .negative)
        #expect(register.count == 0)
    }

    @Test func theTemplateIsItselfASoundTable() async throws {
        let register = Register()
        let bench = try bench(register)
        #expect(await bench.run("catalogue", "import", "--template") == .success)
        let file = try write(bench.output, bench)
        #expect(await bench.run("catalogue", "import", file, "--yes") == .success, "\(bench.error)")
        #expect(register.count == 1)
    }
}
