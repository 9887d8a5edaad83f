import Encoding
import Testing

@testable import Signing

@Suite struct KeyTests {
    /// RFC 8032 section 7.1: seed, public key, message, signature.
    static let vectors: [(String, String, String, String)] = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"
        ),
    ]

    @Test(arguments: vectors)
    func signsAndVerifiesTheVectorsOfRFC8032(seed: String, publicKey: String, message: String, signature: String) throws {
        let key = try SigningKey(seed: try hex(seed))
        #expect(key.verificationKey.bytes == (try hex(publicKey)))
        #expect(key.sign(try hex(message)) == (try hex(signature)))
        let verifier = try #require(VerificationKey(try hex(publicKey)))
        #expect(verifier.isValid(signature: try hex(signature), for: try hex(message)))
        #expect(!verifier.isValid(signature: try hex(signature), for: try hex(message) + [0]))
    }

    @Test func aChangedBitAnywhereInTheSignatureIsRefused() throws {
        let key = try testKey(7)
        let message = Array("丝绸之路".utf8)
        let signature = key.sign(message)
        for bit in 0..<512 {
            var changed = signature
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.verificationKey.isValid(signature: changed, for: message))
        }
        #expect(!key.verificationKey.isValid(signature: Array(signature.dropLast()), for: message))
        #expect(!key.verificationKey.isValid(signature: [], for: message))
    }

    @Test func refusesASignatureWhoseScalarIsNotReduced() throws {
        // S + L verifies in the group, and would give every message a second signature (RFC 8032 section 8.4).
        let order = try hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        let key = try testKey(7)
        var signature = key.sign([1, 2, 3])
        var carry = 0
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            signature[32 + index] = UInt8(sum & 0xFF)
            carry = sum >> 8
        }
        #expect(!key.verificationKey.isValid(signature: signature, for: [1, 2, 3]))
    }

    @Test(arguments: [
        // Small-order points, a point with a non-canonical encoding, and bytes that are no point.
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0200000000000000000000000000000000000000000000000000000000000000",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f70751",
    ])
    func refusesBytesThatAreNoPublicKey(text: String) throws {
        #expect(VerificationKey(try hex(text)) == nil)
    }

    @Test func aSeedHasThirtyTwoBytes() {
        #expect(throws: SigningKeyError.wrongSeedCount(31)) { try SigningKey(seed: [UInt8](repeating: 1, count: 31)) }
    }

    @Test func generatedKeysDiffer() {
        let keys = (0..<32).map { _ in SigningKey.generate().verificationKey }
        #expect(Set(keys).count == 32)
        #expect(keys.allSatisfy { VerificationKey($0.bytes) != nil })
    }

    @Test func randomBytesHaveTheCountAskedForAndDiffer() {
        #expect(RandomBytes.generate(0) == [])
        #expect(RandomBytes.generate(33).count == 33)
        #expect(RandomBytes.generate(16) != RandomBytes.generate(16))
    }

    @Test func constantTimeComparisonIsEquality() {
        #expect(ConstantTime.equal([], []))
        #expect(ConstantTime.equal([1, 2], [1, 2]))
        #expect(!ConstantTime.equal([1, 2], [1, 3]))
        #expect(!ConstantTime.equal([1, 2], [1, 2, 3]))
    }

    // RFC 8037 appendix A.
    private let rfc8037 = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"

    @Test func thumbprintIsThatOfRFC8037() throws {
        let jwk: JSONValue = ["kty": "OKP", "crv": "Ed25519", "x": .string(rfc8037)]
        let key = try VerificationKey(jwk: JSONCursor(jwk))
        #expect(key.keyIdentifier == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
        #expect(key.jwk == jwk)
    }

    @Test func jwkOfEveryKeyReadsBack() throws {
        for number in 1...40 as ClosedRange<UInt8> {
            let key = try testKey(number).verificationKey
            #expect(try VerificationKey(jwk: JSONCursor(key.jwk)) == key)
        }
    }

    @Test(arguments: [
        (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#, "/d"),
        (#"{"kty":"EC","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, "/kty"),
        (#"{"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#, "/crv"),
        (#"{"kty":"OKP","crv":"Ed25519"}"#, ""),
        (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="}"#, "/x"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURp"}"#, "/x"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#, "/x"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","use":"enc"}"#, "/use"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"mine"}"#, "/kid"),
        (#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","x5u":"https://a"}"#, "/x5u"),
        (#"{"kty":"OKP","crv":"Ed25519","x":5}"#, "/x"),
        (#"[]"#, ""),
    ])
    func refusesAJWKThatIsNotAPublicEd25519Key(text: String, pointer: String) throws {
        let value = try JSONValue.parse(text)
        do {
            _ = try VerificationKey(jwk: JSONCursor(value))
            Issue.record("accepted \(text)")
        } catch {
            #expect(error.pointer == pointer)
        }
    }
}
