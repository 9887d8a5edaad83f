import Synchronization
import Testing

@testable import CommandLineInterface

@Suite struct FormatTests {
    @Test(arguments: [
        (0, "0.00 CNY"), (5, "0.05 CNY"), (1_234, "12.34 CNY"), (-7, "-0.07 CNY"), (-12_345, "-123.45 CNY"),
        (Int64.min, "-92233720368547758.08 CNY"), (Int64.max, "92233720368547758.07 CNY"),
    ])
    func moneyIsExact(amount: Int64, expected: String) { #expect(MoneyText.format(amount) == expected) }

    @Test func currenciesWithoutMinorUnitHaveNoPoint() {
        #expect(MoneyText.format(1_234, currency: "JPY", digits: 0) == "1234 JPY")
        #expect(MoneyText.format(5, currency: "KWD", digits: 3) == "0.005 KWD")
    }

    @Test(arguments: [
        (0, "0 B"), (1_023, "1023 B"), (1_024, "1.0 KiB"), (1_536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
        (1_073_741_824, "1.0 GiB"), (UInt64.max, "16.0 EiB"),
    ])
    func sizesUseBinaryUnits(count: UInt64, expected: String) { #expect(ByteText.format(count) == expected) }

    @Test(arguments: [
        (Duration.zero, "0 s"), (.microseconds(12), "12 µs"), (.microseconds(1_234), "1.23 ms"), (.milliseconds(250), "250 ms"),
        (.milliseconds(1_250), "1.3 s"), (.seconds(59), "59.0 s"), (.seconds(61), "1 min 1 s"), (.seconds(3_599), "59 min 59 s"),
        (.seconds(3_600), "1 h 0 min"), (.seconds(90_061), "25 h 1 min"), (.seconds(Int64.max), "2562047788015215 h 30 min"),
    ])
    func durationsUseTheUnitThatFits(duration: Duration, expected: String) {
        #expect(DurationText.format(duration) == expected)
    }

    @Test func decimalsAreRoundedAndGrouped() {
        #expect(DecimalText.format(2.345, digits: 1) == "2.3")
        #expect(DecimalText.format(-0.05, digits: 1) == "-0.1")
        #expect(DecimalText.format(7, digits: 0) == "7")
        #expect(DecimalText.format(.infinity, digits: 1) == "inf")
        #expect(DecimalText.grouped(1_234_567) == "1,234,567")
        #expect(DecimalText.grouped(-999) == "-999")
        #expect(DecimalText.grouped(Int64.min) == "-9,223,372,036,854,775,808")
    }

    @Test(arguments: [
        ("abc", 3), ("天气", 4), ("ｆｕｌｌ", 8), ("é", 1), ("e\u{301}", 1), ("한글", 4), ("🐑", 2), ("☀️", 2), ("…", 1), ("👨‍👩‍👧", 2),
        ("\u{200B}", 0), ("12.5 ¥", 6), ("", 0), ("、。", 4),
    ])
    func textIsAsWideAsATerminalShowsIt(text: String, expected: Int) { #expect(TextWidth.of(text) == expected) }

    @Test func truncationNeverSplitsAWideCharacter() {
        #expect(TextWidth.truncate("天气预报", to: 8) == "天气预报")
        #expect(TextWidth.truncate("天气预报", to: 7) == "天气预…")
        #expect(TextWidth.truncate("天气预报", to: 6) == "天气…")
        #expect(TextWidth.truncate("abc", to: 0) == "")
        for width in 0...12 { #expect(TextWidth.of(TextWidth.truncate("a天b气c预d报", to: width)) <= width) }
    }

    @Test func controlCharactersAreMadeVisible() {
        #expect(TextWidth.printable("a\u{1B}[31mb\r\nc\u{202E}d\u{9B}e") == "a\u{FFFD}[31mb  c\u{FFFD}d\u{FFFD}e")
        #expect(TextWidth.printable("天气 é 👨‍👩‍👧") == "天气 é 👨‍👩‍👧")
    }
}

@Suite struct TableTests {
    func table() -> Table {
        var table = Table(["Product", "Price", "Runs"])
        table.append(["航班", "12.34 CNY", "5"])
        table.append(["Hourly weather", "1.00 CNY", "1,205"])
        return table
    }

    @Test func columnsAlignWithWideCharactersAndNumbersStandRight() {
        #expect(table().render(width: nil) == """
            Product             Price   Runs
            ──────────────  ─────────  ─────
            航班            12.34 CNY      5
            Hourly weather   1.00 CNY  1,205

            """)
    }

    @Test func aTableFitsTheTerminalByCuttingItsWidestColumn() {
        let lines = table().render(width: 28).split(separator: "\n")
        #expect(lines.allSatisfy { TextWidth.of(String($0)) <= 28 })
        #expect(lines[3] == "Hourly we…   1.00 CNY  1,205")
    }

    @Test func missingCellsAreEmptyAndHostileOnesHarmless() {
        var table = Table(["A", "B"])
        table.append(["x\u{1B}[2J\ny"])
        table.append(["1", "2", "3"])
        let text = table.render(width: nil)
        #expect(!text.contains("\u{1B}") && !text.contains("3"))
        #expect(text.split(separator: "\n").count == 4)
        #expect(Table([]).render(width: 10) == "\n\n")
    }
}

@Suite struct ProgressDisplayTests {
    /// A clock that the test moves.
    final class Clock: Sendable {
        private let start = ContinuousClock.now
        private let elapsed = Mutex(Duration.zero)
        func now() -> ContinuousClock.Instant { start + elapsed.withLock { $0 } }
        func advance(_ duration: Duration) { elapsed.withLock { $0 += duration } }
    }

    @Test func aTerminalGetsABarThatIsRedrawnAndWiped() {
        let (recorded, clock) = (RecordedConsole(width: 120, isErrorTerminal: true), Clock())
        let progress = ProgressDisplay("verify", total: 1_000, unit: .count("entries"), console: recorded.console, now: clock.now)
        progress.update(1)
        #expect(recorded.error == "", "nothing is drawn before a tenth of a second")
        clock.advance(.seconds(2))
        progress.update(500)
        #expect(recorded.error.contains("50 %") && recorded.error.contains("500 entries of 1,000 entries"))
        #expect(recorded.error.contains("2.0 s left") && recorded.error.contains("250 entries/s"))
        progress.update(501)
        #expect(!recorded.error.contains("501"))
        progress.finish()
        #expect(recorded.error.hasSuffix("\r\u{1B}[K"))
        #expect(recorded.output == "")
    }

    @Test func aFileGetsPlainLinesEveryFewSeconds() {
        let (recorded, clock) = (RecordedConsole(), Clock())
        let progress = ProgressDisplay("copy", total: nil, unit: .bytes, console: recorded.console, now: clock.now)
        for step in 1...100 {
            clock.advance(.milliseconds(200))
            progress.update(UInt64(step) * 1024)
        }
        progress.finish()
        #expect(recorded.error.split(separator: "\n").count == 4)
        #expect(!recorded.error.contains("\u{1B}") && recorded.error.contains("25.0 KiB"))
    }

    @Test func quietMeansSilent() {
        let (recorded, clock) = (RecordedConsole(isErrorTerminal: true), Clock())
        let progress = ProgressDisplay("x", total: 0, isQuiet: true, console: recorded.console, now: clock.now)
        clock.advance(.seconds(60))
        progress.update(.max)
        progress.finish()
        #expect(recorded.error == "")
    }
}
