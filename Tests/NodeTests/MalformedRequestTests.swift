import Encoding
import Exchange
import Foundation
import Signing
import Testing

@testable import Node

/// Everything that can be wrong with a request, on every route: each gets a problem document that says what is wrong
/// and where, and the node stays up.
@Suite struct MalformedRequestTests {
    @Test func everyRouteIsInTheTable() async throws {
        try await withNode { node in
            let served = Set(node.server.routes.map { "\($0.method) \($0.pattern)" })
            #expect(served == Set(RouteTable.all.map(\.name)))
            #expect(RouteTable.all.count == served.count)
        }
    }

    @Test func everyRouteIsInTheInterfaceDescriptionAndNoOther() async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("Contracts/openapi.yaml"), encoding: .utf8)
        var described: Set<String> = []
        var path = ""
        for line in text.split(separator: "\n").drop(while: { $0 != "paths:" }).dropFirst().prefix(while: { $0.hasPrefix(" ") }) {
            if line.hasPrefix("  /") { path = line.trimmingCharacters(in: CharacterSet(charactersIn: " :")) }
            for method in ["get", "post", "put", "delete", "patch"] where line == "    \(method):" {
                described.insert("\(method.uppercased()) \(path)")
            }
        }
        try await withNode { node in
            // OpenAPI has no way to write that a part of the path may hold slashes.
            #expect(described == Set(node.server.routes.map { "\($0.method) \($0.pattern.replacing("...}", with: "}"))" }))
        }
    }

    @Test func aWrongBodyIsRefusedWithWhatIsWrong() async throws {
        try await withMarket { market in
            for route in RouteTable.all {
                for (what, change, status, mention) in BodyFault.all(route) {
                    let request = try route.sound(market).with(change)
                    try await expectRefusal(market, route, request, what, status, mention)
                }
            }
        }
    }

    @Test func aWrongStatementIsRefusedWithTheNameOfItsMember() async throws {
        try await withMarket { market in
            for route in RouteTable.all {
                guard case .statement(let kind, let content) = route.body else { continue }
                let faults = try StatementFault.all(kind, try content(market), signer: route.caller(market))
                #expect(faults.count > 20)
                for fault in faults {
                    var request = try route.sound(market)
                    request.body = JSONValue.object(["statement": fault.statement]).serialized()
                    // A contract's signature goes to where its terms say.
                    if route.pattern.hasSuffix("/signatures"), let parsed = try? SignedStatement(fault.statement) {
                        request.target = route.pattern.replacing("{prefix}/{suffix}", with: parsed.identifier(.contract).text)
                    }
                    try await expectRefusal(market, route, request, fault.what, fault.status, fault.mention)
                }
            }
        }
    }

    @Test func aDraftsMembersAreCheckedToo() async throws {
        try await withMarket { market in
            for route in RouteTable.all {
                guard case .draft(let draft, let members) = route.body, case .object(let object) = draft(market) else { continue }
                for name in members {
                    for value: JSONValue? in [nil, .null, .bool(true), .object([:])] {
                        var changed = object
                        changed[name] = value
                        let request = try route.sound(market).with { $0.body = JSONValue.object(changed).serialized() }
                        try await expectRefusal(market, route, request, "\(name) is \(value?.kindName ?? "missing")", [400], name)
                    }
                }
                var changed = object
                changed["zzz"] = 1
                let request = try route.sound(market).with { $0.body = JSONValue.object(changed).serialized() }
                try await expectRefusal(market, route, request, "an unknown member", [400], "zzz")
            }
        }
    }

    @Test func aWrongPathIsRefused() async throws {
        try await withMarket { market in
            for route in RouteTable.all {
                guard let kind = route.identifier else { continue }
                let sound = RouteUnderTest.thing(kind).text
                let last = sound.last ?? "0"
                let other: IdentifierKind = kind == .run ? .query : .run
                let wrong = [
                    String(sound.dropLast()) + (last == "0" ? "1" : "0"), String(sound.dropLast()), sound + "0",
                    RouteUnderTest.thing(other).text, "86.gs.test/" + String(repeating: "D", count: 28), "x/y",
                    sound.lowercased(), "86.gs.test/%00", "86..test/" + sound.split(separator: "/")[1],
                ]
                for text in wrong {
                    let target = route.pattern.replacing("{prefix}/{suffix}", with: text)
                    let request = try route.sound(market).with { $0.target = target }
                    try await expectRefusal(market, route, request, "the path has \(text)", [400], "")
                }
                if case .none = route.body {
                    try await expectRefusal(market, route, try route.sound(market), "nothing has the identifier", [404], sound)
                    continue
                }
                let target = route.pattern.replacing(
                    "{prefix}/{suffix}", with: Identifier(kind: kind, prefix: "86.gs.test", payload: [1, 2, 3]).text)
                let request = try route.sound(market).with { $0.target = target }
                try await expectRefusal(market, route, request, "the path and the statement differ", [400], "path")
            }
        }
    }

    @Test func aWrongQueryParameterIsRefusedByItsName() async throws {
        try await withMarket { market in
            for route in RouteTable.all where !["/healthz", "/metrics", "/ledger/checkpoint"].contains(route.pattern) {
                var cases = route.parameters.flatMap { name, values in values.map { (name, $0) } }
                cases.append(("zzz", "1"))
                for (name, value) in cases {
                    let encoded = value.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                    // Behind the parameters that must be there, without the one in question.
                    let rest = route.required.dropFirst().split(separator: "&").filter { !$0.hasPrefix("\(name)=") }
                    let query = (rest.map(String.init) + ["\(name)=\(encoded)"]).joined(separator: "&")
                    let path = route.target(market).prefix { $0 != "?" }
                    let request = try route.sound(market).with { $0.target = "\(path)?\(query)" }
                    try await expectRefusal(market, route, request, "\(name) is \"\(value.prefix(30))\"", [400], name)
                }
                for (name, _) in route.parameters {
                    let request = try route.sound(market).with { $0.target += ($0.target.contains("?") ? "&" : "?") + "\(name)=%zz" }
                    try await expectRefusal(market, route, request, "\(name) is wrongly encoded", [400], "%zz")
                }
            }
        }
    }

    @Test func anUnknownAddressOrMethodIsRefused() async throws {
        try await withMarket { market in
            for (method, target, status) in [
                ("GET", "/", 404), ("GET", "/api/v1", 404), ("GET", "/api/v1/participants/", 400), ("GET", "/api/v1/../etc", 404),
                ("DELETE", "/api/v1/participants", 405), ("PUT", "/api/v1/products", 405), ("POST", "/ledger/checkpoint", 405),
                ("GET", "/api/v1/queries/check", 405), ("GET", "/api/v1/snapshots", 405), ("POST", "/healthz", 405),
            ] {
                let answer = try await market.node.send(TestRequest(method, target))
                #expect((400..<500).contains(answer.status) && answer.problem != nil, "\(method) \(target): \(answer)")
                if status == 405 { #expect(answer.status == 405 && answer.headers["Allow"] != nil, "\(method) \(target)") }
            }
        }
    }

    // MARK: What every refusal must be

    private func withMarket(_ body: (TestMarket) async throws -> Void) async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let size = node.services.ledger.size
            try await body(market)
            // So many refusals are an alarm, which the node itself records.
            let added = try (size..<node.services.ledger.size).map { try node.services.recorded($0).event.type }
            #expect(added.allSatisfy { $0 == .alarmRaised }, "nothing that was refused for its form is on the ledger")
        }
    }
}

/// A 4xx problem document that mentions the place, and a node that still answers.
func expectRefusal(
    _ market: TestMarket, _ route: RouteUnderTest, _ request: TestRequest, _ what: String, _ statuses: Set<Int>,
    _ mention: String
) async throws {
    let answer = try await market.node.send(request)
    let comment = "\(route.name): \(what) gave \(answer)"
    #expect(statuses.contains(answer.status), Comment(rawValue: comment))
    guard let problem = answer.problem else {
        Issue.record("\(comment), which is no problem document")
        return
    }
    #expect(problem.status == answer.status && !problem.code.isEmpty && !problem.detail.isEmpty, Comment(rawValue: comment))
    let parameter = problem.extensions["parameter"]?.stringValue ?? ""
    let said = "\(problem.pointer ?? "") \(parameter) \(problem.detail) \(problem.hint ?? "")"
    #expect(mention.isEmpty || said.contains(mention), "does not mention \(mention): \(comment)")
    let health = try await market.node.get("/healthz")
    #expect(health.status == 200, "the node is down after \(comment)")
}
