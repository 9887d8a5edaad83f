import Credentials
import Encoding
import Exchange
import ExchangeTestKit
import Signing
import Testing
import TransparencyLog

@testable import Audit

@Suite struct CertificateTests {
    /// A ledger with a granted right, and its certificate as the node would issue it.
    struct Stage {
        var fixture: ExchangeFixture
        let holder: Party
        let other: Party
        let right: Identifier
        static let issuer = "https://node.example"

        init() throws {
            fixture = try ExchangeFixture(seed: 7)
            holder = try fixture.register("Airport", [.provider])
            other = try fixture.register("Bureau", [.provider])
            let resource = try fixture.registerResource(holder)
            right = try fixture.grantRight(over: resource, holder)
        }

        /// The certificate as of the last entry, signed by a key.
        func certificate(by key: SigningKey? = nil, changing change: (inout RightClaims) -> Void = { _ in }) throws -> String {
            let right = try #require(fixture.state.rights.rights[right])
            let seq = fixture.state.size - 1
            var claims = RightClaims(
                number: right.identifier, kind: right.kind, over: right.over, holder: right.holder, holderName: "Airport",
                title: right.title, share: right.share, root: right.root, isExclusive: right.isExclusive, territory: right.territory,
                grantedAt: try #require(right.grantedAt), expiresAt: try #require(right.expiresAt),
                entry: RightClaims.Entry(
                    origin: ExchangeFixture.origin, seq: seq, leafHash: MerkleTree.leafHash(fixture.lines[Int(seq)]).description))
            change(&claims)
            let credential = VerifiableCredential(
                identifier: nil, types: [RightClaims.type], issuer: "", validFrom: claims.grantedAt, validUntil: claims.expiresAt,
                subject: claims.subject(holder: "did:web:node.example:id:x"))
            return SignedCredential.sign(credential, issuer: try DIDWeb(Self.issuer), key: key ?? fixture.nodeKey)
        }

        /// What an auditor with a copy of the ledger finds.
        func view(_ text: String) async throws -> (CertificateChecker, CertificateView) {
            let checker = try CertificateChecker(text)
            let view = CertificateView(checker.claims)
            var writer = JournalWriter(contents: [])
            writer.entries = fixture.lines
            let signer = try NoteSigner(name: ExchangeFixture.origin, key: SigningKey(seed: [UInt8](repeating: 240, count: 32)))
            let folder = try TestFolder(writer.journal, writer.checkpoint(signer))
            let report = try await Auditor(.folder(folder.path)).run(visitor: view)
            #expect(report.isSound, "\(report)")
            return (checker, view)
        }
    }
    @Test("A certificate holds against the ledger that it came from, by the node's key that the ledger names")
    func valid() async throws {
        let stage = try Stage()
        let (checker, view) = try await stage.view(try stage.certificate())
        try checker.verify(keys: view.nodeKeys, at: stage.fixture.time)
        #expect(view.differences.isEmpty && view.isInForce(at: stage.fixture.time))
        #expect(view.lines.map(\.type) == ["right.applied", "right.noticed", "right.granted"])
        #expect(view.holderName == "Airport")
        let end = try #require(view.right?.expiresAt)
        #expect(!view.isInForce(at: end) && view.isInForce(at: end.advanced(byMilliseconds: -1)))
    }

    @Test("A certificate of before a transfer is out of date, one of a pledged right is not, and a frozen right is not in force")
    func later() async throws {
        var stage = try Stage()
        let before = try stage.certificate()
        let (right, holder, other) = (stage.right, stage.holder, stage.other)
        func sign(_ content: StatementContent, _ keys: SigningKey...) throws {
            var signed = try stage.fixture.sign(content, by: keys[0])
            for key in keys.dropFirst() { signed = try signed.signedAlso(by: key) }
            try stage.fixture.submit(signed)
        }
        try sign(ExchangeFixture.pledge(right, other), holder.key, other.key)
        var (_, view) = try await stage.view(before)
        #expect(view.differences.isEmpty && view.right?.pledge(at: stage.fixture.time)?.pledgee == other.identifier)
        try sign(ExchangeFixture.pledgeRelease(right), other.key)
        let regulator = try stage.fixture.register("Regulator", [.regulator])
        try sign(ExchangeFixture.freeze(right), regulator.key)
        (_, view) = try await stage.view(before)
        #expect(view.differences.isEmpty && !view.isInForce(at: stage.fixture.time))
        try sign(ExchangeFixture.unfreeze(right), regulator.key)
        try sign(ExchangeFixture.transfer(right, from: holder, to: other), holder.key, other.key)
        (_, view) = try await stage.view(before)
        #expect(view.differences == ["holder", "ledger"] && view.isInForce(at: stage.fixture.time))
        (_, view) = try await stage.view(try stage.certificate())
        #expect(view.differences.isEmpty)
    }

    @Test("Nothing that was made up passes: another key, another claim, another entry, another credential")
    func forgeries() async throws {
        let stage = try Stage()
        let keys = [stage.fixture.nodeKey.verificationKey]
        let other = try stage.certificate(by: stage.holder.key)
        #expect(throws: CertificateProblem.self) { try CertificateChecker(other).verify(keys: keys, at: stage.fixture.time) }
        let sound = try CertificateChecker(try stage.certificate())
        for time in [ExchangeFixture.start, sound.claims.expiresAt.advanced(byMilliseconds: 1)] {
            #expect(throws: CertificateProblem.self) { try sound.verify(keys: keys, at: time) }
        }
        #expect(throws: CertificateProblem.self) { try sound.verify(keys: [], at: stage.fixture.time) }
        let changes: [(String, (inout RightClaims) -> Void)] = [
            ("holder", { $0.holder = stage.other.identifier }), ("share", { $0.share = Fraction(1, 2) ?? .one }),
            ("kind", { $0.kind = .operation }), ("expiry", { $0.expiresAt = $0.expiresAt.advanced(byMilliseconds: 1) }),
            ("entry", { $0.entry.seq -= 1 }), ("hash", { $0.entry.leafHash = String(repeating: "0", count: 64) }),
            ("origin", { $0.entry.origin = "another/log" }),
            ("number", { $0.number = Identifier(kind: .right, prefix: "86.gs.test", payload: [1]) }),
        ]
        for (what, change) in changes {
            let (_, view) = try await stage.view(try stage.certificate(changing: change))
            #expect(!view.differences.isEmpty, "\(what)")
        }
        let foreign = VerifiableCredential(
            identifier: nil, types: ["RegisteredIdentityCredential"], issuer: "", validFrom: stage.fixture.time, subject: [:])
        let text = SignedCredential.sign(foreign, issuer: try DIDWeb(Stage.issuer), key: stage.fixture.nodeKey)
        for text in [text, "", "a.b.c", String(repeating: "A", count: 1 << 21)] {
            #expect(throws: CertificateProblem.self) { try CertificateChecker(text) }
        }
    }
}
