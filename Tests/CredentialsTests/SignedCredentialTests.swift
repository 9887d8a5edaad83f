import Encoding
import Signing
import Testing

@testable import Credentials

@Suite struct SignedCredentialTests {
    static let time = Timestamp(milliseconds: 1_790_000_000_000)
    let key = SigningKey.generate()
    let issuer: DIDWeb
    let credential: VerifiableCredential

    init() throws {
        issuer = try DIDWeb("https://node.example")
        credential = VerifiableCredential(
            identifier: "https://node.example/credential", types: ["RegisteredIdentityCredential"], issuer: "",
            validFrom: Self.time, validUntil: Self.time.advanced(byMilliseconds: 1000),
            subject: ["id": "did:web:node.example:id:a:b", "name": "庆阳机场", "seq": 7],
            statuses: [StatusListEntry(list: "https://node.example/status/revocation/0", purpose: .revocation, index: 94_567)])
    }

    private var text: String { SignedCredential.sign(credential, issuer: issuer, key: key) }

    @Test func whatWasSignedIsReadBack() throws {
        let signed = try SignedCredential(" \(text)\n")
        #expect(signed.text == text)
        #expect(signed.keyURL == "did:web:node.example#\(key.keyIdentifier)")
        #expect(signed.keyIdentifier == key.keyIdentifier)
        let verified = try signed.verify(with: key.verificationKey)
        var expected = credential
        expected.issuer = "did:web:node.example"
        #expect(verified == expected)
        let header = try JSONValue.parse(try #require(Base64.decodeURL(String(text.prefix { $0 != "." }))))
        #expect(header["typ"] == "vc+jwt" && header["alg"] == "EdDSA" && header["cty"] == "vc")
        #expect(verified.json["@context"]?[0] == "https://www.w3.org/ns/credentials/v2")
        #expect(verified.json["type"]?[0] == "VerifiableCredential")
        #expect(verified.json["credentialStatus"]?[0]?["statusListIndex"] == "94567")
    }

    @Test func anotherKeysWordIsNotTaken() throws {
        let signed = try SignedCredential(text)
        #expect(throws: CredentialError.self) { try signed.verify(with: SigningKey.generate().verificationKey) }
        // Signed by another, in this key's name.
        let other = SigningKey.generate()
        let forged = replaceHeader(SignedCredential.sign(credential, issuer: issuer, key: other)) {
            $0["kid"] = .string(issuer.keyURL(key.keyIdentifier))
        }
        #expect(throws: CredentialError.badSignature(keyIdentifier: issuer.keyURL(key.keyIdentifier))) {
            try SignedCredential(forged).verify(with: key.verificationKey)
        }
    }

