import Encoding
import Exchange
import Testing

@testable import hexi

@Suite struct ListingTests {
    static let digest = String(repeating: "ab", count: 32)
    static let answer: JSONValue = [
        "snapshot": [
            "sha256": .string(digest), "rows": 3, "bytes": 99,
            "columns": [["name": "carrier", "type": "VARCHAR"], ["name": "tailnum", "type": "VARCHAR"]],
        ]
    ]

    static func filled() throws -> ListingDocument {
        var document = ListingDocument.template(
            try SnapshotRecord(answer), roles: ["tailnum": .privacyUnit], otherRole: .dimension)
        for (name, value) in [
            ("title", ["en": "Flights"]), ("summary", ["en": "Flights of a year"]), ("class", "basic"), ("grade", "restricted"),
            ("origin", "self-collected"), ("licence", "CC0-1.0"), ("updateCycle", "once"), ("price", ["perRun": 2000]),
        ] as [(String, JSONValue)] { document.json[name] = value }
        return document
    }

    @Test func aTemplateLeavesEveryDecisionOpen() throws {
        let document = ListingDocument.template(try SnapshotRecord(Self.answer), roles: [:], otherRole: nil)
        let places = Set(document.openPlaces)
        for place in ["/title/en", "/grade", "/price/perRun", "/snapshot/columns/0/role", "/snapshot/columns/1/role"] {
            #expect(places.contains(place))
        }
        #expect {
            try document.listing(provider: identifier(.participant, 1), space: "86.gs.test")
        } throws: { "\($0)".contains("/title/en") }
    }

    @Test func aFilledTemplateIsAListing() throws {
        let listing = try Self.filled().listing(provider: identifier(.participant, 1), space: "86.gs.test")
        #expect(listing.provider == identifier(.participant, 1))
        #expect(listing.data?.pricePerRun == 2000)
        #expect(listing.data?.snapshot == Self.digest)
        #expect(listing.data?.columns.map(\.role) == [.dimension, .privacyUnit])
        #expect(listing.data?.aggregate?.minimumGroupSize == 10)
    }

    @Test func whatAListingNeedNotHaveCanBeSet() throws {
        var document = try Self.filled()
        for (place, text) in [
            ("description.zh", "详细说明"), ("changes", #"{"en": "Second edition"}"#),
            ("externalIdentifiers", #"[{"scheme": "moid", "value": "123"}]"#), ("extensions.basin", "黄河"),
            ("extensions.gauges", "12"), ("coverage.spatial", #"["CN-62"]"#),
            ("inputs", #"[{"name": "Radar", "origin": "free", "licence": "CC0-1.0"}]"#),
            ("grades", #"[{"scheme": "national", "grade": "general"}]"#),
            ("qualityStatement.accuracy", #"{"value": "98.5", "unit": "%", "method": "sample"}"#),
        ] {
            let isThere = document.set(place, to: text)
            #expect(isThere, "\(place)")
        }
        for place in ["colour", "price.perYear", "snapshot.rows"] {
            let isThere = document.set(place, to: "1")
            #expect(!isThere, "\(place)")
        }
        let listing = try document.listing(provider: identifier(.participant, 1), space: "86.gs.test")
        #expect(listing.description == ["zh": "详细说明"])
        #expect(listing.externalIdentifiers == [ExternalIdentifier(scheme: "moid", value: "123")])
        #expect(listing.extensions["gauges"] == 12)
        #expect(listing.inputs.map(\.name) == ["Radar"])
        #expect(listing.qualityStatement?.accuracy?.value == "98.5")
    }

    @Test func anEntryOfTheCatalogueOnlyHasNoData() throws {
        var document = ListingDocument.entryTemplate()
        #expect(document.openPlaces.contains("/form"))
        for (place, text) in [
            ("title", #"{"en": "Wells"}"#), ("summary", #"{"en": "A register"}"#), ("class", "basic"), ("grade", "public"),
            ("form", "report"), ("origin", "free"), ("licence", "CC0-1.0"), ("updateCycle", "once"),
        ] { _ = document.set(place, to: text) }
        #expect(try document.listing(provider: identifier(.participant, 1), space: "86.gs.test").isCatalogueOnly)
        document.json["price"] = ["perRun": 1]
        #expect {
            try document.listing(provider: identifier(.participant, 1), space: "86.gs.test")
        } throws: { "\($0)".contains("snapshot") }
    }

    @Test func aWrongMemberIsNamedByItsPlace() throws {
        var document = try Self.filled()
        document.json["grade"] = "secret"
        #expect {
            try document.listing(provider: identifier(.participant, 1), space: "86.gs.test")
        } throws: { "\($0)".contains("/grade") }
        document = try Self.filled()
        document.json["colour"] = "red"
        #expect {
            try document.listing(provider: identifier(.participant, 1), space: "86.gs.test")
        } throws: { "\($0)".contains("colour") }
    }

    @Test func aListingForAnotherProviderIsRefused() throws {
        var document = try Self.filled()
        document.json["provider"] = .string(identifier(.participant, 2).text)
        #expect(throws: ClientError.self) {
            try document.listing(provider: identifier(.participant, 1), space: "86.gs.test")
        }
    }

    @Test func everyOpenPlaceHasAdvice() throws {
        let document = ListingDocument.template(try SnapshotRecord(Self.answer), roles: [:], otherRole: nil)
        #expect(document.openPlaces.allSatisfy { !ListingDocument.advice($0).isEmpty })
        #expect(ListingDocument.advice("/snapshot/columns/7/role").contains("privacy_unit"))
    }

    @Test func aSnapshotIsFoundByEnoughOfItsDigits() throws {
        let folder = TemporaryFolder()
        let record = try SnapshotRecord(Self.answer)
        try record.save(in: folder.path)
        #expect(try SnapshotRecord.find("abababab", in: folder.path) == record)
        #expect(throws: ClientError.self) { try SnapshotRecord.find("ababab", in: folder.path) }
        #expect(throws: ClientError.self) { try SnapshotRecord.find("cdcdcdcd", in: folder.path) }
        var other = Self.answer["snapshot"]?.objectValue ?? [:]
        other["sha256"] = .string("abababab" + String(repeating: "0", count: 56))
        try SnapshotRecord(.object(other)).save(in: folder.path)
        #expect(throws: ClientError.self) { try SnapshotRecord.find("abababab", in: folder.path) }
        #expect(try SnapshotRecord.find("ababababab", in: folder.path) == record)
    }

    @Test func templateAndItsAnswersPassThroughTheCommand() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let path = "\(bench.folder.path)/import.json"
        try LocalFiles.write(Self.answer.serialized(), to: path)
        #expect(await bench.run("product", "template", path, "--role", "tailnum=privacy_unit", "--other-role", "hidden") == .success)
        let listing = try JSONValue.parse(bench.output)
        #expect(listing["snapshot"]?["columns"]?[0]?["role"] == "hidden")
        #expect(listing["snapshot"]?["columns"]?[1]?["role"] == "privacy_unit")
        #expect(await bench.run("product", "template", path, "--role", "nothere=hidden") == .usage)
        #expect(await bench.run("product", "template", path, "--role", "tailnum=secret") == .usage)
    }

    @Test func placesAreFilledInOnTheCommandLine() async throws {
        let bench = try CommandBench { _ in ScriptedNode.json(200, [:]) }
        let path = "\(bench.folder.path)/import.json"
        try LocalFiles.write(Self.answer.serialized(), to: path)
        let code = await bench.run(
            "product", "template", path, "--set", "title.en=Departures, 2013", "--set", "title.fr=Départs", "--set",
            "price.perRun=2000", "--set", "grade=open", "--set", #"keywords=["delay","延误"]"#)
        #expect(code == .success)
        let listing = try JSONValue.parse(bench.output)
        #expect(listing["title"]?["en"] == "Departures, 2013")
        #expect(listing["title"]?["fr"] == "Départs")
        #expect(listing["title"]?["zh"] == "?", "what was not named stays open")
        #expect(listing["price"]?["perRun"] == .integer(2000))
        #expect(listing["grade"] == "open")
        #expect(listing["keywords"] == ["delay", "延误"])
        for wrong in ["nothere=x", "price.perYear=1", "snapshot.rows=1", "title.en.x=1", "title", "=x"] {
            #expect(await bench.run("product", "template", path, "--set", wrong) == .usage, "\(wrong)")
        }
    }
}
