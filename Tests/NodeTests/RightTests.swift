import Credentials
import Encoding
import Exchange
import Foundation
import FoundationXML
import HTTPTransport
import Signing
import Testing

@testable import Node

@Suite struct RightTests {
    @Test("A right goes from application to cancellation, and its verification says at each step what holds")
    func wholeLife() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            var view = try await stage.verify(right)
            #expect(view["valid"] == true && view["standing"] == "in-force" && view["share"] == "1/1")
            let types = (view["history"]?.arrayValue ?? []).compactMap { $0["type"]?.stringValue }
            #expect(types == ["right.applied", "right.noticed", "right.granted"])
            let granted = view["history"]?[2]
            #expect(view["since"] == granted?["time"])
            let seq = try #require(granted?["seq"]?.integerValue.map { UInt64($0) })
            #expect(try stage.node.services.recorded(seq).event.subject == right.text)

            let pledge = RightStatement.pledge(RightPledge(right: right, pledgee: stage.bank.identifier, secures: "A loan"))
            try await stage.record(pledge, by: stage.airport.key, stage.bank.key)
            view = try await stage.verify(right)
            #expect(view["valid"] == true && view["pledged"] == true)
            let refused = try await stage.send(stage.transfer(right, to: stage.bureau), by: [stage.airport.key, stage.bureau.key])
            #expect(refused.status == 409 || refused.status == 422, "\(refused)")
            try await stage.record(.pledgeRelease(RightPledgeRelease(right: right, reason: "paid")), by: stage.bank.key)
            try await stage.record(stage.transfer(right, to: stage.bureau), by: stage.airport.key, stage.bureau.key)
            view = try await stage.verify(right)
            #expect(view["pledged"] == false && view["holder"] == .string(stage.bureau.identifier.text) && view["holderName"] == "气象局")

            try await stage.record(
                .cancellation(RightCancellation(right: right, ground: .holderRequest, reason: "")), by: stage.bureau.key)
            view = try await stage.verify(right)
            #expect(view["valid"] == false && view["standing"] == "cancelled")
            #expect(view["since"] == (view["history"]?.arrayValue ?? []).last?["time"])
            let gone = try await stage.node.get("/api/v1/rights/\(right)/certificate")
            #expect(gone.status == 409 && gone.code == "no-certificate" && gone.json["standing"] == "cancelled", "\(gone)")
        }
    }

    @Test("The parts of a split have certificates of their own, each with a place of its own in the status lists; a merge has a new one")
    func splitAndMerge() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            let whole = try await stage.certificate(right)
            let shares = try [#require(Fraction(1, 3)), #require(Fraction(2, 3))]
            let split = RightSplit(right: right, parts: shares.map { RightPart(holder: stage.airport.identifier, share: $0) })
            try await stage.record(.split(split), by: stage.airport.key)
            #expect(try await stage.verify(right)["standing"] == "divided")
            let list = try await stage.node.get("/api/v1/rights?status=granted").json
            let parts = try (list["items"]?.arrayValue ?? []).map { try Identifier($0["identifier"]?.stringValue ?? "") }
            #expect(parts.count == 2)
            var places: Set<[String]> = []
            for part in parts {
                let credential = try SignedCredential(try await stage.certificate(part)).claimed
                places.insert(credential.statuses.map { "\($0.purpose) \($0.index)" })
                #expect(try RightClaims(subject: credential.subject).root == right)
            }
            #expect(places.count == 2)
            let merged = try await stage.record(
                .merge(RightMerge(holder: stage.airport.identifier, rights: parts)), by: stage.airport.key)
            let view = try await stage.verify(merged)
            #expect(view["valid"] == true && view["share"] == "1/1" && view["replaces"]?.arrayValue?.count == 2)
            for part in parts { #expect(try await stage.verify(part)["standing"] == "merged") }
            let old = try await stage.check(whole)
            #expect(old["genuine"] == true && old["valid"] == false)
        }
    }

    @Test("Pages of the list reach every right once, though parts of a split share an entry's number")
    func paging() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            let fifths = try (0..<5).map { _ in RightPart(holder: stage.airport.identifier, share: try #require(Fraction(1, 5))) }
            try await stage.record(.split(RightSplit(right: right, parts: fifths)), by: stage.airport.key)
            var found: [String] = []
            var target = "/api/v1/rights?limit=2"
            while true {
                let page = try await stage.node.get(target).json
                found += (page["items"]?.arrayValue ?? []).compactMap { $0["identifier"]?.stringValue }
                guard let next = page["next"]?.stringValue else { break }
                target = "/api/v1/rights?limit=2&cursor=\(next)"
                try #require(found.count < 20)
            }
            #expect(found.count == 6 && Set(found).count == 6 && found.last == right.text)
        }
    }

    @Test("Notices are open to everybody while they last, and an objection is decided before the right")
    func noticesAndObjections() async throws {
        try await withRights(noticeWorkingDays: 3) { stage in
            let right = try await stage.noticed()
            let notices = try await stage.node.get("/api/v1/notices").json
            #expect(notices["items"]?[0]?["right"] == .string(right.text))
            #expect(notices["items"]?[0]?["applicantName"] == "Airport <i>")
            try await stage.record(
                .objection(RightObjection(right: right, ground: .betterRight, statement: "It is ours.")), by: stage.bureau.key)
            let early = try await stage.send(
                .decision(RightDecision(right: right, verdict: .grant, reason: "")), by: [stage.node.operatorKey])
            #expect((400..<500).contains(early.status), "\(early)")
            try await stage.record(
                .objectionDecision(
                    ObjectionDecision(right: right, objector: stage.bureau.identifier, verdict: .upheld, reason: "proved")),
                by: stage.node.operatorKey)
            let view = try await stage.node.get("/api/v1/rights/\(right)").json
            #expect(view["status"] == "refused" && view["objections"]?[0]?["verdict"] == "upheld")
            #expect(try await stage.node.get("/api/v1/notices").json["items"]?.arrayValue?.isEmpty == true)
            let page = try await stage.node.get("/api/v1/resources").json
            let resource = try #require(page["items"]?[0]?["identifier"]?.stringValue)
            let described = try await stage.node.get("/api/v1/resources/\(resource)").json
            #expect(described["history"]?.arrayValue?.count ?? 0 >= 3)
        }
    }
}

