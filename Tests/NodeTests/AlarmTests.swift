import Encoding
import Exchange
import Foundation
import HTTPTransport
import Signing
import Synchronization
import Testing

@testable import Node

/// Alarms from what happens to what is on the ledger, in the figures, in the list and at the webhook.
@Suite struct AlarmTests {
    private static func setPolicy(_ node: TestNode, _ change: (inout AlarmPolicy) -> Void) async throws {
        var policy = SpacePolicy()
        change(&policy.identity.alarms)
        let answer = try await node.post("/api/v1/space/policy", .spacePolicy(policy), by: node.operatorKey)
        try #require(answer.status == 201, "\(answer)")
    }

    /// Waits until so many alarms are listed: they are recorded behind what they are about.
    private static func alarms(_ node: TestNode, _ count: Int, by key: SigningKey? = nil) async throws -> [JSONValue] {
        for _ in 0..<12_000 {
            let list = try await node.get("/api/v1/alarms", by: key ?? node.operatorKey).json["items"]?.arrayValue ?? []
            if list.count >= count { return list }
            try await Task.sleep(for: .milliseconds(10))
        }
        return []
    }

    /// The query gives two rows a run.
    @Test func rowsAboveThePolicysNumberRaiseOneAlarm() async throws {
        let directory = try await TestNode.makeHome()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var node = try TestNode.start(in: directory)
        let trade = try await TradingMarket(node)
        try await Self.setPolicy(node) { $0.rowsPerHour = 4 }
        for _ in 0..<2 { #expect(try await trade.run().status == 201) }
        #expect(try await node.get("/api/v1/alarms", by: node.operatorKey).json["items"] == [], "four rows are allowed")
        #expect(try await trade.run().status == 201)
        let alarms = try await Self.alarms(node, 1)
        try #require(alarms.count == 1)
        #expect(alarms[0]["alarm"] == "bulk-release" && alarms[0]["count"] == 6 && alarms[0]["threshold"] == 4)
        #expect(alarms[0]["participant"]?.stringValue == trade.market.insurer.identifier.text)
        #expect(alarms[0]["account"]?.stringValue == trade.market.insurer.key.keyIdentifier)
        let entry = try node.services.recorded(UInt64(alarms[0]["seq"]?.integerValue ?? 0))
        #expect(entry.event.type == .alarmRaised && entry.event.actor == Event.nodeActor)
        #expect(try await node.get("/metrics").text.contains("hexi_alarms_total{kind=\"bulk-release\"} 1"))
        #expect(try await trade.run().status == 201)
        // Who watches sees them, others do not.
        #expect(try await Self.alarms(node, 1, by: trade.market.auditor.key).count == 1)
        #expect(try await node.get("/api/v1/alarms", by: trade.market.insurer.key).status == 403)
        await node.server.stop()
        // After a restart the hour goes on: nothing is raised twice.
        node = try TestNode.start(in: directory)
        let request = try await trade.request(on: node)
        #expect(try await node.post("/api/v1/runs", request, by: trade.market.insurer.key).status == 201)
        await node.server.stop()
        node = try TestNode.start(in: directory)
        #expect(try await Self.alarms(node, 1).count == 1)
        await node.server.stop()
    }

    /// What was released before a restart counts on after it.
    @Test func aRestartDoesNotForgetWhatWasReleased() async throws {
        let directory = try await TestNode.makeHome()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        var node = try TestNode.start(in: directory)
        let trade = try await TradingMarket(node)
        try await Self.setPolicy(node) { $0.rowsPerHour = 3 }
        #expect(try await trade.run().status == 201)
        await node.server.stop()
        node = try TestNode.start(in: directory)
        #expect(try await node.post("/api/v1/runs", try await trade.request(on: node), by: trade.market.insurer.key).status == 201)
        let alarms = try await Self.alarms(node, 1)
        #expect(alarms.first?["count"] == 4)
        await node.server.stop()
    }

    @Test func failedSignaturesAndRefusalsRaiseAlarms() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            try await Self.setPolicy(node) {
                $0.failedSignaturesPerHour = 2
                $0.refusalsPerHour = 2
            }
            for _ in 0..<3 {
                // In the bank's name, with another key.
                let request = TestRequest("GET", "/api/v1/whoami", signer: SigningKey.generate()).with {
                    $0.claimedKey = market.bank.key.keyIdentifier
                }
                #expect(try await node.send(request).status == 401)
            }
            for _ in 0..<3 { #expect(try await node.get("/api/v1/whoami", by: market.suspended.key).status == 403) }
            for _ in 0..<3 { #expect(try await node.get("/api/v1/whoami", by: SigningKey.generate()).status == 401) }
            let alarms = try await Self.alarms(node, 3)
            #expect(alarms.count == 3)
            func find(_ kind: String, _ participant: Identifier?) -> JSONValue? {
                alarms.first { $0["alarm"]?.stringValue == kind && $0["participant"]?.stringValue == participant?.text }
            }
            #expect(find("failed-signatures", market.bank.identifier)?["count"] == 3)
            #expect(find("repeated-refusals", market.suspended.identifier)?["count"] == 3)
            // Strangers count together, and nobody is named.
            #expect(find("failed-signatures", nil)?["count"] == 3)
        }
    }

    @Test func aRunAtOddHoursRaisesAnAlarm() async throws {
        try await withNode { node in
            let trade = try await TradingMarket(node)
            // Odd from a minute ago until eleven hours from now, whatever the clock says.
            let minute = (Clock.now().milliseconds / 60_000) % 1440
            try await Self.setPolicy(node) {
                $0.oddHours = .init(from: (minute + 1439) % 1440, until: (minute + 660) % 1440, utcOffsetMinutes: 0)
            }
            #expect(try await trade.run().status == 201)
            let alarms = try await Self.alarms(node, 1)
            #expect(alarms.first?["alarm"] == "odd-hours" && alarms.first?["threshold"] == 0)
        }
    }

    // MARK: The webhook

    /// A receiver that takes what is sent to it, and refuses the first few.
    private final class Receiver: Sendable {
        let server: HTTPServer
        let port: UInt16

        init(refusing count: Int) throws {
            let state = State()
            var router = Router()
            router.add("POST", "/hook", body: .memory(limitBytes: 1 << 20)) { request, _ in
                let number = state.take(request)
                return number <= count ? .text(503, "not now") : .text(204, "")
            }
            var configuration = HTTPServerConfiguration()
            configuration.port = 0
            server = HTTPServer(configuration: configuration, router: router)
            try server.start()
            port = server.port ?? 0
            self.state = state
        }

        private let state: State
        var requests: [HTTPRequest] { state.requests.withLock { $0 } }

        private final class State: Sendable {
            let requests = Mutex<[HTTPRequest]>([])

            func take(_ request: HTTPRequest) -> Int {
                requests.withLock {
                    $0.append(request)
                    return $0.count
                }
            }
        }
    }

    @Test func anAlarmIsSentSignedUntilItIsTaken() async throws {
        let receiver = try Receiver(refusing: 1)
        try await withNode(configure: { $0.alarmWebhook = "http://127.0.0.1:\(receiver.port)/hook" }) { node in
            let market = try await TestMarket(node)
            try await Self.setPolicy(node) { $0.refusalsPerHour = 0 }
            #expect(try await node.get("/api/v1/whoami", by: market.suspended.key).status == 403)
            for _ in 0..<12_000 where receiver.requests.count < 2 { try await Task.sleep(for: .milliseconds(10)) }
            let requests = receiver.requests
            try #require(requests.count >= 2)
            // The same alarm both times, each sending signed anew.
            #expect(requests[0].body.bytes == requests[1].body.bytes)
            let document = try JSONValue.parse(requests[1].body.bytes)
            #expect(document["alarm"] == "repeated-refusals" && document["seq"] != nil)
            let space = try await node.get("/api/v1/space")
            let key = try VerificationKey(jwk: JSONCursor(space.json["nodeKeys"]?[0] ?? .null))
            for request in requests {
                try ContentDigest.verify(try #require(request.headers["Content-Digest"]), body: request.body.bytes)
                let parameters = try HTTPMessageSignature.verify(
                    signatureInput: request.headers["Signature-Input"], signature: request.headers["Signature"],
                    components: HTTPMessageComponents(
                        method: "POST", authority: "127.0.0.1:\(receiver.port)", target: "/hook", hasContent: true,
                        fields: request.headers.fields.map { ($0.name, $0.value) }),
                    now: Clock.now().milliseconds / 1000, nonceMemory: NonceMemory(startedAt: 0)
                ) { $0 == key.keyIdentifier ? key : nil }
                #expect(parameters.keyIdentifier == key.keyIdentifier)
            }
            // What was taken is not sent again after a restart.
            let sent = "\(node.directory)/alarms-sent"
            for _ in 0..<12_000 where (try? String(contentsOfFile: sent, encoding: .utf8)) != "\((document["seq"]?.integerValue ?? 0) + 1)\n" {
                try await Task.sleep(for: .milliseconds(10))
            }
            #expect(try String(contentsOfFile: sent, encoding: .utf8) == "\((document["seq"]?.integerValue ?? 0) + 1)\n")
        }
        await receiver.server.stop(graceSeconds: 1)
    }
}
