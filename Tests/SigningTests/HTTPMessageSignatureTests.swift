import Encoding
import Testing

@testable import Signing

@Suite struct HTTPMessageSignatureTests {
    static let now: Int64 = 1_790_000_000

    static func request(
        body: String? = #"{"a":1}"#, target: String = "/api/v1/products?page=2", extra: [(name: String, value: String)] = []
    ) -> HTTPMessageComponents {
        var fields: [(name: String, value: String)] = [("Content-Type", "application/json")]
        if let body { fields.append(("Content-Digest", ContentDigest.make(for: Array(body.utf8)))) }
        return HTTPMessageComponents(
            method: "POST", authority: "Node.Example:443", target: target, hasContent: body != nil, fields: fields + extra)
    }

    private func memory() -> NonceMemory { NonceMemory(startedAt: Self.now - 1000) }

    private func verify(
        _ fields: (signatureInput: String, signature: String), _ request: HTTPMessageComponents, now: Int64 = now,
        memory: NonceMemory? = nil, key: SigningKey
    ) throws -> HTTPSignatureParameters {
        let verificationKey = key.verificationKey
        return try HTTPMessageSignature.verify(
            signatureInput: fields.signatureInput, signature: fields.signature, components: request, now: now,
            nonceMemory: memory ?? self.memory()
        ) { $0 == verificationKey.keyIdentifier ? verificationKey : nil }
    }

    // RFC 9421 appendix B.2 (the request), B.1.4 (the key) and B.2.6 (the signature).
    private static let published = HTTPMessageComponents(
        method: "POST", authority: "example.com", target: "/foo?param=Value&Pet=dog", hasContent: true,
        fields: [
            ("Host", "example.com"), ("Date", "Tue, 20 Apr 2021 02:07:55 GMT"), ("Content-Type", "application/json"),
            (
                "Content-Digest",
                "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:"
            ), ("Content-Length", "18"),
        ])
    private static let publishedInput =
        #"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#
    private static let publishedSignature =
        "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"

