import Testing

@testable import Encoding

@Suite struct TextFormsTests {
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64IsThatOfRFC4648Section10(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        let unpadded = encoded.replacing("=", with: "")
        #expect(Base64.encodeURL(Array(plain.utf8)) == unpadded)
        #expect(Base64.decodeURL(unpadded) == Array(plain.utf8))
    }

    @Test func theTwoAlphabetsDifferInTwoCharacters() {
        let bytes: [UInt8] = [0xFB, 0xEF, 0xFF]
        #expect(Base64.encode(bytes) == "++//")
        #expect(Base64.encodeURL(bytes) == "--__")
        #expect(Base64.decode("--__") == nil)
        #expect(Base64.decodeURL("++//") == nil)
    }

    @Test(arguments: [
        "Zg", "Zg=", "Zg===", "Z", "=", "==", "====", "Zg==Zg==", "Z===", "Zh==", "Zm9=", " Zg==", "Zg==\n", "Zm 8=", "Zm8=é", "Zm9v=", "A=A=",
    ])
    func base64WithPaddingIsStrict(text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["A", "AAAAA", "Zg==", "Zh", "Zm9", "Z g", "Zg\n", "Zg.", "é", "AA\0"])
    func base64URLIsStrict(text: String) {
        #expect(Base64.decodeURL(text) == nil)
    }

    @Test func base64ReadsBackAndNoOtherTextGivesTheSameBytes() {
        var generator = FixedGenerator(seed: 3)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        for count in 0..<60 {
            let bytes = generator.bytes(count)
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            let text = Array(Base64.encodeURL(bytes).utf8)
            #expect(Base64.decodeURL(text) == bytes)
            guard let last = text.last else { continue }
            for character in alphabet where character != last {
                #expect(Base64.decodeURL(text.dropLast() + [character]) != bytes)
            }
        }
    }

    @Test func hexadecimalIsLowerCaseAndEven() {
        #expect(Hexadecimal.encode([0x00, 0x9F, 0xFF]) == "009fff")
        #expect(Hexadecimal.decode("009fff") == [0x00, 0x9F, 0xFF])
        #expect(Hexadecimal.decode("") == [])
        for text in ["0", "00f", "0G", "0F", "FF", " 00", "00 ", "0x00", "é0", "g0", "/0", ":0", "`0"] {
            #expect(Hexadecimal.decode(text) == nil, "accepted \(text)")
        }
        var generator = FixedGenerator(seed: 4)
        for count in 0..<40 {
            let bytes = generator.bytes(count)
            #expect(Hexadecimal.decode(Hexadecimal.encode(bytes)) == bytes)
        }
    }
}
