import Encoding
import Testing

@testable import Storage

@Suite struct IndexFacetTests {
    let folder = VaultTestFolder()

    private func document(
        _ name: String, _ title: String, class productClass: String = "basic", form: String = "dataset", cycle: String = "daily",
        keywords: [String] = [], externals: [CatalogueDocument.ExternalIdentifier] = [], status: String = "listed", text: String = ""
    ) -> CatalogueDocument {
        CatalogueDocument(
            identifier: name, provider: "P1", titles: ["en": title], descriptions: ["en": text], keywords: keywords, grade: "public",
            class: productClass, form: form, updateCycle: cycle, externalIdentifiers: externals, status: status,
            updated: Timestamp(milliseconds: 1), seq: 1, body: .null)
    }

    private func filled() throws -> CatalogueIndex {
        let index = try CatalogueIndex.open("\(folder.path)/index.sqlite")
        try index.upsert(document("a", "River levels", keywords: ["水利", "river"]))
        try index.upsert(document("b", "River quality", class: "feature", keywords: ["river"]))
        try index.upsert(document("c", "Soil map", form: "report", cycle: "yearly", keywords: ["soil"]))
        try index.upsert(document("d", "Soil samples", status: "submitted"))
        return index
    }

    private func counts(_ index: CatalogueIndex, _ query: CatalogueQuery, _ facet: CatalogueFacet) throws -> [String] {
        var query = query
        query.facets = [facet]
        return try index.search(query).facets[facet, default: []].map { "\($0.value) \($0.count)" }
    }

    @Test func facetsCountWhatTheQueryFindsAndNothingElse() throws {
        let index = try filled()
        let all = CatalogueQuery(text: "")
        #expect(try counts(index, all, .class) == ["basic 2", "feature 1"])
        #expect(try counts(index, all, .form) == ["dataset 2", "report 1"])
        #expect(try counts(index, all, .updateCycle) == ["daily 2", "yearly 1"])
        #expect(try counts(index, all, .provider) == ["P1 3"])
        #expect(try counts(index, all, .keyword) == ["river 2", "soil 1", "水利 1"])
        #expect(try counts(index, CatalogueQuery(text: "river"), .class) == ["basic 1", "feature 1"])
        #expect(try counts(index, CatalogueQuery(text: "river", class: "feature"), .keyword) == ["river 1"])
        #expect(try counts(index, CatalogueQuery(text: "", keyword: "soil"), .form) == ["report 1"])
        #expect(try counts(index, CatalogueQuery(text: "", keyword: "nothing"), .form) == [])
        #expect(try index.search(all).facets.isEmpty)
    }

    @Test func everyFilterNarrowsTheHits() throws {
        let index = try filled()
        #expect(try index.search(CatalogueQuery(text: "", form: "report")).hits.map(\.identifier) == ["c"])
        #expect(try index.search(CatalogueQuery(text: "soil", updateCycle: "yearly")).hits.map(\.identifier) == ["c"])
        #expect(try index.search(CatalogueQuery(text: "river", keyword: "水利")).hits.map(\.identifier) == ["a"])
        #expect(try index.search(CatalogueQuery(text: "", keyword: "水")).hits.isEmpty)
    }

    @Test func whatIsNotListedIsFoundOnlyByWhoAsksForIt() throws {
        let index = try filled()
        #expect(try index.found("soil") == ["c"])
        #expect(Set(try index.found("soil", includeWithdrawn: true)) == ["c", "d"])
        try index.apply([.status(identifier: "d", status: "listed", updated: Timestamp(milliseconds: 2), seq: 9)], position: nil)
        #expect(Set(try index.found("soil")) == ["c", "d"])
        #expect(try counts(index, CatalogueQuery(text: "soil"), .form) == ["dataset 1", "report 1"])
        try index.withdraw("d", updated: Timestamp(milliseconds: 3), seq: 10)
        #expect(try index.found("soil") == ["c"])
        #expect(try counts(index, CatalogueQuery(text: ""), .provider) == ["P1 3"])
        #expect(try counts(index, CatalogueQuery(text: "", includeWithdrawn: true), .provider) == ["P1 4"])
    }

