import Encoding
import Exchange
import Foundation
import Signing
import Testing

@testable import Node

/// The catalogue over HTTP: batches, reviews, facets and the export.
@Suite struct CatalogueRouteTests {
    static func item(_ provider: Identifier, _ title: String, number: Int? = nil, change: (inout ProductListing) -> Void = { _ in }) -> ProductListing {
        var listing = ProductListing(
            provider: provider, product: nil, version: 1, title: ["en": title, "zh": "目录项\(title)"], summary: ["en": "For tests."],
            keywords: ["test"], productClass: .basic, grade: .public, form: .dataset, origin: .selfCollected, licence: "CC-BY-4.0",
            updateCycle: "daily", data: nil)
        if let number { listing.externalIdentifiers = [ExternalIdentifier(scheme: "moid", value: "MOID-\(number)")] }
        change(&listing)
        return listing
    }

    static func batch(_ node: TestNode, _ listings: [ProductListing], by key: SigningKey) async throws -> Answer {
        let statements = try listings.map { try TestNode.sign(.productListing($0), by: key).json }
        return try await node.send(TestRequest("POST", "/api/v1/products/batch", json: ["statements": .array(statements)], signer: key))
    }

    private func statuses(_ answer: Answer) -> [Int64] { (answer.json["results"]?.arrayValue ?? []).map { $0["status"]?.integerValue ?? 0 } }

    static func setPolicy(_ node: TestNode, _ change: (inout SpacePolicy) -> Void) async throws {
        var policy = SpacePolicy()
        change(&policy)
        let statement = try TestNode.sign(.spacePolicy(policy), by: node.operatorKey)
        _ = try await node.services.sequencer.submit(Command(statement.verified { node.services.directory.key($0) }))
    }

    // MARK: Batches

