import Encoding
import Signing
import Testing

@testable import Credentials

@Suite struct DIDWebTests {
    /// The examples of the did:web method specification.
    @Test(arguments: [
        ("did:web:w3c-ccg.github.io", "https://w3c-ccg.github.io/.well-known/did.json"),
        ("did:web:w3c-ccg.github.io:user:alice", "https://w3c-ccg.github.io/user/alice/did.json"),
        ("did:web:example.com%3A3000:user:alice", "https://example.com:3000/user/alice/did.json"),
    ])
    func documentsAreWhereTheMethodPutsThem(text: String, url: String) throws {
        let identifier = try DIDWeb(text: text)
        #expect(identifier.description == text)
        #expect(identifier.documentURL == url)
    }

    @Test func anAddressMakesAnIdentifier() throws {
        #expect(try DIDWeb("https://Node.Example/").description == "did:web:node.example")
        #expect(try DIDWeb("https://node.example:8620").description == "did:web:node.example%3A8620")
        #expect(
            try DIDWeb("https://node.example", path: ["id", "86.gs.test", "P0"]).description
                == "did:web:node.example:id:86.gs.test:P0")
        let local = try DIDWeb("http://[::1]:8620")
        #expect(local.description == "did:web:%5B%3A%3A1%5D%3A8620")
        #expect(try DIDWeb(text: local.description) == local)
    }

    @Test(arguments: [
        "", "node.example", "ftp://node.example", "https://", "https://node.example/path", "https://user@node.example",
        "https://node.example?x", "https://node example", "https://节点.example",
    ])
    func whatIsNoServersAddressIsRefused(base: String) {
        #expect(throws: CredentialError.self) { try DIDWeb(base) }
    }

    @Test(arguments: [
        "did:web:", "did:web", "did:key:z6Mk", "did:web:a::b", "did:web:a%2", "did:web:a%zz", "did:web:a/b", "did:web:a#b",
        "did:web:a:..:b", "DID:web:a", "did:web:a%2Fb", "did:web:user%40a",
    ])
    func whatIsNoIdentifierIsRefused(text: String) {
        #expect(throws: CredentialError.self) { try DIDWeb(text: text) }
    }

    @Test func aPathCannotLeadElsewhere() {
        for path in [[""], [".."], ["."], Array(repeating: "a", count: 9)] {
            #expect(throws: CredentialError.self) { try DIDWeb("https://a.example", path: path) }
        }
        #expect((try? DIDWeb("https://a.example", path: ["a/b:c"]))?.description == "did:web:a.example:a%2Fb%3Ac")
    }

    @Test func aDocumentNamesEachKeyForSigning() throws {
        let keys = [SigningKey.generate().verificationKey, SigningKey.generate().verificationKey]
        let identifier = try DIDWeb("https://a.example")
        let json = DIDDocument(identifier: identifier, keys: keys, alsoKnownAs: ["https://a.example/x"]).json
        #expect(json["id"]?.stringValue == "did:web:a.example")
        for (index, key) in keys.enumerated() {
            let method = json["verificationMethod"]?[index]
            #expect(method?["id"]?.stringValue == "did:web:a.example#\(key.keyIdentifier)")
            #expect(method?["type"]?.stringValue == "JsonWebKey")
            #expect(method?["controller"]?.stringValue == "did:web:a.example")
            #expect(method?["publicKeyJwk"]?["x"]?.stringValue == Base64.encodeURL(key.bytes))
            #expect(json["assertionMethod"]?[index] == method?["id"])
            #expect(json["authentication"]?[index] == method?["id"])
        }
    }
}