    @Test func externalIdentifiersFindTheirThingFirst() throws {
        let index = try filled()
        let number = CatalogueDocument.ExternalIdentifier(scheme: "moid", value: "MOID-620000.17/3")
        try index.upsert(document("e", "Trees", externals: [number]))
        try index.upsert(document("f", "About MOID 620000 17 3 and others"))
        #expect(try index.found("MOID-620000.17/3") == ["e", "f"])
        #expect(try index.found("moid moid-620000.17/3").first == "e")
        #expect(try index.search(CatalogueQuery(text: "moid-620000.17/3")).hits.first?.rank == 0)
        #expect(try index.found("620000").contains("e"))
    }

    @Test func aNewVersionIsCountedOnceAndAReopenedIndexCountsTheSame() throws {
        let index = try filled()
        for version in 2...5 { try index.upsert(document("a", "River levels \(version)", cycle: "hourly", keywords: ["river"])) }
        try index.remove("b")
        let again = try CatalogueIndex.open("\(folder.path)/index.sqlite")
        for opened in [index, again] {
            #expect(try counts(opened, CatalogueQuery(text: ""), .updateCycle) == ["hourly 1", "yearly 1"])
            #expect(try counts(opened, CatalogueQuery(text: ""), .keyword) == ["river 1", "soil 1"])
        }
        try index.reset()
        #expect(try counts(index, CatalogueQuery(text: ""), .class) == [])
    }

    @Test func aCursorOfOtherFiltersIsRefused() throws {
        let index = try filled()
        let page = try index.search(CatalogueQuery(text: "", form: "dataset", limit: 1))
        let cursor = try #require(page.nextCursor)
        #expect(throws: IndexError.badCursor) { try index.search(CatalogueQuery(text: "", limit: 1, cursor: cursor)) }
        #expect(try index.search(CatalogueQuery(text: "", form: "dataset", limit: 1, cursor: cursor)).hits.count == 1)
    }

    @Test func countsGoFurtherThanTheTotalAndLeaveItAsItIs() throws {
        let index = try CatalogueIndex.open("\(folder.path)/index.sqlite")
        try index.apply((0..<1_010).map { .upsert(document("p\($0)", "River \($0)")) }, position: nil)
        let plain = try index.search(CatalogueQuery(text: "river", limit: 3))
        let counted = try index.search(CatalogueQuery(text: "river", facets: [.form], limit: 3))
        #expect(plain.hits == counted.hits)
        for page in [plain, counted] { #expect(page.total == 1_000 && !page.totalIsExact && page.facetsAreExact) }
        #expect(counted.facets == [.form: [FacetCount(value: "dataset", count: 1_010)]])
    }

    @Test func whatIsNotListedIsLeftOutOfEveryRankPageAndFilter() throws {
        let index = try CatalogueIndex.open("\(folder.path)/index.sqlite")
        for number in 0..<12 {
            let titles = ["River", "River levels \(number)", "Levels of river \(number)", "Levels \(number)"]
            let status = number % 3 == 1 ? "submitted" : "listed"
            for (rank, title) in titles.enumerated() {
                let text = rank == 3 ? "river" : ""
                try index.upsert(document("\(number)-\(rank)", title, form: "f\(number % 2)", status: status, text: text))
            }
        }
        for rank in 0..<4 { try index.withdraw("3-\(rank)", updated: Timestamp(milliseconds: 2), seq: 2) }
        for form in [nil, "f0", "f1"] {
            let shown = (0..<12).filter { $0 % 3 != 1 && $0 != 3 && (form == nil || "f\($0 % 2)" == form) }
            let expected = (0..<4).flatMap { rank in shown.reversed().map { "\($0)-\(rank)" } }
            var found: [String] = []
            var query = CatalogueQuery(text: "river", form: form, facets: [.provider], limit: 5)
            repeat {
                let page = try index.search(query)
                found += page.hits.map(\.identifier)
                #expect(page.total == expected.count && page.facets[.provider]?.map(\.count) == [expected.count])
                query.cursor = page.nextCursor
            } while query.cursor != nil
            #expect(found == expected)
        }
    }
}