@Suite struct RightPageTests {
    private static func page(_ target: String, _ stage: RightStage, language: String? = nil) async throws -> Answer {
        let answer = try await stage.node.client.send(
            HTTPClientRequest(
                method: "GET", url: "http://\(stage.node.authority)\(target)",
                headers: HTTPHeaders([("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8")] + (language.map { [("Accept-Language", $0)] } ?? [])),
                timeoutSeconds: 900))
        return Answer(status: answer.status, headers: answer.headers, body: answer.body)
    }

    @Test("Pages are well-formed, load and run nothing, and reflect no markup of anybody's")
    func safety() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            for target in ["/verify", "/verify/\(right)", "/api/v1/rights/\(right)/certificate.html", "/verify/\(right)?lang=zh", "/api/v1/rights/\(right)/certificate.html?lang=en"] {
                let answer = try await Self.page(target, stage)
                #expect(answer.status == 200 && answer.headers["Content-Type"] == "text/html; charset=utf-8", "\(target): \(answer)")
                let policy = answer.headers["Content-Security-Policy"] ?? ""
                #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"))
                let parser = XMLParser(data: Data(answer.text.replacing("<!DOCTYPE html>\n", with: "").utf8))
                #expect(parser.parse(), "\(target): \(String(describing: parser.parserError))")
                for word in ["<script", "<i>", "<b>", "http://www.w3.org/1999/xlink", "<img", "<link", "url(", "@import", "javascript:"] {
                    #expect(!answer.text.contains(word), "\(target) has \(word)")
                }
            }
            let page = try await Self.page("/verify/\(right)", stage)
            #expect(page.text.contains("Flights &lt;script&gt;") && page.text.contains("Airport &lt;i&gt;"))
            let style = try #require(page.text.split(separator: "<style>").last?.split(separator: "</style>").first)
            let digest = Base64.encode(SHA256.hash(style.utf8).bytes)
            #expect(page.headers["Content-Security-Policy"]?.contains("'sha256-\(digest)'") == true)
        }
    }

    @Test("A page is in the language that is asked for; without one it is in both")
    func languages() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            for (target, accepted, zh, en) in [
                ("/verify/\(right)", nil, true, true), ("/verify/\(right)", "en-GB,en;q=0.8,zh;q=0.1", false, true),
                ("/verify/\(right)", "zh-CN,zh;q=0.9,en;q=0.8", true, false), ("/verify/\(right)?lang=zh", "en", true, false),
            ] as [(String, String?, Bool, Bool)] {
                let text = try await Self.page(target, stage, language: accepted).text
                #expect(text.contains("权利人") == zh && text.contains("Kind of right") == en, "\(target) \(accepted ?? "")")
            }
        }
    }

    @Test("The code on a certificate leads to its verification, and says what does not hold any more")
    func code() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            let text = try await Self.page("/api/v1/rights/\(right)/certificate.html", stage).text
            let url = "http://\(stage.node.authority)/verify/\(right)"
            let code = try #require(QRCode(url))
            #expect(text.contains(code.pathData) && text.contains(url))
            #expect(!text.contains("verdict bad"))
            try await stage.record(.freeze(RightFreeze(right: right, reason: "Case 12")), by: stage.regulator.key)
            #expect(try await Self.page("/api/v1/rights/\(right)/certificate.html", stage).text.contains("verdict bad"))
        }
    }

    @Test("A number typed into the form leads to its page")
    func redirection() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            let answer = try await stage.node.get("/verify?number=%20\(right.text.replacing("/", with: "%2F"))%20&lang=en")
            #expect(answer.status == 303 && answer.headers["Location"] == "/verify/\(right)?lang=en", "\(answer)")
        }
    }

    @Test("The best of what is acceptable is shown")
    func choice() {
        func choice(_ accept: String?) -> String {
            let headers = accept.map { HTTPHeaders([("Accept", $0)]) } ?? HTTPHeaders()
            return ContentChoice.mediaType(HTTPRequest(method: "GET", path: "/", headers: headers), offered: ["application/json", "text/html"])
        }
        #expect(choice(nil) == "application/json" && choice("*/*") == "application/json" && choice("image/png") == "application/json")
        #expect(choice("text/html") == "text/html" && choice("text/*;q=0.5, application/json;q=0.4") == "text/html")
        #expect(choice("text/html;q=0, */*") == "application/json" && choice("text/html;q=0.9, application/json") == "application/json")
        #expect(choice("text/html;q=2, application/json;q=0.1") == "application/json", "a quality that is none is passed over")
        #expect(choice(String(repeating: "a/b,", count: 5000) + "text/html") == "application/json")
    }
}
