import Encoding
import Exchange
import Foundation
import Signing
import Testing

@testable import Node

@Suite struct SubjectStoreTests {
    private let cattle = Identifier(kind: .product, prefix: "86.gs.test", payload: [1])
    private let sheep = Identifier(kind: .product, prefix: "86.gs.test", payload: [2])

    private func withStore(_ body: (SubjectStore, ProductSecrets) throws -> Void) throws {
        let directory = NSTemporaryDirectory() + "hexi-subjects-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let secrets = try #require(ProductSecrets(vaultKey: [UInt8](repeating: 3, count: 32)))
        try body(SubjectStore(directory: directory, secrets: secrets), secrets)
    }

    @Test func aTokenIsResolvedForItsProductOnly() throws {
        try withStore { store, secrets in
            let token = try store.keep("耳标 620821-17", of: cattle)
            #expect(token.utf8.count == 64)
            #expect(store.subject(token, of: cattle) == "耳标 620821-17")
            #expect(store.subject(token, of: sheep) == nil)
            #expect(try store.keep("耳标 620821-17", of: cattle) == token)
            #expect(secrets.token(of: "耳标 620821-17", product: sheep) != token)
            #expect(store.subject(secrets.token(of: "another", product: cattle), of: cattle) == nil)
        }
    }

    @Test func nothingOfTheSubjectStandsInTheFileOrItsName() throws {
        try withStore { store, _ in
            let token = try store.keep("620821199001011234", of: cattle)
            let bytes = try #require(FileManager.default.contents(atPath: "\(store.directory)/\(token)"))
            #expect(bytes.range(of: Data("6208211990".utf8)) == nil)
            #expect(!token.contains("6208211990"))
        }
    }

    @Test func anotherVaultKeyMakesOtherTokensAndOpensNothing() throws {
        try withStore { store, _ in
            let token = try store.keep("one", of: cattle)
            let other = SubjectStore(directory: store.directory, secrets: try #require(ProductSecrets(vaultKey: [UInt8](repeating: 4, count: 32))))
            #expect(other.subject(token, of: cattle) == nil)
            #expect(try other.keep("one", of: cattle) != token)
        }
    }

    @Test func whatIsNoTokenNamesNoFile() throws {
        try withStore { store, _ in
            _ = try store.keep("one", of: cattle)
            for name in ["../keys/vault.key", "", String(repeating: "g", count: 64), String(repeating: "A", count: 64)] {
                #expect(store.subject(name, of: cattle) == nil)
            }
        }
    }

    @Test func aSubjectThatNoConsentNamesIsForgottenAfterAWhile() throws {
        try withStore { store, _ in
            let (kept, dropped) = (try store.keep("one", of: cattle), try store.keep("two", of: cattle))
            let now = Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
            #expect(store.purge(keeping: [kept], at: now) == 0)
            #expect(store.purge(keeping: [kept], at: now.advanced(byMilliseconds: Int64(SubjectStore.patience + 60) * 1000)) == 1)
            #expect(store.subject(kept, of: cattle) == "one")
            #expect(store.subject(dropped, of: cattle) == nil)
        }
    }

    @Test func everyProductAndPurposeHasAKeyOfItsOwn() throws {
        try withStore { _, secrets in
            func bytes(_ purpose: ProductSecrets.Purpose, _ product: Identifier) -> [UInt8] {
                secrets.key(purpose, of: product).withUnsafeBytes { Array($0) }
            }
            let all = [bytes(.cells, cattle), bytes(.cells, sheep), bytes(.subjects, cattle), bytes(.subjectsAtRest, cattle)]
            #expect(Set(all).count == 4)
            #expect(all.allSatisfy { $0.count == 32 })
            #expect(bytes(.cells, cattle) == bytes(.cells, cattle))
        }
        #expect(ProductSecrets(vaultKey: [1]) == nil)
    }
}
