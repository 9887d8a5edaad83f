import Exchange
import Testing

@Suite("Unified social credit code, GB 32100-2015")
struct UnifiedSocialCreditCodeTests {
    /// The worked example of the standard, and codes in public registers: two Shenzhen companies, a Hangzhou one and
    /// the one that check-digit libraries quote.
    @Test("accepts published codes", arguments: [
        "91350100M000100Y43", "91110000600037341L", "9144030071526726XG", "91440300708461136T", "91330100799655058B",
    ])
    func published(code: String) throws {
        #expect(try UnifiedSocialCreditCode(code).text == code)
    }

    @Test("refuses the standard's example with its last character mistyped, and says which would be right")
    func mistyped() {
        #expect(throws: UnifiedSocialCreditCode.Fault.wrongCheckCharacter(expected: "3")) {
            try UnifiedSocialCreditCode("91350100M000100Y44")
        }
        #expect(throws: UnifiedSocialCreditCode.Fault.wrongCharacter(position: 18)) {
            try UnifiedSocialCreditCode("91350100M000100Y4Z")
        }
    }

    @Test("catches every wrong character and every swap of neighbours")
    func errors() {
        let code = Array("9144030071526726XG".utf8)
        for place in code.indices {
            for character in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ".utf8 where character != code[place] {
                var changed = code
                changed[place] = character
                #expect(throws: UnifiedSocialCreditCode.Fault.self) {
                    try UnifiedSocialCreditCode(String(decoding: changed, as: UTF8.self))
                }
            }
            guard place > 0, code[place] != code[place - 1] else { continue }
            var swapped = code
            swapped.swapAt(place, place - 1)
            #expect(throws: UnifiedSocialCreditCode.Fault.self) {
                try UnifiedSocialCreditCode(String(decoding: swapped, as: UTF8.self))
            }
        }
    }

    @Test("counts characters, not bytes, and names the place of a full-width one")
    func places() {
        #expect(throws: UnifiedSocialCreditCode.Fault.wrongLength(17)) { try UnifiedSocialCreditCode("9144030071526726X") }
        #expect(throws: UnifiedSocialCreditCode.Fault.wrongCharacter(position: 1)) {
            try UnifiedSocialCreditCode("９１１１００００６０００３７３４１Ｌ")
        }
        #expect(throws: UnifiedSocialCreditCode.Fault.wrongCharacter(position: 3)) {
            try UnifiedSocialCreditCode("91A10000600037341L")
        }
    }
}
