import Encoding
import Exchange
import Foundation
import Signing
import Testing

@testable import Node

/// Identifiers that resolve, for people and programs, and what is said of those that are mistyped.
@Suite struct ResolutionTests {
    private func get(_ node: TestNode, _ target: String, accept: String? = nil, language: String? = nil) async throws -> Answer {
        var prepared = try TestRequest("GET", target).prepared(for: node.authority)
        if let accept { prepared.headers.add("Accept", accept) }
        if let language { prepared.headers.add("Accept-Language", language) }
        return try await node.deliver(prepared)
    }

    @Test func everyKindOfThingResolves() async throws {
        try await withNode { node in
            let trading = try await TradingMarket(node)
            let run = try await trading.run()
            let cases: [(String, String, String)] = [
                (trading.market.insurer.identifier.text, "participant", "active"),
                (trading.market.suspended.identifier.text, "participant", "suspended"), (trading.flights.text, "product", "listed"),
                (trading.contract.text, "contract", "active"), (trading.query.text, "query", "approved"),
                (run.json["run"]?["identifier"]?.stringValue ?? "", "run", "completed"),
            ]
            for (identifier, kind, status) in cases {
                let answer = try await get(node, "/id/\(identifier)")
                #expect(answer.status == 200 && answer.json["kind"]?.stringValue == kind, "\(identifier): \(answer)")
                #expect(answer.json["status"]?.stringValue == status && answer.json["tombstone"]?.boolValue == false)
                #expect(answer.json["identifier"]?.stringValue == identifier)
                let page = try await get(node, "/id/\(identifier)", accept: "text/html")
                #expect(page.status == 200 && page.text.contains(identifier))
            }
            // Of a contract everybody may know that it is there, and no more.
            let contract = try await get(node, "/id/\(trading.contract)")
            #expect(Set(contract.json.objectValue?.names ?? []) == ["identifier", "kind", "status", "tombstone", "entry"])
        }
    }

    @Test func aWithdrawnProductResolvesToItsTombstone() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let listed = try await node.post(
                "/api/v1/products", .productListing(CatalogueRouteTests.item(market.airport.identifier, "Old", number: 5)), by: market.airport.key)
            let product = try Identifier(listed.identifier)
            _ = try await node.post(
                "/api/v1/products/\(product)/withdrawal",
                .productWithdrawal(ProductWithdrawal(product: product, reason: "Replaced by <b>another</b>")), by: market.airport.key)
            let answer = try await get(node, "/id/\(product)")
            #expect(answer.status == 200 && answer.json["tombstone"]?.boolValue == true && answer.json["status"]?.stringValue == "withdrawn")
            #expect(answer.json["reason"]?.stringValue == "Replaced by <b>another</b>")
            let other = try await get(node, "/id?scheme=moid&value=moid-5")
            #expect(other.json["identifier"]?.stringValue == product.text)
            #expect(other.headers["Content-Location"] == "/id/\(product)")
        }
    }

    @Test func pagesAreInTheReadersLanguageAndHoldNothingThatRuns() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let listing = CatalogueRouteTests.item(market.airport.identifier, "x") {
                $0.title = ["en": "<script>alert(1)</script>", "zh": "机场\"><img src=x onerror=alert(1)>"]
                $0.licence = "</td><script>alert(2)</script>"
            }
            let listed = try await node.post("/api/v1/products", .productListing(listing), by: market.airport.key)
            for language in ["zh-CN", "en", "fr"] {
                let page = try await get(node, "/id/\(listed.identifier)", accept: "text/html", language: language)
                #expect(!page.text.contains("<script") && !page.text.contains("<img"), "\(language)")
                #expect(page.headers["Content-Security-Policy"]?.contains("default-src 'none'") == true)
                #expect(page.headers["X-Content-Type-Options"] == "nosniff")
                #expect(page.text.contains("已上架") == (language != "en") && page.text.contains("Listed") == (language != "zh-CN"))
            }
            // A mistyped address is shown as text, too.
            let wrong = try await get(node, "/id/86.gs.test/%3Cscript%3Ealert(1)%3C%2Fscript%3E".replacing("%2F", with: ""), accept: "text/html")
            #expect(wrong.status == 404 && !wrong.text.contains("<script"), "\(wrong)")
        }
    }

    @Test func aSlipIsAnsweredWithWhatMayHaveBeenMeant() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let meant = market.airport.identifier
            let characters = Array(meant.suffix)
            var slips = [String(characters).lowercased(), String(characters.dropLast()), String(characters) + "7"]
            var generator = SystemRandomNumberGenerator()
            for index in characters.indices {
                var changed = characters
                let others = "0123456789ABCDEFGHJKMNPQRSTVWXYZ".filter { $0 != characters[index] }
                changed[index] = others.randomElement(using: &generator) ?? "0"
                slips.append(String(changed))
            }
            for index in 1..<26 where characters[index] != characters[index + 1] {
                var swapped = characters
                swapped.swapAt(index, index + 1)
                slips.append(String(swapped))
            }
            for slip in slips {
                let answer = try await get(node, "/id/\(TestNode.prefix)/\(slip)")
                let candidates = (answer.json["candidates"]?.arrayValue ?? []).compactMap { $0["identifier"]?.stringValue }
                #expect(answer.status == 404 && candidates == [meant.text], "\(slip): \(answer)")
            }
            let page = try await get(node, "/id/\(TestNode.prefix)/\(slips[3])", accept: "text/html")
            #expect(page.text.contains("href=\"/id/\(meant)\""))
            #expect(try await get(node, "/id/\(TestNode.prefix)/nothing").json["candidates"] == [])
        }
    }

    @Test func lookAlikesAreTakenForWhatTheyLookLike() {
        let identifier = Identifier(kind: .product, prefix: "a.b", payload: Array("look-alike 3".utf8))
        var typed = identifier.suffix
        let end = typed.index(before: typed.endIndex)
        for (digit, letter) in [("0", "O"), ("1", "l")] {
            let middle = typed.index(after: typed.startIndex)..<end
            typed = typed.replacing(digit, with: letter, subrange: middle)
        }
        #expect(IdentifierGuess.candidates(prefix: "a.b", suffix: typed).contains(identifier))
    }

    @Test func aCheckCharacterThatLooksLikeADigitIsStillTheCheckCharacter() throws {
        let identifiers = (0..<2000).map { Identifier(kind: .product, prefix: "a.b", payload: Array("check \($0)".utf8)) }
        for letter in "OILU" {
            let meant = try #require(identifiers.first { $0.suffix.last == letter })
            var swapped = Array(meant.suffix)
            swapped.swapAt(26, 27)
            for slip in [meant.suffix + "7", String(swapped), String(meant.suffix.dropLast()), meant.suffix.lowercased()] {
                #expect(IdentifierGuess.candidates(prefix: "a.b", suffix: slip).contains(meant), "\(meant): \(slip)")
            }
        }
    }

    @Test func whatIsNotThereIsSaidToBeNotThere() async throws {
        try await withNode { node in
            let other = Identifier(kind: .product, prefix: "86.gs.other", payload: [1])
            let foreign = try await get(node, "/id/\(other)")
            #expect(foreign.problem?.detail.contains("86.gs.other") == true)
            for (target, status) in [("/id/\(RouteUnderTest.thing(.right))", 404), ("/id?scheme=moid&value=none", 404), ("/id?scheme=moid", 400)] {
                let answer = try await get(node, target)
                #expect(answer.status == status, "\(target): \(answer)")
            }
        }
    }
}
