import Testing

@testable import Signing

@Suite struct StructuredFieldTests {
    private func parse(_ text: String) throws -> StructuredField.Dictionary {
        try StructuredFieldParser.dictionary(text, maximumMemberCount: 4)
    }

    @Test func readsEveryKindOfItem() throws {
        let members = try parse("a=1;x;y=?0, b=\"q\\\"\\\\\" ,\tc=:AQI=:,*d=tok/en:x  ")
        #expect(members.map(\.name) == ["a", "b", "c", "*d"])
        #expect(
            members[0].member
                == .item(.init(value: .integer(1), parameters: [.init(name: "x", value: .boolean(true)), .init(name: "y", value: .boolean(false))])))
        #expect(members[1].member == .item(.init(value: .string("q\"\\"), parameters: [])))
        #expect(members[2].member == .item(.init(value: .bytes([1, 2]), parameters: [])))
        #expect(members[3].member == .item(.init(value: .token("tok/en:x"), parameters: [])))
    }

    @Test(arguments: [
        (#"s=( "a"  "b";p ) ;q=-5"#, #"("a" "b";p)"#), (#"s=();created=1;keyid="k""#, #"();created=1;keyid="k""#),
        (#"s=("a\"b" ?1 tok :AA==: 999999999999999);x"#, #"("a\"b" ?1 tok :AA==: 999999999999999);x"#),
    ])
    func writesAnInnerListInItsOneForm(text: String, expected: String) throws {
        // The first has a space before a parameter's semicolon, which ends the list.
        guard !text.contains(" ;") else {
            #expect(throws: StructuredFieldError.self) { try parse(text) }
            return
        }
        guard case .innerList(let list)? = try parse(text).first?.member else { throw TestFailure(reason: "no inner list") }
        #expect(list.serialized == expected)
    }

    @Test(arguments: [
        "", " ", ",", "a=1,", "a=1,,b=2", "A=1", "1=1", "a=", "a=1.5", "a=1234567890123456", "a=-", "a=\"", "a=\"\\x\"",
        "a=\"é\"", "a=:AA:", "a=:AA==", "a=?2", "a=?", "a=(", "a=(1", "a=(1\"b\")", "a=(1,2)", "a=((1))", "a=@1", "a=%\"x\"",
        "a=1;", "a=1;X", "a=1;x=", "a=1;x=1;x=2", "a=1, a=2", "a=1 b=2", "a=1\n", "a=1;b=(1)", "a,b,c,d,e",
    ])
    func refusesWhatIsNotADictionary(text: String) {
        #expect(throws: StructuredFieldError.self) { try parse(text) }
    }

    @Test func noBytesMakeTheParserTrap() {
        var generator = FixedGenerator(seed: 42)
        let alphabet = Array("ab=();:\"\\?01-., \t*é/".utf8)
        for _ in 0..<20_000 {
            let count = Int(generator.next() % 24)
            let bytes = (0..<count).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] }
            guard let members = try? parse(String(decoding: bytes, as: UTF8.self)) else { continue }
            for case .innerList(let list) in members.map(\.member) {
                // What was read is written so that it reads back the same.
                let again = try? parse("z=\(list.serialized)").first?.member
                #expect(again == .innerList(list))
            }
        }
    }
}
