import CommandLineInterface
import Encoding
import Exchange
import HTTPTransport
import Signing
import Testing

@testable import hexi

/// `hexi search`, `hexi product assess|quality|sample|review|declare` and `hexi query test`, against a node in a script.
@Suite struct CatalogueCommandTests {
    private static let nodeKey = SigningKey.generate()
    private static let product = identifier(.product, 5)

    private static func report(_ product: Identifier = product, key: SigningKey = nodeKey) -> JSONValue {
        let document: JSONValue = [
            "format": "hexi-quality-report/1", "product": .string(product.text), "version": 1, "snapshot": "00",
            "assessedAt": "2026-11-21T08:30:00.000Z", "method": ["name": "hexi-quality", "version": "1", "engine": "DuckDB 1.5.6"],
            "minimumSupport": 10, "rows": 60, "duplicateRows": 0, "samplingStep": 1, "completeness": ["minimum": 950, "mean": 990],
            "columns": [
                [
                    "name": "<carrier>", "type": "VARCHAR", "role": "dimension", "missing": 0, "completeness": 1000, "distinct": 3,
                    "distinctIsExact": true, "categories": [["value": "AA", "permille": 500]],
                ]
            ], "keys": [], "issues": ["few-units"],
        ]
        let signed = JWS.sign(payload: document.serialized(), type: "hexi-quality-report+jws", key: key)
        return [
            "product": .string(product.text), "version": 1, "entry": 9, "sha256": .string(SHA256.hash(Array(signed.utf8)).description),
            "report": document, "signed": .string(signed),
        ]
    }

    private static let space: JSONValue = [
        "prefix": "86.gs.test", "currency": "CNY", "nodeKeys": .array([nodeKey.verificationKey.jwk]),
    ]

    private static func bench(_ quality: JSONValue) throws -> CommandBench {
        try CommandBench { request throws(HTTPClientError) in
            if request.target.hasSuffix("/space") { return ScriptedNode.json(200, space) }
            return ScriptedNode.json(200, quality)
        }
    }

    @Test func aReportIsShownOnceItsSignatureHolds() async throws {
        let bench = try Self.bench(Self.report())
        let page = "\(bench.folder.path)/quality.html"
        #expect(await bench.run("product", "quality", Self.product.text, "--html", page) == .success, "\(bench.error)")
        #expect(bench.output.contains("hexi-quality 1") && bench.output.contains("AA 50.0 %"))
        let html = try LocalFiles.readText(page)
        #expect(html.contains("&lt;carrier&gt;") && !html.contains("<carrier>") && html.contains("数据质量报告"))
    }

    @Test func aReportThatIsNotTheNodesIsRefused() async throws {
        var changed = Self.report().objectValue ?? [:]
        changed["sha256"] = .string(SHA256.hash("other".utf8).description)
        for wrong in [Self.report(key: .generate()), Self.report(identifier(.product, 6)), .object(changed)] {
            let bench = try Self.bench(wrong)
            #expect(await bench.run("product", "quality", Self.product.text) == .failure)
            #expect(bench.error.contains("quality report") && bench.output.isEmpty)
        }
        // What the node shows beside the signed report is not believed.
        var beside = Self.report().objectValue ?? [:]
        beside["report"] = ["rows": 999_999]
        let bench = try Self.bench(.object(beside))
        #expect(await bench.run("product", "quality", Self.product.text) == .success)
        #expect(!bench.output.contains("999"))
    }

    @Test func aSampleIsMarkedAsSynthetic() async throws {
        let bench = try CommandBench { _ throws(HTTPClientError) in
            HTTPClientResponse(status: 200, headers: ["Content-Type": "text/csv"], body: Array("a\n1\n".utf8))
        }
        #expect(await bench.run("product", "sample", Self.product.text, "--rows", "5") == .success)
        #expect(bench.output == "a\n1\n" && bench.error.contains("SYNTHETIC"))
        #expect(bench.node.requests.first?.target.hasSuffix("/sample?rows=5") == true)
        #expect(await bench.run("product", "sample", Self.product.text, "--rows", "0") == .usage)
    }

    @Test func searchSendsItsFiltersAndShowsCounts() async throws {
        let bench = try CommandBench { _ throws(HTTPClientError) in
            ScriptedNode.json(
                200, ["items": [], "total": 0, "totalIsExact": true, "facets": ["form": [["value": "service", "count": 7]]], "facetsAreExact": true])
        }
        #expect(await bench.run("search", "天气", "--form", "service", "--keyword", "风", "--facets", "form") == .success)
        #expect(bench.output.contains("service") && bench.output.contains("7"))
        let target = bench.node.requests.first?.target ?? ""
        #expect(target.contains("form=service") && target.contains("facets=form") && target.contains("keyword="))
    }

    @Test func aQueryIsTestedWithItsValuesAndMarked() async throws {
        let bench = try CommandBench { request throws(HTTPClientError) in
            request.method == "GET"
                ? ScriptedNode.json(200, ["version": 1, "provider": .string(identifier(.participant, 2).text), "title": [:]])
                : ScriptedNode.json(
                    200, ["accepted": true, "synthetic": true, "notice": "made up", "columns": [["name": "n"]], "rows": [[42]], "suppressedGroups": 0])
        }
        let exit = await bench.run(
            "query", "test", "-e", "SELECT 1", "--table", "t=\(Self.product)", "--parameter", "day:date", "--value", "day=2026-01-01",
            "--rows", "50")
        #expect(exit == .success, "\(bench.error)")
        let sent = (try? JSONValue.parse(bench.node.requests.last?.bytes ?? [])) ?? .null
        #expect(sent["values"] == ["day": "2026-01-01"] && sent["rows"]?.integerValue == 50)
        #expect(bench.output.contains("42") && bench.error.contains("SYNTHETIC"))
    }

    @Test func theChecklistIsFilledInBeforeItIsSigned() async throws {
        let bench = try CommandBench { _ throws(HTTPClientError) in
            ScriptedNode.json(201, ["identifier": .string(Self.product.text), "duplicate": false, "receipt": [:]])
        }
        #expect(await bench.run("product", "declare", "--template") == .success)
        let path = "\(bench.folder.path)/answers.json"
        try LocalFiles.write(Array(bench.output.utf8), to: path)
        #expect(await bench.run("product", "declare", Self.product.text, "--answers", path, "--version", "1", "--yes") == .negative)
        #expect(bench.error.contains("/personalData is not answered") && bench.node.requests.isEmpty)
        try LocalFiles.write(
            Array(#"{"personalData":"none","crossBorder":false,"coreData":false,"importantData":false,"lawfulSource":"own","thirdPartyRights":false}"#.utf8),
            to: path)
        #expect(await bench.run("product", "declare", Self.product.text, "--answers", path, "--version", "1", "--yes") == .success, "\(bench.error)")
        let statement = try SignedStatement(try #require(bench.node.requests.last).statement)
        #expect(statement.kind == .complianceDeclaration)
    }

    @Test func aRefusalNeedsAReason() async throws {
        let bench = try CommandBench { _ throws(HTTPClientError) in ScriptedNode.problem("wrong", 409) }
        #expect(await bench.run("product", "review", Self.product.text, "--verdict", "refuse", "--yes") == .usage)
        #expect(bench.error.contains("--reason") && bench.node.requests.isEmpty)
    }
}