    @Test func theSignatureOfRFC9421AppendixB26Verifies() throws {
        let parsed = try ParsedHTTPSignature.parse(
            signatureInput: Self.publishedInput, signature: Self.publishedSignature)
        let signature = try #require(parsed.first)
        #expect(signature.label == "sig-b26")
        #expect(signature.keyIdentifier == "test-key-ed25519")
        let base = [
            #""date": Tue, 20 Apr 2021 02:07:55 GMT"#, #""@method": POST"#, #""@path": /foo"#, #""@authority": example.com"#,
            #""content-type": application/json"#, #""content-length": 18"#,
            #""@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519""#,
        ].joined(separator: "\n")
        #expect(String(decoding: try signature.signatureBase(of: Self.published), as: UTF8.self) == base)
        let publicKey = try #require(Base64.decode("JrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs="))
        let key = try #require(VerificationKey(publicKey))
        try signature.verifySignature(of: Self.published, with: key)

        // Ed25519 is deterministic, so the published private key gives the published signature.
        let seed = try #require(Base64.decode("MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF"))
        let signer = try SigningKey(seed: Array(seed.suffix(32)))
        #expect(signer.sign(Array(base.utf8)) == signature.signature)

        var changed = Self.published
        changed.method = "PUT"
        #expect(throws: HTTPMessageSignatureError.invalidSignature(keyIdentifier: "test-key-ed25519")) {
            try signature.verifySignature(of: changed, with: key)
        }
    }

    @Test func aValidSignatureThatCoversLessThanOursIsRefused() throws {
        #expect(throws: HTTPMessageSignatureError.noSignatureWithTag("hexi")) {
            try HTTPMessageSignature.select(signatureInput: Self.publishedInput, signature: Self.publishedSignature)
        }
    }

    @Test func aSignedRequestIsAcceptedOnceAndNamesItsSigner() throws {
        let key = try testKey(5)
        let memory = memory()
        for request in [Self.request(), Self.request(body: nil), Self.request(target: "/", extra: [("Idempotency-Key", "k-1")])] {
            let fields = try HTTPMessageSignature.sign(request, key: key, created: Self.now)
            let parameters = try verify(fields, request, memory: memory, key: key)
            #expect(parameters.keyIdentifier == key.keyIdentifier)
            #expect(parameters.created == Self.now)
            #expect(parameters.expires == Self.now + 60)
            #expect(throws: HTTPMessageSignatureError.replayed) { try verify(fields, request, memory: memory, key: key) }
        }
        #expect(memory.count == 3)
    }

    @Test func theSignatureIsBoundToEveryPartOfTheRequest() throws {
        let key = try testKey(5)
        let original = Self.request(extra: [("Idempotency-Key", "k-1")])
        let fields = try HTTPMessageSignature.sign(original, key: key, created: Self.now)
        let invalid = HTTPMessageSignatureError.invalidSignature(keyIdentifier: key.keyIdentifier)
        let changes: [(inout HTTPMessageComponents) -> Void] = [
            { $0.method = "PUT" }, { $0.authority = "other.example" }, { $0.path = "/api/v1/product" }, { $0.query = "?page=3" },
            { $0.query = "?" }, { $0.path += "?page=2"; $0.query = "?" },
        ]
        for change in changes {
            var request = original
            change(&request)
            #expect(throws: invalid) { try verify(fields, request, key: key) }
        }
        let otherBody = Self.request(body: #"{"a":2}"#, extra: [("Idempotency-Key", "k-1")])
        #expect(throws: invalid) { try verify(fields, otherBody, key: key) }
        let otherKey = Self.request(extra: [("Idempotency-Key", "k-2")])
        #expect(throws: invalid) { try verify(fields, otherKey, key: key) }
        #expect(throws: HTTPMessageSignatureError.fieldAbsent("idempotency-key")) { try verify(fields, Self.request(), key: key) }
    }

    @Test func aSingleChangedByteOfTheFieldsIsNoticed() throws {
        let key = try testKey(5)
        let request = Self.request()
        let fields = try HTTPMessageSignature.sign(request, key: key, created: Self.now)
        let input = Array(fields.signatureInput.utf8)
        for index in input.indices {
            for replacement in [input[index] ^ 1, 0x20, 0x22] where replacement != input[index] {
                var changed = input
                changed[index] = replacement
                let text = String(decoding: changed, as: UTF8.self)
                #expect(throws: HTTPMessageSignatureError.self, "\(text)") { try verify((text, fields.signature), request, key: key) }
            }
        }
        let signature = Array(fields.signature.utf8)
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            let text = String(decoding: changed, as: UTF8.self)
            #expect(throws: HTTPMessageSignatureError.self, "\(text)") { try verify((fields.signatureInput, text), request, key: key) }
        }
    }

    @Test(arguments: [
        (0, 60, 0, nil), (0, 60, 60, nil), (-300, 0, 0, nil), (30, 90, 0, nil),
        (-301, -1, 0, .tooOld(age: 301, limit: 300)), (31, 60, 0, .fromFuture(ahead: 31, limit: 30)),
        (0, 60, 61, .expired(ago: 1)), (0, 301, 0, .lifetimeTooLong(301, limit: 300)), (0, 0, 0, .expiresBeforeCreated),
        (0, -10, 0, .expiresBeforeCreated),
    ] as [(Int64, Int64, Int64, HTTPMessageSignatureError?)])
    func theWindowIsHonoured(created: Int64, expires: Int64, later: Int64, expected: HTTPMessageSignatureError?) throws {
        let key = try testKey(5)
        let request = Self.request()
        let fields = try HTTPMessageSignature.sign(
            request, key: key, created: Self.now + created, expires: Self.now + expires)
        if let expected {
            #expect(throws: expected) { try verify(fields, request, now: Self.now + later, key: key) }
        } else {
            _ = try verify(fields, request, now: Self.now + later, key: key)
        }
    }

    @Test func anUnknownKeyIsRefused() throws {
        let fields = try HTTPMessageSignature.sign(Self.request(), key: try testKey(5), created: Self.now)
        #expect(throws: HTTPMessageSignatureError.unknownKey(try testKey(5).keyIdentifier)) {
            try verify(fields, Self.request(), key: try testKey(6))
        }
        // And one whose keyid belongs to somebody else, signed with another key.
        let claimed = fields.signatureInput.replacing(try testKey(5).keyIdentifier, with: try testKey(6).keyIdentifier)
        #expect(throws: HTTPMessageSignatureError.invalidSignature(keyIdentifier: try testKey(6).keyIdentifier)) {
            try verify((claimed, fields.signature), Self.request(), key: try testKey(6))
        }
    }

    @Test func aBodyWithoutDigestCannotBeSignedNorAccepted() throws {
        let key = try testKey(5)
        var request = Self.request(body: nil)
        let fields = try HTTPMessageSignature.sign(request, key: key, created: Self.now)
        request.hasContent = true
        #expect(throws: HTTPMessageSignatureError.contentDigestMissing) {
            try HTTPMessageSignature.sign(request, key: key, created: Self.now)
        }
        #expect(throws: HTTPMessageSignatureError.contentDigestMissing) { try verify(fields, request, key: key) }
        // A digest that was added on the way is not covered.
        request.add("Content-Digest", ContentDigest.make(for: [1]))
        #expect(throws: HTTPMessageSignatureError.componentNotCovered("content-digest")) { try verify(fields, request, key: key) }
    }

    /// A signature made with any inner list, so that what is wrong is only what the test means.
    private func signed(_ list: String, key: SigningKey) throws -> (signatureInput: String, signature: String) {
        let request = Self.request()
        let input = "sig1=\(list)"
        let placeholder = "sig1=:\(Base64.encode([UInt8](repeating: 0, count: 64))):"
        let parsed = try ParsedHTTPSignature.parse(signatureInput: input, signature: placeholder)
        let base = try #require(parsed.first).signatureBase(of: request)
        return (input, "sig1=:\(Base64.encode(key.sign(base))):")
    }

    private static let components = #""@method" "@authority" "@path" "@query" "content-digest""#

    @Test(arguments: [
        (#"("@method" "@authority" "@path" "content-digest");C;E;N;K;A;T"#, .componentNotCovered("@query")),
        (#"("@method" "@authority" "@path" "@query");C;E;N;K;A;T"#, .componentNotCovered("content-digest")),
        (#"();C;E;N;K;A;T"#, .componentNotCovered("@method")),
        ("(X);E;N;K;A;T", .missingParameter("created")), ("(X);C;N;K;A;T", .missingParameter("expires")),
        ("(X);C;E;K;A;T", .missingParameter("nonce")), ("(X);C;E;N;A;T", .missingParameter("keyid")),
        ("(X);C;E;N;K;T", .missingParameter("alg")), ("(X);C;E;N;K;A", .noSignatureWithTag("hexi")),
        (#"(X);C;E;N;K;A;tag="other""#, .noSignatureWithTag("hexi")),
        (#"(X);C;E;N;K;T;alg="hmac-sha256""#, .unsupportedAlgorithm("hmac-sha256")),
        ("(X);C;E;N;K;A;T;x=1", .unknownParameter("x")),
        (#"(X);created="1";E;N;K;A;T"#, .wrongParameterType(name: "created", expected: "an integer: seconds since 1970")),
        (#"(X);C;E;K;A;T;nonce=1"#, .wrongParameterType(name: "nonce", expected: "a string in quotes")),
        (#"(X);C;E;K;A;T;nonce="short""#, .wrongNonceCount(5, allowed: 16...128)),
    ] as [(String, HTTPMessageSignatureError)])
    func aSignatureThatIsValidButNotOursIsRefusedWithItsReason(list: String, expected: HTTPMessageSignatureError) throws {
        let key = try testKey(5)
        let parts = [
            ("X", Self.components), (";C", ";created=\(Self.now)"), (";E", ";expires=\(Self.now + 60)"),
            (";N", #";nonce="0123456789abcdef""#), (";K", ";keyid=\"\(key.keyIdentifier)\""), (";A", #";alg="ed25519""#),
            (";T", #";tag="hexi""#),
        ]
        let text = parts.reduce(list) { $0.replacing($1.0, with: $1.1) }
        #expect(throws: expected) { try verify(try signed(text, key: key), Self.request(), key: key) }
    }

    @Test(arguments: [
        (#"sig1=("@status");T"#, HTTPMessageSignatureError.unsupportedComponent("@status")),
        (#"sig1=("@query-param";name="a");T"#, .unsupportedComponent(#""@query-param";name="a""#)),
        (#"sig1=("content-digest";sf);T"#, .unsupportedComponent(#""content-digest";sf"#)),
        (#"sig1=("Content-Type");T"#, .unsupportedComponent(#""Content-Type""#)),
        (#"sig1=("@signature-params");T"#, .unsupportedComponent(#""@signature-params""#)),
        (#"sig1=("@method" "@method");T"#, .repeatedComponent("@method")), (#"sig1=("x-absent");T"#, .fieldAbsent("x-absent")),
        (#"sig2=("@method");T"#, .missingSignature(label: "sig2")),
    ])
    func unsupportedCoverageIsRefusedWithItsReason(input: String, expected: HTTPMessageSignatureError) throws {
        let text = input.replacing(";T", with: #";tag="hexi""#)
        let signature = "sig1=:\(Base64.encode([UInt8](repeating: 1, count: 64))):"
        #expect(throws: expected) {
            let found = try HTTPMessageSignature.select(signatureInput: text, signature: signature)
            try found.verifySignature(of: Self.request(), with: try testKey(5).verificationKey)
        }
    }

    @Test func missingLongAndDoubledFieldsAreRefused() throws {
        let request = Self.request()
        let fields = try HTTPMessageSignature.sign(request, key: try testKey(5), created: Self.now)
        #expect(throws: HTTPMessageSignatureError.missingField("Signature-Input")) {
            try HTTPMessageSignature.select(signatureInput: nil, signature: fields.signature)
        }
        #expect(throws: HTTPMessageSignatureError.missingField("Signature")) {
            try HTTPMessageSignature.select(signatureInput: fields.signatureInput, signature: nil)
        }
        #expect(throws: HTTPMessageSignatureError.fieldTooLong(name: "Signature-Input", count: 5000, limit: 4096)) {
            try HTTPMessageSignature.select(signatureInput: String(repeating: "a", count: 5000), signature: fields.signature)
        }
        let two = "\(fields.signatureInput), \(fields.signatureInput.replacing("sig1=", with: "sig2="))"
        let twoSignatures = "\(fields.signature), \(fields.signature.replacing("sig1=", with: "sig2="))"
        #expect(throws: HTTPMessageSignatureError.severalSignaturesWithTag("hexi")) {
            try HTTPMessageSignature.select(signatureInput: two, signature: twoSignatures)
        }
    }

    @Test func aSignatureOfAnotherApplicationBesideOursDoesNoHarm() throws {
        let key = try testKey(5)
        let request = Self.request()
        let fields = try HTTPMessageSignature.sign(request, key: key, created: Self.now)
        let foreign = #"proxy=("@method");tag="proxy";created=1"#
        let zeros = "proxy=:\(Base64.encode([UInt8](repeating: 0, count: 64))):"
        _ = try verify(("\(foreign), \(fields.signatureInput)", "\(fields.signature), \(zeros)"), request, key: key)
    }

    @Test func aLineBreakInAValueCannotForgeTheSignatureBase() throws {
        var request = Self.request()
        request.path = "/a\n\"@query\": ?"
        #expect(throws: HTTPMessageSignatureError.componentNotSignable("@path")) {
            try HTTPMessageSignature.sign(request, key: try testKey(5), created: Self.now)
        }
    }

    @Test func componentsAreTakenFromTheRequestAsRFC9421Says() throws {
        let request = HTTPMessageComponents(
            method: "GET", authority: "EXAMPLE.com:80", target: "?a=b?c", hasContent: false,
            fields: [("Cache-Control", "  max-age=60 "), ("X-Empty", " "), ("cache-control", "\tmust-revalidate")])
        #expect(request.authority == "example.com")
        #expect(request.path == "/")
        #expect(request.query == "?a=b?c")
        #expect(request.fields["cache-control"] == "max-age=60, must-revalidate")
        #expect(request.fields["x-empty"] == "")
        let plain = HTTPMessageComponents(method: "GET", authority: "h:8080", target: "/p", hasContent: false, fields: [])
        #expect(plain.query == "?")
        #expect(plain.authority == "h:8080")
        #expect(try plain.value(of: "@request-target") == "/p")
    }

    @Test func aNonceMustBeFitToSend() throws {
        let request = Self.request()
        #expect(throws: HTTPMessageSignatureError.wrongNonceCount(3, allowed: 16...128)) {
            try HTTPMessageSignature.sign(request, key: try testKey(5), created: Self.now, nonce: "abc")
        }
        #expect(throws: HTTPMessageSignatureError.self) {
            try HTTPMessageSignature.sign(request, key: try testKey(5), created: Self.now, nonce: "0123456789abcdef\n")
        }
    }
}