    @Test func aBatchRecordsWhatIsSoundAndSaysWhatIsNot() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let provider = market.airport
            let size = node.services.ledger.size
            let listings = [
                Self.item(provider.identifier, "One", number: 1), Self.item(provider.identifier, "Two", number: 1),
                Self.item(market.bureau.identifier, "Three"), Self.item(provider.identifier, "Four", number: 4),
            ]
            let answer = try await Self.batch(node, listings, by: provider.key)
            #expect(statuses(answer) == [201, 409, 403, 201] || statuses(answer) == [201, 422, 403, 201], "\(answer)")
            let results = answer.json["results"]?.arrayValue ?? []
            #expect(results[1]["problem"]?["type"]?.stringValue == "/problems/identifier-taken")
            #expect(results[1]["problem"]?["detail"]?.stringValue?.contains(results[0]["identifier"]?.stringValue ?? "-") == true)
            #expect(node.services.ledger.size == size + 2)
            let found = try await node.get("/api/v1/products?q=MOID-4")
            #expect(found.json["items"]?.arrayValue?.first?["identifier"] == results[3]["identifier"])
        }
    }

    @Test func theSameBatchAgainIsAnsweredWithTheFirstReceipts() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let key = market.airport.key
            let statements = try (0..<5).map { try TestNode.sign(.productListing(Self.item(market.airport.identifier, "Item \($0)")), by: key).json }
            let request = TestRequest("POST", "/api/v1/products/batch", json: ["statements": .array(statements)], signer: key)
            let first = try await node.send(request)
            let again = try await node.send(request)
            #expect(statuses(first) == Array(repeating: 201, count: 5))
            #expect(statuses(again) == Array(repeating: 200, count: 5))
            func receipts(_ answer: Answer) -> [JSONValue?] { (answer.json["results"]?.arrayValue ?? []).map { $0["receipt"] } }
            #expect(receipts(first) == receipts(again))
        }
    }

    @Test func aBatchIsBoundedAndItsStatementsAreTheCallersOwn() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let many: [JSONValue] = Array(repeating: "x", count: CatalogueRoutes.maximumBatch + 1)
            let refused = try await node.send(
                TestRequest("POST", "/api/v1/products/batch", json: ["statements": .array(many)], signer: market.airport.key))
            #expect(refused.status == 400, "\(refused)")
            let foreign = try TestNode.sign(.productListing(Self.item(market.bureau.identifier, "Foreign")), by: market.bureau.key).json
            let answer = try await node.send(
                TestRequest("POST", "/api/v1/products/batch", json: ["statements": [foreign, 7]], signer: market.airport.key))
            #expect(statuses(answer) == [403, 400], "\(answer)")
        }
    }

    // MARK: Reviews

    @Test func aVersionIsFoundOnlyOnceTheOperatorHasApprovedIt() async throws {
        let directory = try await TestNode.makeHome()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let node = try TestNode.start(in: directory)
        let market = try await TestMarket(node)
        try await Self.setPolicy(node) { $0.catalogue.contentReview = .every }
        let listed = try await node.post(
            "/api/v1/products", .productListing(Self.item(market.airport.identifier, "Runways")), by: market.airport.key)
        #expect(listed.status == 201, "\(listed)")
        let product = try Identifier(listed.identifier)
        func found(_ node: TestNode) async throws -> [String] {
            (try await node.get("/api/v1/products?q=runways").json["items"]?.arrayValue ?? []).compactMap { $0["title"]?["en"]?.stringValue }
        }
        #expect(try await found(node) == [])
        let waiting = try await node.get("/api/v1/reviews", by: node.operatorKey)
        #expect(waiting.json["items"]?.arrayValue?.first?["product"]?.stringValue == product.text)
        #expect(try await node.get("/api/v1/reviews", by: market.bureau.key).json["total"]?.integerValue == 0)
        func review(_ version: Int64, _ verdict: ProductVerdict) async throws -> Answer {
            try await node.post(
                "/api/v1/products/\(product)/reviews",
                .catalogue(.review(ProductReview(product: product, version: version, verdict: verdict, reason: "read"))), by: node.operatorKey)
        }
        #expect(try await review(1, .approve).status == 201)
        #expect(try await found(node) == ["Runways"])
        let second = Self.item(market.airport.identifier, "Runways, lit") {
            $0.product = product
            $0.version = 2
        }
        #expect(try await node.post("/api/v1/products", .productListing(second), by: market.airport.key).status == 201)
        #expect(try await found(node) == ["Runways"])
        #expect(try await review(2, .approve).status == 201)
        #expect(try await found(node) == ["Runways, lit"])
        await node.server.stop()

        // An index that is built anew says the same.
        for name in try FileManager.default.contentsOfDirectory(atPath: directory + "/index") {
            try FileManager.default.removeItem(atPath: "\(directory)/index/\(name)")
        }
        let again = try TestNode.start(in: directory)
        #expect(try await found(again) == ["Runways, lit"])
        await again.server.stop()
    }

    @Test func theChecklistIsAnsweredReadAndReviewed() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            try await Self.setPolicy(node) { $0.catalogue.requireCompliance = true }
            let listed = try await node.post(
                "/api/v1/products", .productListing(Self.item(market.airport.identifier, "Apron")), by: market.airport.key)
            let product = try Identifier(listed.identifier)
            let path = "/api/v1/products/\(product)/compliance"
            #expect(try await node.get(path).status == 404)
            let declaration = ComplianceDeclaration(
                product: product, version: 1, answers: ComplianceAnswers(personalData: .none, lawfulSource: "own sensors"))
            #expect(try await node.post(path, .catalogue(.declaration(declaration)), by: market.airport.key).status == 201)
            let shown = try await node.get(path)
            #expect(shown.json["answers"]?["lawfulSource"]?.stringValue == "own sensors")
            let review = ComplianceReview(
                product: product, version: 1, declaration: shown.json["declaration"]?.stringValue ?? "", verdict: .accept, reason: "")
            #expect(try await node.get("/api/v1/products?q=apron").json["total"]?.integerValue == 0)
            let accepted = try await node.post(path + "/reviews", .catalogue(.complianceReview(review)), by: node.operatorKey)
            #expect(accepted.status == 201, "\(accepted)")
            #expect(try await node.get("/api/v1/products?q=apron").json["total"]?.integerValue == 1)
        }
    }

    // MARK: Facets and export

    @Test func searchesCountByFacets() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let id = market.airport.identifier
            let listings = [
                Self.item(id, "Tower"), Self.item(id, "Tower radio") { $0.form = .service },
                Self.item(id, "Gate") { $0.keywords = ["门"] },
            ]
            #expect(statuses(try await Self.batch(node, listings, by: market.airport.key)) == [201, 201, 201])
            let answer = try await node.get("/api/v1/products?q=tower&facets=form,keyword")
            #expect(answer.json["facets"] == [
                "form": [["value": "dataset", "count": 1], ["value": "service", "count": 1]], "keyword": [["value": "test", "count": 2]],
            ])
            #expect(answer.json["facetsAreExact"]?.boolValue == true)
            let services = try await node.get("/api/v1/products?form=service")
            #expect(services.json["items"]?.arrayValue?.count == 1)
            #expect(try await node.get("/api/v1/products?q=tower").json["facets"] == nil)
        }
    }

    @Test func theExportIsDCATPageByPage() async throws {
        try await withNode { node in
            let market = try await TestMarket(node)
            let id = market.airport.identifier
            let first = try await node.post("/api/v1/products", .productListing(Self.item(id, "Source", number: 7)), by: market.airport.key)
            let source = try Identifier(first.identifier)
            let listings = [
                Self.item(id, "Derived") {
                    $0.productClass = .derived
                    $0.grade = .restricted
                    $0.inputs = [ProductInput(name: "Source", origin: .selfCollected, licence: "CC-BY-4.0", product: source)]
                },
                Self.item(id, "Service") { $0.form = .service }, Self.item(id, "Gone"),
            ]
            let batch = try await Self.batch(node, listings, by: market.airport.key)
            let gone = try Identifier(batch.json["results"]?.arrayValue?[2]["identifier"]?.stringValue ?? "")
            _ = try await node.post(
                "/api/v1/products/\(gone)/withdrawal", .productWithdrawal(ProductWithdrawal(product: gone, reason: "over")), by: market.airport.key)
            var target: String? = "/api/v1/catalogue.jsonld?limit=1"
            var pages: [JSONValue] = []
            while let next = target, pages.count < 9 {
                let answer = try await node.get(next)
                #expect(answer.headers["Content-Type"] == "application/ld+json")
                pages.append(answer.json)
                target = answer.json["hydra:next"]?.stringValue
            }
            let datasets = pages.flatMap { $0["dcat:dataset"]?.arrayValue ?? [] }
            let services = pages.flatMap { $0["dcat:service"]?.arrayValue ?? [] }
            #expect(pages.count == 3 && datasets.count == 2 && services.count == 1)
            let original = try #require(datasets.first { $0["dct:identifier"]?.stringValue == source.text })
            #expect(original["@id"]?.stringValue == "/id/\(source)" && original["@type"]?.stringValue == "dcat:Dataset")
            #expect(original["adms:identifier"]?.arrayValue?.first?["skos:notation"]?.stringValue == "MOID-7")
            #expect(original["dct:title"]?.arrayValue?.contains(["@language": "zh", "@value": "目录项Source"]) == true)
            #expect(original["dct:accessRights"]?["@id"]?.stringValue?.hasSuffix("/PUBLIC") == true)
            let derived = try #require(datasets.first { $0["dct:identifier"]?.stringValue != source.text })
            #expect(derived["prov:wasDerivedFrom"] == [["@id": .string("/id/\(source)")]])
            #expect(derived["dct:accessRights"]?["@id"]?.stringValue?.hasSuffix("/RESTRICTED") == true)
            expectDeclaredTerms(.array(pages))
        }
    }

    /// Every member is a keyword of JSON-LD or a term of a vocabulary that the context declares: a reader drops what is not.
    private func expectDeclaredTerms(_ value: JSONValue) {
        switch value {
        case .array(let elements): elements.forEach(expectDeclaredTerms)
        case .object(let object):
            let prefixes = Set(CatalogueExport.context.objectValue?.names ?? [])
            for member in object.members where member.name != "@context" {
                let prefix = String(member.name.prefix { $0 != ":" })
                #expect(["@id", "@type", "@value", "@language"].contains(member.name) || prefixes.contains(prefix), "\(member.name)")
                expectDeclaredTerms(member.value)
            }
        default: break
        }
    }
}
