import Contracts
import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Testing

@Suite("Contract schemas")
struct ContractSchemasTests {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Contracts")

    private static func files() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("schemas").path).sorted()
    }

    @Test("exist for every kind of statement and every type of event, and for nothing else")
    func complete() {
        #expect(ContractSchemas.statementSources.map(\.0).sorted() == StatementKind.allCases.map(\.rawValue).sorted())
        #expect(ContractSchemas.eventSources.map(\.0).sorted() == EventType.allCases.map(\.rawValue).sorted())
    }

    @Test("are the files of the folder, byte for byte")
    func files() throws {
        var expected = ["ledger-entry.json"]
        for (prefix, sources) in [("statement-", ContractSchemas.statementSources), ("event-", ContractSchemas.eventSources)] {
            for (name, source) in sources {
                let file = "\(prefix)\(name.replacing(".", with: "-")).json"
                expected.append(file)
                let content = try Data(contentsOf: Self.folder.appendingPathComponent("schemas/\(file)"))
                #expect(Array(content) == source, "\(file)")
            }
        }
        #expect(try Self.files() == expected.sorted())
    }

    @Test("are all understood, and name themselves")
    func wellFormed() throws {
        for file in try Self.files() {
            let content = Array(try Data(contentsOf: Self.folder.appendingPathComponent("schemas/\(file)")))
            let document = try JSONValue.parse(content)
            _ = try JSONSchema(document)
            let title = try #require(document["title"]?.stringValue)
            #expect(document["description"]?.stringValue?.isEmpty == false)
            #expect(document["$id"]?.stringValue?.hasSuffix(title.replacing(" ", with: "-")) == true, "\(file)")
        }
    }

    @Test("of statements all allow the header's members, \"acceptUntil\" among them")
    func headers() throws {
        let charter = try #require(ContractSchemas.statementSources.first { $0.0 == "space-charter" })
        let expected = try JSONValue.parse(charter.1)["properties"]
        for (kind, source) in ContractSchemas.statementSources {
            let properties = try JSONValue.parse(source)["properties"]
            #expect(properties?["kind"]?["const"] == .string(kind))
            for name in ["space", "issuedAt", "nonce", "acceptUntil"] {
                #expect(expected?[name] != nil && properties?[name] == expected?[name], "\(name) of \(kind)")
            }
        }
    }

    @Test("leave no object open to unknown members, and no text or list without an end")
    func closed() throws {
        for file in try Self.files() {
            let content = Array(try Data(contentsOf: Self.folder.appendingPathComponent("schemas/\(file)")))
            try Self.checkClosed(try JSONValue.parse(content), file)
        }
    }

    private static func checkClosed(_ schema: JSONValue, _ place: String) throws {
        switch schema["type"]?.stringValue {
        case "object" where !place.hasSuffix("/body") && !place.hasSuffix("statement/anyOf"):
            #expect(schema["additionalProperties"] != nil, "\(place)")
            #expect(schema["properties"] != nil || schema["maxProperties"] != nil, "\(place)")
        case "string":
            let isBounded = ["maxLength", "enum", "const", "pattern"].contains { schema[$0] != nil }
            #expect(isBounded, "\(place)")
        case "array": #expect(schema["maxItems"] != nil && schema["items"] != nil, "\(place)")
        case "integer" where !place.hasSuffix("oneOf"):
            #expect(schema["minimum"] != nil && schema["maximum"] != nil, "\(place)")
        default: break
        }
        for member in schema["properties"]?.objectValue?.members ?? [] {
            try checkClosed(member.value, "\(place)/\(member.name)")
        }
        for keyword in ["items", "additionalProperties"] where schema[keyword] != nil {
            try checkClosed(schema[keyword] ?? .null, "\(place)/\(keyword)")
        }
        for keyword in ["anyOf", "oneOf"] {
            for part in schema[keyword]?.arrayValue ?? [] { try checkClosed(part, "\(place)/\(keyword)") }
        }
    }

    @Test("accept every line of a ledger, its body and its statement")
    func ledger() throws {
        let fixture = try Market().fixture
        for line in fixture.lines {
            let document = try JSONValue.parse(line)
            let entry = try LedgerEntry(line)
            #expect(ContractSchemas.mismatch(inEntry: document) == nil)
            #expect(ContractSchemas.mismatch(inEvent: .object(entry.event.body), type: entry.event.type.rawValue) == nil)
            let statement = try JSONValue.parse(entry.event.statement.payload)
            #expect(ContractSchemas.mismatch(inStatement: statement, kind: entry.event.statement.kind.rawValue) == nil)
        }
    }

    @Test("name the place of what they refuse, and refuse what they do not know")
    func refusals() throws {
        #expect(ContractSchemas.mismatch(inStatement: [:], kind: "wish") != nil)
        #expect(ContractSchemas.mismatch(inEvent: [:], type: "wish.granted") != nil)
        #expect(ContractSchemas.mismatch(inEvent: ["reason": 1], type: "contract.ended")?.pointer == "/reason")
        #expect(ContractSchemas.mismatch(inEvent: ["reason": "", "why": ""], type: "contract.ended")?.pointer == "/why")
        #expect(ContractSchemas.mismatch(inEntry: ["prev": ""]) != nil)
    }

    @Test("and kinds and types are all in the table of the README")
    func readme() throws {
        let text = try String(contentsOf: Self.folder.appendingPathComponent("README.md"), encoding: .utf8)
        for name in StatementKind.allCases.map(\.rawValue) + EventType.allCases.map(\.rawValue) {
            #expect(text.contains("`\(name)`"), "\(name) is missing")
        }
    }
}