    @Test func noChangedCharacterGoesUnnoticed() throws {
        let bytes = Array(text.utf8)
        var generator = FixedGenerator(seed: 5)
        for _ in 0..<500 {
            var changed = bytes
            let place = Int.random(in: 0..<bytes.count, using: &generator)
            changed[place] = [0x41, 0x62, 0x30, 0x2D, 0x2E].randomElement(using: &generator) ?? 0x41
            if changed == bytes { continue }
            #expect(throws: CredentialError.self) {
                try SignedCredential(String(decoding: changed, as: UTF8.self)).verify(with: key.verificationKey)
            }
        }
    }

    private func replaceHeader(_ text: String, _ change: (inout JSONObject) -> Void) -> String {
        var parts = text.split(separator: ".").map(String.init)
        var header = (try? JSONValue.parse(Base64.decodeURL(parts[0]) ?? []))?.objectValue ?? [:]
        change(&header)
        parts[0] = Base64.encodeURL(JSONValue.object(header).serialized())
        return parts.joined(separator: ".")
    }

    @Test func aHeaderThatSaysAnythingElseIsRefused() throws {
        let changes: [(inout JSONObject) -> Void] = [
            { $0["alg"] = "none" }, { $0["alg"] = "HS256" }, { $0["alg"] = nil }, { $0["typ"] = "JWT" }, { $0["typ"] = nil },
            { $0["cty"] = "vp" }, { $0["crit"] = ["b64"] }, { $0["jwk"] = [:] }, { $0["kid"] = nil },
            { $0["kid"] = "did:web:evil.example#x" }, { $0["kid"] = .string(self.key.keyIdentifier) },
        ]
        for change in changes { #expect(throws: CredentialError.self) { try SignedCredential(replaceHeader(text, change)) } }
    }

    /// Signs any document as a credential.
    private func sign(_ change: (inout JSONObject) -> Void) -> String {
        var credential = credential
        credential.issuer = issuer.description
        var object = credential.json.objectValue ?? [:]
        change(&object)
        let header: JSONValue = ["alg": "EdDSA", "typ": "vc+jwt", "kid": .string(issuer.keyURL(key.keyIdentifier))]
        let input = "\(Base64.encodeURL(header.serialized())).\(Base64.encodeURL(JSONValue.object(object).serialized()))"
        return "\(input).\(Base64.encodeURL(key.sign(Array(input.utf8))))"
    }

    @Test func aDocumentOutsideTheDataModelIsRefusedThoughItIsSigned() throws {
        _ = try SignedCredential(sign { _ in }).verify(with: key.verificationKey)
        _ = try SignedCredential(sign { $0["iss"] = .string(self.issuer.description) }).verify(with: key.verificationKey)
        let changes: [(inout JSONObject) -> Void] = [
            { $0["@context"] = nil }, { $0["@context"] = ["https://www.w3.org/2018/credentials/v1"] }, { $0["type"] = ["Other"] },
            { $0["type"] = "VerifiableCredential" }, { $0["issuer"] = "https://node.example" }, { $0["iss"] = "did:web:evil.example" },
            { $0["issuer"] = nil }, { $0["validFrom"] = "yesterday" }, { $0["validFrom"] = nil }, { $0["credentialSubject"] = [] },
            { $0["credentialStatus"] = ["type": "BitstringStatusListEntry", "statusPurpose": "message"] },
            { $0["vc"] = [:] }, { $0["nbf"] = 7 },
        ]
        for (index, change) in changes.enumerated() {
            #expect(throws: CredentialError.self, "change \(index)") { try SignedCredential(sign(change)) }
        }
    }

    @Test func theDatesAreLookedAt() throws {
        let verified = try SignedCredential(text).verify(with: key.verificationKey)
        try verified.checkTime(Self.time)
        try verified.checkTime(Self.time.advanced(byMilliseconds: 1000))
        #expect(throws: CredentialError.self) { try verified.checkTime(Self.time.advanced(byMilliseconds: -1)) }
        #expect(throws: CredentialError.self) { try verified.checkTime(Self.time.advanced(byMilliseconds: 1001)) }
    }

    @Test func aStatusListTravelsAsACredential() throws {
        var list = StatusList()
        list.set(94_567)
        let credential = try VerifiableCredential(
            list: list, purpose: .suspension, address: "https://node.example/status/suspension/0", issuer: "",
            validFrom: Self.time, validUntil: Self.time.advanced(byMilliseconds: 1000))
        let signed = SignedCredential.sign(credential, issuer: issuer, key: key)
        let read = try SignedCredential(signed).verify(with: key.verificationKey).statusList()
        #expect(read.list == list && read.purpose == .suspension)
        #expect(throws: CredentialError.self) { try SignedCredential(text).claimed.statusList() }
    }

    @Test func whatIsTooLongIsRefusedBeforeItIsRead() {
        let long = String(repeating: "a", count: SignedCredential.maximumCount + 1)
        #expect(throws: CredentialError.tooLong(count: long.utf8.count, limit: SignedCredential.maximumCount)) {
            try SignedCredential(long)
        }
    }
}
