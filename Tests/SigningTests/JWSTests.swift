import Encoding
import Testing

@testable import Signing

@Suite struct JWSTests {
    private func compact(header: String, payload: [UInt8] = [1, 2, 3], key: SigningKey) -> String {
        let input = "\(Base64.encodeURL(header.utf8)).\(Base64.encodeURL(payload))"
        return "\(input).\(Base64.encodeURL(key.sign(Array(input.utf8))))"
    }

    @Test func theSignatureOfRFC8037AppendixA4IsReproduced() throws {
        let key = try SigningKey(seed: try #require(Base64.decodeURL("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")))
        let text = compact(header: #"{"alg":"EdDSA"}"#, payload: Array("Example of Ed25519 signing".utf8), key: key)
        #expect(
            text == "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg")
        // A statement of the exchange must also say its kind and its key.
        #expect(throws: JWSError.malformedHeader(reason: "typ must be a string")) { try CompactJWS(text) }
    }

    @Test func whatIsSignedReadsBackAndVerifies() throws {
        var generator = FixedGenerator(seed: 1)
        let key = try testKey(3)
        for count in [0, 1, 2, 3, 31, 255, 4096] {
            let payload = generator.bytes(count)
            let jws = try CompactJWS(JWS.sign(payload: payload, type: "hexi-test+jwt", key: key))
            #expect(jws.payload == payload)
            #expect(jws.type == "hexi-test+jwt")
            #expect(jws.keyIdentifier == key.keyIdentifier)
            try jws.verify(with: key.verificationKey)
        }
    }

    @Test func aSingleChangedCharacterAnywhereIsNoticed() throws {
        let key = try testKey(3)
        let text = JWS.sign(payload: Array(#"{"amount":100}"#.utf8), type: "t", key: key)
        let original = Array(text.utf8)
        for index in original.indices {
            for replacement in [original[index] ^ 1, original[index] ^ 0x20, 0x41, 0x2D, 0x2E] where replacement != original[index] {
                var changed = original
                changed[index] = replacement
                #expect(throws: JWSError.self, "character \(index) became \(replacement)") {
                    try CompactJWS(String(decoding: changed, as: UTF8.self)).verify(with: key.verificationKey)
                }
            }
        }
        for index in original.indices {
            var changed = original
            changed.remove(at: index)
            #expect(throws: JWSError.self) {
                try CompactJWS(String(decoding: changed, as: UTF8.self)).verify(with: key.verificationKey)
            }
        }
    }

    @Test(arguments: [
        (#"{"alg":"none","typ":"t","kid":"k"}"#, JWSError.unsupportedAlgorithm("none")),
        (#"{"alg":"none"}"#, .unsupportedAlgorithm("none")),
        (#"{"alg":"HS256","typ":"t","kid":"k"}"#, .unsupportedAlgorithm("HS256")),
        (#"{"alg":"eddsa","typ":"t","kid":"k"}"#, .unsupportedAlgorithm("eddsa")),
        (#"{"alg":"EdDSA","typ":"t","kid":"k","crit":["b64"]}"#, .unknownHeaderMember("crit")),
        (#"{"alg":"EdDSA","typ":"t","kid":"k","b64":false}"#, .unknownHeaderMember("b64")),
        (#"{"alg":"EdDSA","typ":"t","kid":"k","jwk":{"kty":"OKP"}}"#, .unknownHeaderMember("jwk")),
        (#"{"alg":"EdDSA","typ":"t","kid":"k","jku":"https://a"}"#, .unknownHeaderMember("jku")),
        (#"{"alg":"EdDSA","typ":"t","\u212aid":"k"}"#, .unknownHeaderMember("\u{212A}id")),
        (#"{"alg":"EdDSA","typ":"t"}"#, .malformedHeader(reason: "kid must be a string")),
        (#"{"alg":"EdDSA","kid":"k","typ":1}"#, .malformedHeader(reason: "typ must be a string")),
        (#"{"alg":"EdDSA","kid":"k","typ":""}"#, .malformedHeader(reason: "typ must have 1 to 128 printable ASCII characters")),
        (#"{"alg":"EdDSA","kid":"\n","typ":"t"}"#, .malformedHeader(reason: "kid must have 1 to 256 printable ASCII characters")),
        (#"{"typ":"t","kid":"k"}"#, .malformedHeader(reason: "alg must be a string")),
        (#"["EdDSA"]"#, .malformedHeader(reason: "it is an array, not an object")),
    ])
    func refusesAHeaderThatIsNotExactlyOurs(header: String, expected: JWSError) throws {
        #expect(throws: expected) { try CompactJWS(compact(header: header, key: try testKey(1))) }
    }

    @Test(arguments: [
        #"{"alg":"EdDSA","alg":"EdDSA","typ":"t","kid":"k"}"#, "{", "", #"{"alg":"EdDSA","typ":"t","kid":"k"} x"#,
        #"{"alg":"EdDSA","typ":[[[[[]]]]],"kid":"k"}"#,
    ])
    func refusesAHeaderThatIsNoJSON(header: String) throws {
        do {
            _ = try CompactJWS(compact(header: header, key: try testKey(1)))
            Issue.record("accepted \(header)")
        } catch let error as JWSError {
            guard case .malformedHeader = error else { throw error }
        }
    }

    @Test func refusesWhatHasNotThreeParts() throws {
        let text = JWS.sign(payload: [1], type: "t", key: try testKey(1))
        #expect(throws: JWSError.wrongPartCount(1)) { try CompactJWS("") }
        #expect(throws: JWSError.wrongPartCount(2)) { try CompactJWS("a.b") }
        #expect(throws: JWSError.wrongPartCount(4)) { try CompactJWS(text + ".") }
        #expect(throws: JWSError.notBase64URL(part: "signature")) { try CompactJWS(text + "=") }
        #expect(throws: JWSError.notBase64URL(part: "header")) { try CompactJWS(" " + text) }
        #expect(throws: JWSError.wrongSignatureCount(0)) { try CompactJWS(text.prefix { $0 != "." } + "..") }
    }

    @Test func refusesWhatIsTooLong() throws {
        let key = try testKey(1)
        let text = JWS.sign(payload: [UInt8](repeating: 0, count: 3000), type: "t", key: key)
        #expect(throws: JWSError.tooLong(count: text.utf8.count, limit: 4000)) { try CompactJWS(text, maximumCount: 4000) }
        let long = compact(header: #"{"alg":"EdDSA","kid":"k","typ":""# + String(repeating: "x", count: 2000) + #""}"#, key: key)
        #expect(throws: JWSError.headerTooLong(count: 2712, limit: 1364)) { try CompactJWS(long) }
    }

    @Test func anotherKeyDoesNotVerify() throws {
        let text = JWS.sign(payload: [1], type: "t", key: try testKey(1))
        let other = try testKey(2).verificationKey
        #expect(throws: JWSError.keyMismatch(expected: other.keyIdentifier, found: try testKey(1).keyIdentifier)) {
            try CompactJWS(text).verify(with: other)
        }
        // A header that names another's key does not make the signature that other's.
        let claimed = compact(header: #"{"alg":"EdDSA","typ":"t","kid":"\#(other.keyIdentifier)"}"#, key: try testKey(1))
        #expect(throws: JWSError.invalidSignature(keyIdentifier: other.keyIdentifier)) {
            try CompactJWS(claimed).verify(with: other)
        }
    }

    @Test func aContractCarriesOneSignatureOfEachParty() throws {
        let payload = Array(#"{"contract":1}"#.utf8)
        var jws = GeneralJWS.sign(payload: payload, type: "contract", key: try testKey(1))
        try jws.addSignature(type: "contract", key: try testKey(2))
        #expect(throws: JWSError.repeatedKey(try testKey(2).keyIdentifier)) {
            try jws.addSignature(type: "contract", key: try testKey(2))
        }
        let text = jws.json.serialized()
        let read = try GeneralJWS(try JSONValue.parse(text))
        #expect(read == jws)
        #expect(read.payload == payload)
        #expect(read.signatures.map(\.keyIdentifier) == [try testKey(1).keyIdentifier, try testKey(2).keyIdentifier])
        try read.verify(index: 0, with: try testKey(1).verificationKey)
        try read.verify(index: 1, with: try testKey(2).verificationKey)
        #expect(throws: JWSError.self) { try read.verify(index: 0, with: try testKey(2).verificationKey) }
        #expect(throws: JWSError.noSuchSignature(index: 2, count: 2)) {
            try read.verify(index: 2, with: try testKey(2).verificationKey)
        }
    }

    @Test func aChangedContractFailsForEveryParty() throws {
        var jws = GeneralJWS.sign(payload: Array("price 100".utf8), type: "contract", key: try testKey(1))
        try jws.addSignature(type: "contract", key: try testKey(2))
        var object = try #require(jws.json.objectValue)
        object["payload"] = .string(Base64.encodeURL("price 900".utf8))
        let changed = try GeneralJWS(.object(object))
        for (index, number) in [(0, 1), (1, 2)] as [(Int, UInt8)] {
            let key = try testKey(number).verificationKey
            #expect(throws: JWSError.invalidSignature(keyIdentifier: key.keyIdentifier)) {
                try changed.verify(index: index, with: key)
            }
        }
    }

    @Test(arguments: [
        #"{}"#, #"[]"#, #"{"payload":"AA","signatures":[]}"#, #"{"payload":"AA","signatures":[{"protected":"e30","signature":""}]}"#,
        #"{"payload":"AA=","signatures":[1]}"#, #"{"payload":1,"signatures":[]}"#, #"{"payload":"AA","protected":"e30","signature":""}"#,
    ])
    func refusesJSONThatIsNoGeneralJWS(text: String) throws {
        let value = try JSONValue.parse(text)
        #expect(throws: JWSError.self) { try GeneralJWS(value) }
    }

    @Test func refusesAnUnprotectedHeaderAndTooManySignatures() throws {
        let jws = GeneralJWS.sign(payload: [1], type: "t", key: try testKey(1))
        let protected = try #require(jws.json["signatures"]?[0]?["protected"])
        let signature = try #require(jws.json["signatures"]?[0]?["signature"])
        let unprotected: JSONValue = [
            "payload": "AQ", "signatures": [["protected": protected, "header": ["alg": "none"], "signature": signature]],
        ]
        #expect(throws: JWSError.self) { try GeneralJWS(unprotected) }
        let repeated: JSONValue = [
            "payload": "AQ",
            "signatures": [
                ["protected": protected, "signature": signature], ["protected": protected, "signature": signature],
            ],
        ]
        #expect(throws: JWSError.repeatedKey(try testKey(1).keyIdentifier)) { try GeneralJWS(repeated) }
        var many = jws
        for number in 2...16 as ClosedRange<UInt8> { try many.addSignature(type: "t", key: try testKey(number)) }
        #expect(throws: JWSError.self) { try many.addSignature(type: "t", key: try testKey(17)) }
    }
}
