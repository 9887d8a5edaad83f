import CommandLineInterface
import Encoding
import HTTPTransport
import Sandbox
import Testing

@testable import hexi

@Suite struct RenderingTests {
    @Test func theOffendingPieceIsUnderlinedInItsLine() {
        let sql = "SELECT carrier,\n       read_text('/etc/passwd')\nFROM flights"
        let place = SQLPlace(piece: "read_text('/etc/passwd')", line: 2, column: 8)
        #expect(
            place.lines(sql: sql) == [
                "  2 |        read_text('/etc/passwd')",
                "    |        ^~~~~~~~~~~~~~~~~~~~~~~~",
            ])
    }

    @Test func wideCharactersBeforeThePieceShiftTheUnderlineByTwo() {
        let lines = SQLPlace(piece: "tailnum", line: 1, column: 13).lines(sql: "SELECT '天气',tailnum FROM f")
        #expect(lines == ["  1 | SELECT '天气',tailnum FROM f", "    |               ^~~~~~~"])
    }

    @Test func aPieceThatTheTextDoesNotHaveThereGetsItsWordMarked() {
        #expect(SQLPlace(piece: "other", line: 1, column: 3).lines(sql: "abcdef + 1").last == "    |   ^~~~")
        #expect(SQLPlace(piece: "other", line: 1, column: 1).lines(sql: "+ b").last == "    | ^")
        #expect(SQLPlace(piece: "x", line: 1, column: 99).lines(sql: "abc").last == "    |    ^")
    }

    @Test func aPieceIsFoundWhateverItsSpacesAndCapitals() {
        let place = SQLPlace(piece: "sum(cost * 2)", line: 1, column: 8)
        #expect(place.lines(sql: "SELECT SUM( Cost*2 ), 1").last == "    |        ^~~~~~~~~~~~~")
        #expect(SQLPlace(piece: "x", line: 1, column: 8, length: 5).lines(sql: "SELECT abcde f").last == "    |        ^~~~~")
        #expect(SQLPlace(piece: "", line: 1, column: 8, length: 6).lines(sql: "SELECT 天气 f").last == "    |        ^~~~")
    }

    @Test func aPieceOverSeveralLinesIsUnderlinedOnEach() {
        let sql = "SELECT count(*),\n  sum(\n    cost)\nFROM visits"
        let place = SQLPlace(piece: "sum(cost)", line: 2, column: 3)
        #expect(place.lines(sql: sql) == ["  2 |   sum(", "    |   ^~~~", "  3 |     cost)", "    |     ~~~~~"])
        #expect(SQLPlace(piece: "", line: 1, column: 1, length: 500).lines(sql: String(repeating: "a\n", count: 90)).count <= 8)
    }

    @Test func aRefusedQueryIsToldAsACompilerWould() {
        let fault: JSONValue = [
            "code": "column-role", "message": "\"patient\" is the privacy unit", "piece": "patient", "line": 1, "column": 8,
            "hint": "count(DISTINCT patient)",
        ]
        let lines = QueryDiagnostic(fault: fault, sql: "SELECT patient FROM visits", name: "q.sql").lines()
        #expect(lines.prefix(3) == ["q.sql:1:8: refused: \"patient\" is the privacy unit [column-role]", "  1 | SELECT patient FROM visits", "    |        ^~~~~~~"])
        #expect(lines.count == 5 && lines[3].hasPrefix("rule: ") && lines[4] == "allowed: count(DISTINCT patient)")
        let coloured = QueryDiagnostic(fault: fault, sql: "SELECT patient FROM visits", name: "q.sql").lines(style: TextStyle(isOn: true))
        #expect(coloured[2].contains("\u{1B}[1;32m^~~~~~~\u{1B}[0m"))
        #expect(lines.allSatisfy { !$0.contains("\u{1B}") })
    }

    @Test func everyRuleOfTheCheckSaysWhyItIsThere() {
        for code in QueryRefusal.Code.allCases { #expect(QueryDiagnostic.why(code.rawValue) != nil, "\(code.rawValue)") }
        #expect(QueryDiagnostic.why("unheard-of") == nil)
    }

    @Test func aPlaceOutsideTheTextIsToldInWords() {
        #expect(SQLPlace(piece: "x", line: 9, column: 1).lines(sql: "abc") == ["at: x (line 9, column 1)"])
        #expect(SQLPlace(piece: "x", line: 0, column: 0).lines(sql: "abc") == ["at: x"])
        #expect(SQLPlace(piece: "", line: 0, column: 0).lines(sql: nil).isEmpty)
        #expect(SQLPlace(["piece": "", "line": 0, "column": 0]) == nil)
        #expect(SQLPlace(["detail": "no place"]) == nil)
    }

    @Test func hugePlacesDoNotTrap() {
        let place = SQLPlace(piece: "x", line: .max, column: .min)
        #expect(place.lines(sql: "abc").count == 1)
        #expect(SQLPlace(piece: "x", line: 1, column: .max).lines(sql: "abc").count == 2)
        #expect(SQLPlace(piece: "x", line: 1, column: .min + 1).lines(sql: "abc").count == 2)
    }

    @Test func csvQuotesWhatNeedsIt() {
        let line = CSVText.line(["plain", "a,b", "say \"hi\"", "two\nlines", "", .null, 7, .number(2.5), true])
        #expect(line == "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\"\",,7,2.5,true\r\n")
    }

    @Test func aProblemSaysWhatWhereAndWhatWouldBeRight() {
        let problem = Problem(
            code: "function-not-allowed", status: 422, title: "Not allowed", detail: "no read_text", pointer: "/sql", hint: "use avg",
            extensions: [
                "piece": "read_text", "line": 1, "column": 8, "identifier": "86.gs.test/Q1",
                "receipt": ["seq": 17, "type": "query.refused", "time": "t", "leafHash": "ab"],
            ])
        #expect(
            ProblemText.lines(.problem(problem), sql: "SELECT read_text('x')") == [
                "hexi: Not allowed [function-not-allowed]", "no read_text", "where: /sql in what was sent",
                "  1 | SELECT read_text('x')", "    |        ^~~~~~~~~", "hint: use avg", "recorded as: 86.gs.test/Q1",
                "receipt: ledger entry 17, query.refused, t, leaf hash ab", "proof to keep: hexi receipt 17 --wait",
            ])
    }

    @Test func textFromOutsideCannotPlayWithTheTerminal() {
        let problem = Problem(code: "x", status: 400, title: "a\u{1B}[2Jb", detail: "c\rd")
        #expect(!ProblemText.lines(.problem(problem)).joined().unicodeScalars.contains { $0.value < 0x20 })
        #expect(!QueryText.numbered("SELECT\u{1B}[31m 1\r").unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        #expect(JSONValue.object(["a": "x\u{1B}"]).text("a") == "x\u{FFFD}")
    }

    @Test func textsAreShownInAnyLanguageRatherThanNotAtAll() {
        #expect(JSONValue.object(["fr": "Vols"]).localised == "Vols")
        #expect(Optional<JSONValue>.none.localised == "")
    }

    @Test func chargesThatDoNotFitSaturate() {
        let run: JSONValue = ["charges": [["amount": .integer(.max)], ["amount": 1]]]
        #expect(RunText.total(run) == .max)
    }
}
