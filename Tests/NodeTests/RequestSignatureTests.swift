import Encoding
import Exchange
import Signing
import Testing

@testable import Node

/// Who sent a request, and that it is what they sent: on every route that asks for it.
@Suite struct RequestSignatureTests {
    private typealias Fault = (what: String, change: (inout TestRequest) -> Void, statuses: Set<Int>, mention: String)

    private static func faults(_ market: TestMarket, hasBody: Bool) -> [Fault] {
        let own = SigningKey.generate()
        var faults: [Fault] = [
            ("not signed", { $0.signer = nil }, [401], "Signature-Input"),
            ("an unknown key", { $0.signer = own }, [401], "not registered"),
            ("another's name", { $0.claimedKey = market.auditor.key.verificationKey.keyIdentifier }, [401], "does not hold"),
            ("expired", { ($0.created, $0.lifetime) = (-100, 60) }, [401], "expired"),
            ("too old", { ($0.created, $0.lifetime) = (-400, 300) }, [401], "ago"),
            ("from the future", { $0.created = 120 }, [401], "future"),
            ("valid for too long", { $0.lifetime = 3600 }, [401], "valid for"),
            ("for another host", { $0.signedAuthority = "example.org" }, [401], "does not hold"),
            ("to another host", { $0.host = "example.org" }, [401], "example.org"),
            ("for another method", { $0.signedMethod = "PATCH" }, [401], "does not hold"),
            ("for another target", { $0.signedTarget = "/api/v1/space" }, [401], "does not hold"),
            ("with another tag", { $0.tag = "other" }, [401], "tag"),
            ("by who is suspended", { $0.signer = market.suspended.key }, [403], "suspended"),
            ("by who only applied", { $0.signer = market.applicant.key }, [403], "applied"),
        ]
        if hasBody {
            faults += [
                ("no digest", { $0.sendsDigest = false }, [401], "Content-Digest"),
                ("a digest that is not signed", { $0.signsDigest = false }, [401], "content-digest"),
                ("another body", { $0.bodySent = ($0.body ?? []) + [0x20] }, [401], "SHA-256"),
            ]
        }
        return faults
    }

    @Test func aRequestThatIsNotTheSignersOwnIsRefusedOnEveryRoute() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let size = node.services.ledger.size
            for route in RouteTable.all where route.isSigned {
                let hasBody = if case .none = route.body { false } else { true }
                for fault in Self.faults(market, hasBody: hasBody) where route.isForActiveOnly || fault.statuses != [403] {
                    let request = try route.sound(market).with(fault.change)
                    try await expectRefusal(market, route, request, fault.what, fault.statuses, fault.mention)
                }
            }
            // So many wrong signatures are an alarm, which the node itself records.
            let added = try (size..<node.services.ledger.size).map { try node.services.recorded($0).event.type }
            #expect(added.allSatisfy { $0 == .alarmRaised })
        }
    }

    @Test func aRequestIsAcceptedOnceOnly() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            for route in RouteTable.all where route.isSigned {
                let request = try route.sound(market).prepared(for: node.authority)
                let first = try await node.deliver(request)
                #expect(first.status != 401, "\(route.name): \(first)")
                let second = try await node.deliver(request)
                #expect(second.status == 401 && second.problem?.detail.contains("received before") == true, "\(route.name): \(second)")
            }
        }
    }

    @Test func whoHasNotTheRoleIsRefused() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            for route in RouteTable.all {
                guard let stranger = route.stranger else { continue }
                let key = stranger.key(market)
                var request = try route.sound(market).with { $0.signer = key }
                if case .statement(_, let content) = route.body {
                    request.body = JSONValue.object(["statement": try TestNode.sign(content(market), by: key).json]).serialized()
                }
                try await expectRefusal(market, route, request, "the wrong role", [stranger.status], "")
            }
        }
    }

    @Test func nobodyHandsInWhatAnotherHasSigned() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            for route in RouteTable.all where route.isSigned {
                guard case .statement = route.body else { continue }
                let request = try route.sound(market).with { $0.signer = market.auditor.key }
                try await expectRefusal(market, route, request, "another's statement", [403], "did not sign")
            }
        }
    }

    @Test func anUploadIsRefusedBeforeItsBodyComes() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            // The head of an upload whose body never comes: only a refusal can be answered to it.
            for (key, status) in [(market.insurer.key, "403"), (SigningKey.generate(), "401")] {
                var request = TestRequest("POST", "/api/v1/snapshots?format=csv", signer: key)
                (request.body, request.contentType) = ([1, 2, 3], "text/csv")
                let answer = try await node.answer(toHeadOf: try request.prepared(for: node.authority), contentLength: 1 << 29)
                #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(answer)")
            }
            var request = TestRequest("POST", "/api/v1/snapshots?format=csv", signer: market.airport.key)
            (request.body, request.contentType) = ([1, 2, 3], "text/csv")
            let answer = try await node.answer(toHeadOf: try request.prepared(for: node.authority), contentLength: 1 << 45)
            #expect(answer.hasPrefix("HTTP/1.1 413") || answer.hasPrefix("HTTP/1.1 507"), "\(answer)")
        }
    }
}
