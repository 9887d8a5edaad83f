import Testing

@testable import Signing

@Suite struct ContentDigestTests {
    private let body = Array("{\"hello\": \"world\"}\n".utf8)
    /// RFC 9530 appendix B.1.
    private let field = "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"

    @Test func theExampleOfRFC9530IsReproducedAndVerified() throws {
        #expect(ContentDigest.make(for: body) == field)
        try ContentDigest.verify(field, body: body)
        var hasher = SHA256.Incremental()
        hasher.update(Array(body[..<5]))
        hasher.update(Array(body[5...]))
        try ContentDigest.verify(field, digest: hasher.finish())
    }

    @Test func otherAlgorithmsMayStandBesideSHA256() throws {
        try ContentDigest.verify("md5=:AAAA:, \(field),unixsum=12;x", body: body)
    }

    @Test func aChangedBodyIsNoticed() {
        for index in body.indices {
            var changed = body
            changed[index] ^= 1
            #expect(throws: ContentDigestError.mismatch) { try ContentDigest.verify(field, body: changed) }
        }
        #expect(throws: ContentDigestError.mismatch) { try ContentDigest.verify(field, body: []) }
    }

    @Test func aChangedCharacterOfTheFieldIsNoticed() {
        let original = Array(field.utf8)
        for index in original.indices {
            var changed = original
            changed[index] ^= 1
            #expect(throws: ContentDigestError.self) {
                try ContentDigest.verify(String(decoding: changed, as: UTF8.self), body: body)
            }
        }
    }

    @Test(arguments: [
        "", "sha-256", "sha-256=", "sha-256=x", "sha-256=::", "sha-256=:AAAA:", "sha-256=\"RK/0\"",
        "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg:", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDh=:",
        "SHA-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:,",
    ])
    func aFieldOfWrongFormIsRefused(text: String) {
        #expect(throws: ContentDigestError.self) { try ContentDigest.verify(text, body: body) }
    }

    @Test func aFieldWithoutSHA256OrGivenTwiceIsRefused() {
        #expect(throws: ContentDigestError.noSHA256) { try ContentDigest.verify("sha-512=:AAAA:", body: body) }
        #expect(throws: ContentDigestError.self) { try ContentDigest.verify("\(field), \(field)", body: body) }
        #expect(throws: ContentDigestError.tooLong(count: 2000, limit: 1024)) {
            try ContentDigest.verify(String(repeating: "a", count: 2000), body: body)
        }
    }
}
