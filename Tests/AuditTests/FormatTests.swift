import Testing

@testable import Audit

@Suite struct FormatTests {
    /// RFC 3720 appendix B.4 (its bytes are shown there in the order of the wire), and the usual check value.
    @Test func theChecksumIsThatOfTheStandard() {
        #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(Array(0..<32)) == 0x46DD_794E)
        #expect(CRC32C.checksum(Array((0..<32).reversed())) == 0x113F_DB5C)
        #expect(CRC32C.checksum([]) == 0)
    }

    @Test func theChecksumIsRightAtEveryLength() {
        var generator = SystemIndependentGenerator(seed: 7)
        for count in 0..<70 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            #expect(CRC32C.checksum(bytes) == JournalWriter.crc32c(bytes))
        }
    }

    @Test func anEntrysNameIsReadThoughItIsDamaged() {
        let start = #"{"prev":"00","seq":1,"time":"x","type":"run.completed","subject":"86.gs/X1","actor":"p","bo"#
        let glimpse = EntryGlimpse(Array(start.utf8) + [0xFF, 0x00])
        #expect(glimpse.type == "run.completed")
        #expect(glimpse.subject == "86.gs/X1")
        #expect(EntryGlimpse(Array(#","type":"a\#u{1B}[2J","subject":"never ends"#.utf8)).type == nil)
        #expect(EntryGlimpse(Array(#","type":"a\#u{1B}[2J","subject":"never ends"#.utf8)).subject == nil)
        #expect(EntryGlimpse([]).type == nil)
    }

    @Test func aSourceIsANodeIfItBeginsLikeAnAddress() {
        #expect(AuditSource("https://space.example") == .node("https://space.example"))
        #expect(AuditSource("http://127.0.0.1:8620") == .node("http://127.0.0.1:8620"))
        #expect(AuditSource("httpd/ledger") == .folder("httpd/ledger"))
    }
}

/// SplitMix64: the same numbers on every machine.
struct SystemIndependentGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
