import Testing

@testable import Encoding

@Suite struct JSONSchemaTests {
    private func schema(_ text: String) throws -> JSONSchema { try JSONSchema(try JSONValue.parse(text)) }

    private func pointers(_ schema: JSONSchema, _ text: String) throws -> [String] {
        schema.validate(try JSONValue.parse(text)).map(\.pointer)
    }

    /// A schema, values that satisfy it, values that do not.
    static let cases: [(String, [String], [String])] = [
        (#"{"type":"string"}"#, [#""""#, #""é""#], ["1", "null", "[]", "{}", "true"]),
        (#"{"type":["integer","null"]}"#, ["0", "-9223372036854775808", "null"], ["1.5", "1.0", #""1""#]),
        (#"{"type":"number"}"#, ["0", "1.5", "1e3"], [#""1""#, "true"]),
        (#"{"type":"boolean"}"#, ["true", "false"], ["0", "null"]),
        (#"{"minLength":2,"maxLength":3}"#, [#""ab""#, #""河西走""#, #""😀😀""#, "1"], [#""a""#, #""abcd""#, #""😀""#]),
        (#"{"minimum":-1,"maximum":9007199254740993}"#, ["-1", "9007199254740993", "0.5"], ["-2", "9007199254740994", "-1.5"]),
        (#"{"minItems":1,"maxItems":2,"items":{"type":"integer"}}"#, ["[1]", "[1,2]", "{}"], ["[]", "[1,2,3]", #"["a"]"#]),
        (#"{"uniqueItems":true}"#, ["[]", "[1,2]", "[[1],[2]]"], ["[1,1]", "[1,1.0]", #"[{"a":1,"b":2},{"b":2,"a":1}]"#]),
        (#"{"minProperties":1,"maxProperties":2}"#, [#"{"a":1}"#, #"{"a":1,"b":2}"#], ["{}", #"{"a":1,"b":2,"c":3}"#]),
        (
            #"{"enum":["a",1,null,{"x":[1,2],"y":0}]}"#, [#""a""#, "1", "1.0", "null", #"{"y":0,"x":[1,2]}"#],
            [#""b""#, "2", #"{"x":[2,1],"y":0}"#]
        ),
        (#"{"const":{"a":1}}"#, [#"{"a":1}"#], ["{}", #"{"a":1,"b":1}"#]),
        (#"{"required":["a"]}"#, [#"{"a":null}"#, "1"], ["{}", #"{"b":1}"#]),
        (
            #"{"properties":{"a":{"type":"string"}},"additionalProperties":false}"#, ["{}", #"{"a":"x"}"#],
            [#"{"a":1}"#, #"{"b":"x"}"#]
        ),
        (#"{"properties":{"a":true},"additionalProperties":{"type":"integer"}}"#, [#"{"a":"x","b":1}"#], [#"{"b":"x"}"#]),
        (#"{"properties":{"a":false}}"#, ["{}"], [#"{"a":1}"#]),
        (
            #"{"pattern":"^[a-z]{2,3}(/[0-9]+)?$"}"#, [#""ab""#, #""abc/12""#, "1"],
            [#""a""#, #""ab\n""#, #""abc/""#, #""ABC""#]
        ),
        (#"{"pattern":"b+"}"#, [#""abba""#], [#""aca""#, #""""#]),
        (#"{"pattern":"^a\\.b$"}"#, [#""a.b""#], [#""axb""#]),
        (#"{"pattern":"^a\\+{2}\\\\*$"}"#, [#""a++""#, #""a++\\\\""#], [#""a+""#, #""a++*""#]),
        (#"{"pattern":"^$"}"#, [#""""#], [#""a""#]),
        (
            #"{"format":"date-time"}"#, [#""2026-11-21T08:30:00.000Z""#],
            [#""2026-11-21T08:30:00Z""#, #""2026-02-29T00:00:00.000Z""#]
        ),
        (#"{"anyOf":[{"type":"string"},{"minimum":5}]}"#, [#""a""#, "5", "null"], ["4"]),
        (#"{"oneOf":[{"type":"integer"},{"minimum":5}]}"#, ["4", "5.5"], ["5", "4.5", "6"]),
        (#"{"allOf":[{"minimum":1},{"maximum":3}]}"#, ["2"], ["0", "4"]),
        (##"{"$ref":"#/$defs/a","$defs":{"a":{"type":"integer"}},"minimum":3}"##, ["3"], ["2", #""a""#]),
    ]

    @Test(arguments: cases)
    func acceptsAndRefusesAsTheSpecificationSays(schemaText: String, good: [String], bad: [String]) throws {
        let schema = try schema(schemaText)
        for text in good { #expect(try pointers(schema, text) == [], "\(text) must satisfy \(schemaText)") }
        for text in bad { #expect(try pointers(schema, text) != [], "\(text) must not satisfy \(schemaText)") }
    }

    @Test(arguments: [
        ("{\"prefixItems\":[]}", ""), ("{\"properties\":{\"a\":{\"multipleOf\":2}}}", "/properties/a"),
        ("{\"items\":{\"anyOf\":[true,{\"not\":{}}]}}", "/items/anyOf/1"), ("{\"$defs\":{\"x\":{\"if\":true}}}", "/$defs/x"),
        ("{\"properties\":{\"a\":{\"$defs\":{}}}}", "/properties/a"),
    ])
    func refusesAKeywordThatItDoesNotImplementAndSaysWhere(text: String, place: String) throws {
        do {
            _ = try schema(text)
            Issue.record("accepted \(text)")
        } catch let error as JSONSchemaError {
            guard case .unknownKeyword(let pointer, _) = error else { throw error }
            #expect(pointer == place)
        }
    }

    @Test(arguments: [
        "1", #"{"type":"text"}"#, #"{"type":[]}"#, #"{"minLength":-1}"#, #"{"minLength":"1"}"#, #"{"required":["a","a"]}"#,
        #"{"required":"a"}"#, #"{"anyOf":[]}"#, #"{"format":"email"}"#, #"{"$schema":"http://json-schema.org/draft-07/schema#"}"#,
        #"{"const":1,"enum":[1]}"#, #"{"$ref":"other.json"}"#, ##"{"$ref":"#/$defs/a/b"}"##, #"{"items":[]}"#, #"{"properties":[]}"#,
        #"{"pattern":"("}"#, #"{"pattern":"\\d"}"#, #"{"pattern":"(?:a)"}"#, #"{"pattern":"a+?"}"#, #"{"pattern":"(a)\\1"}"#,
        #"{"pattern":"[[:alpha:]]"}"#, #"{"pattern":"a**"}"#, #"{"pattern":"*a"}"#, #"{"pattern":"(+a)"}"#, #"{"pattern":"\\<a"}"#, #"{"pattern":"a\\"}"#, #"{"pattern":"\\[a"}"#,
        #"{"pattern":"[\\]]"}"#, #"{"pattern":"é"}"#, #"{"minimum":"1"}"#, #"{"uniqueItems":1}"#,
    ])
    func refusesASchemaOfWrongForm(text: String) throws {
        #expect(throws: JSONSchemaError.self) { try schema(text) }
    }

    @Test func refusesAReferenceToNothing() throws {
        #expect(throws: JSONSchemaError.unresolvedReference(pointer: "/items/$ref", reference: "#/$defs/b")) {
            try schema(##"{"items":{"$ref":"#/$defs/b"},"$defs":{"a":true}}"##)
        }
    }

    @Test func refusesReferencesThatNeverEnd() throws {
        #expect(throws: JSONSchemaError.endlessReference(definition: "a")) {
            try schema(##"{"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/b"}]},"b":{"$ref":"#/$defs/a"}}}"##)
        }
    }

    @Test func followsAReferenceThatDescends() throws {
        let tree = try schema(
            ##"{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"array","items":{"$ref":"#/$defs/tree"}}}}"##)
        #expect(try pointers(tree, "[[],[[]]]") == [])
        #expect(try pointers(tree, "[[],[[1]]]") == ["/1/0/0"])
    }

    @Test func namesEveryMismatchByItsPointer() throws {
        let schema = try schema(
            #"{"required":["x"],"additionalProperties":false,"properties":{"a/b":{"items":{"type":"string"}},"n":{"maximum":1}}}"#)
        let value = try JSONValue.parse(#"{"a/b":["x",1],"n":2,"z":0}"#)
        #expect(schema.validate(value).map(\.pointer) == ["", "/a~1b/1", "/n", "/z"])
        #expect(schema.validate(value, maximumCount: 2).count == 2)
        #expect(throws: JSONMismatch(pointer: "", reason: "member \"x\" is missing")) { try schema.check(value) }
    }

    @Test func tellsWhichAlternativeCameClosest() throws {
        let schema = try schema(
            #"{"oneOf":[{"type":"string"},{"type":"object","properties":{"k":{"const":"v"}}}]}"#)
        let found = schema.validate(try JSONValue.parse(#"{"k":"w"}"#))
        #expect(found.count == 1)
        #expect(found.first?.reason.contains("/k: must be \"v\"") == true)
    }

    @Test func stopsAtAValueDeeperThanAnyDocument() throws {
        let schema = try schema(##"{"$ref":"#/$defs/t","$defs":{"t":{"items":{"$ref":"#/$defs/t"}}}}"##)
        var value = JSONValue.array([])
        for _ in 0..<1000 { value = .array([value]) }
        #expect(schema.validate(value).first?.reason.contains("levels deep") == true)
    }

    @Test func stopsWhereAlternativesMultiplyTheWork() throws {
        let schema = try schema(
            ##"{"$ref":"#/$defs/t","$defs":{"t":{"oneOf":[{"items":{"$ref":"#/$defs/t"}},{"items":{"$ref":"#/$defs/t"}},{"type":"null"}]}}}"##)
        var value = JSONValue.array([])
        for _ in 0..<30 { value = .array([value]) }
        #expect(!schema.validate(value).isEmpty)
    }

    @Test func aTextWithNULDoesNotEndThePatternEarly() throws {
        let schema = try schema(#"{"pattern":"^[a-z]+$"}"#)
        #expect(schema.validate(.string("abc\0/../x")).count == 1)
        #expect(schema.validate(.string("abc")).isEmpty)
    }

    @Test func membersAreComparedByCodePointNotByCanonicalEquivalence() throws {
        // U+212A KELVIN SIGN is canonically equivalent to K, and Swift's == calls them equal.
        let schema = try schema(#"{"properties":{"publicKey":true},"required":["publicKey"],"additionalProperties":false}"#)
        #expect(schema.validate(["public\u{212A}ey": 1]).count == 2)
    }
}
