import Encoding
import Signing
import Testing

@testable import Storage

func indexTestDocument(
    _ name: String, zh: String = "", en: String = "", zhText: String = "", enText: String = "",
    keywords: [String] = [], provider: String = "P1", grade: String = "核心", class productClass: String = "基础",
    status: String = "listed", seq: UInt64 = 1
) -> CatalogueDocument {
    CatalogueDocument(
        identifier: name, provider: provider, titles: ["zh": zh, "en": en],
        descriptions: ["zh": zhText, "en": enText], keywords: keywords, grade: grade, class: productClass,
        status: status, updated: Timestamp(milliseconds: 1_000), seq: seq, body: ["id": .string(name)])
}

extension CatalogueIndex {
    /// The identifiers that a text finds, best first.
    func found(_ text: String, includeWithdrawn: Bool = false) throws -> [String] {
        try search(CatalogueQuery(text: text, includeWithdrawn: includeWithdrawn)).hits.map(\.identifier)
    }
}

@Suite struct IndexSearchTests {
    let folder = VaultTestFolder()
    func index() throws -> CatalogueIndex { try CatalogueIndex.open("\(folder.path)/index.sqlite") }

    func filled() throws -> CatalogueIndex {
        let index = try index()
        for document in [
            indexTestDocument(
                "flights", zh: "航班准点数据", en: "Flights on time", zhText: "每一次航班的起飞延误", enText: "Departure delays",
                keywords: ["aviation"], provider: "airport"),
            indexTestDocument(
                "weather", zh: "逐小时天气观测", en: "Hourly weather", zhText: "机场的风速和能见度", enText: "Wind speed, visibility",
                keywords: ["meteorology", "气象"], provider: "bureau", grade: "一般"),
            indexTestDocument(
                "sheep", zh: "环县羊只检疫", en: "Sheep quarantine", zhText: "天气数据不在其中", enText: "No weather, no Café",
                provider: "bureau", class: "衍生"),
        ] { try index.upsert(document) }
        return index
    }

    @Test(arguments: [
        ("航班", ["flights"]), ("准点数据", ["flights"]), ("延误 航班", ["flights"]), ("班", ["flights"]),
        ("据", ["sheep", "flights"]), ("风", ["weather"]), ("气象", ["weather"]), ("羊只检疫", ["sheep"]),
        ("小时天", ["weather"]), ("天气 能见度", ["weather"]), ("航班天气", []), ("数据准点", []),
    ])
    func chineseWordsOfAnyLengthAreFound(text: String, expected: [String]) throws {
        #expect(Set(try filled().found(text)) == Set(expected))
    }

    @Test(arguments: [
        ("flights", ["flights"]), ("FLIGHTS", ["flights"]), ("ｆｌｉｇｈｔｓ", ["flights"]), ("fli", ["flights"]),
        ("speed wind", ["weather"]), ("cafe", ["sheep"]), ("café", ["sheep"]), ("cafe\u{301}", ["sheep"]),
        ("aviation departure", ["flights"]), ("flights sheep", []), ("weather 风速", ["weather"]), ("ights", []),
        ("flight", ["flights"]), ("departures", ["flights"]), ("delayed flight", ["flights"]),
    ])
    func englishWordsAreFoundByTheirBeginningsInAnyCase(text: String, expected: [String]) throws {
        #expect(try filled().found(text) == expected)
    }

    @Test func titlesRankAboveKeywordsAndKeywordsAboveDescriptions() throws {
        let index = try index()
        try index.upsert(indexTestDocument("exact", en: "Wheat"))
        try index.upsert(indexTestDocument("start", en: "Wheat prices of the county"))
        try index.upsert(indexTestDocument("title", en: "Prices of wheat"))
        try index.upsert(indexTestDocument("keyword", en: "Prices", keywords: ["wheat"]))
        try index.upsert(indexTestDocument("text", en: "Prices", enText: "Of wheat and maize"))
        let page = try index.search(CatalogueQuery(text: "wheat"))
        #expect(page.hits.map(\.identifier) == ["exact", "start", "title", "keyword", "text"])
        #expect(page.hits.map(\.rank) == [0, 1, 2, 3, 4])
        #expect(page.total == 5 && page.totalIsExact && page.nextCursor == nil)
    }

    @Test func withinARankTheLatestUpdateComesFirst() throws {
        let index = try filled()
        #expect(try index.found("") == ["sheep", "weather", "flights"])
        try index.upsert(indexTestDocument("flights", en: "Flights, second version", seq: 9))
        let page = try index.search(CatalogueQuery(text: ""))
        #expect(page.hits.map(\.identifier) == ["flights", "sheep", "weather"])
        #expect(page.hits.first?.seq == 9)
        #expect(try index.found("延误").isEmpty, "the earlier version must not be found any more")
    }

    @Test func anIdentifierFindsItsProductFirstAndOnce() throws {
        let index = try index()
        try index.upsert(indexTestDocument("86.gs.qingyang/D0ABC", en: "Wheat"))
        try index.upsert(indexTestDocument("other", en: "Wheat", enText: "derived from 86.gs.qingyang/D0ABC"))
        #expect(try index.found("86.gs.qingyang/D0ABC") == ["86.gs.qingyang/D0ABC", "other"])
        #expect(try index.document("other")?.body == ["id": "other"])
        #expect(try index.document("nothing") == nil)
    }

    @Test func filtersNarrowTheSearch() throws {
        let index = try filled()
        func found(_ query: CatalogueQuery) throws -> Set<String> { Set(try index.search(query).hits.map(\.identifier)) }
        #expect(try found(CatalogueQuery(text: "", provider: "bureau")) == ["weather", "sheep"])
        #expect(try found(CatalogueQuery(text: "weather", provider: "bureau", grade: "一般")) == ["weather"])
        #expect(try found(CatalogueQuery(text: "天气", class: "衍生")) == ["sheep"])
        #expect(try found(CatalogueQuery(text: "", provider: "bur")) == [])
        #expect(try found(CatalogueQuery(text: "flights", provider: "bureau")) == [])
    }

    @Test func withdrawnProductsAreFoundOnlyOnRequest() throws {
        let index = try filled()
        try index.withdraw("weather", updated: Timestamp(milliseconds: 5), seq: 7)
        #expect(try index.found("weather") == ["sheep"])
        #expect(try index.found("weather", includeWithdrawn: true) == ["weather", "sheep"])
        #expect(try index.document("weather")?.status == "withdrawn")
        #expect(try index.document("weather")?.seq == 7)
        try index.remove("weather")
        #expect(try index.found("weather", includeWithdrawn: true) == ["sheep"])
        #expect(try index.document("weather") == nil)
    }

    @Test(arguments: [
        "\"", "'", "\"\"\"", "* *", "NEAR(a b)", "a AND", "a OR b", "NOT a", "terms:a", "{terms} : a", "a - b", "^a", "(",
        ")", "a\" OR \"b", "'; DROP TABLE words; --", "\u{0}", "a\u{0}b", "\\", "%", "_", "fprovider", "🐑", "\u{FE0F}", "zzz",
        "a^2", "+a", "::", "?1", "$a", "@a", "-", "。，！", "\u{202E}a", "天\u{E0100}气",
    ])
    func hostileTextIsOnlyText(text: String) throws {
        let index = try filled()
        _ = try index.search(CatalogueQuery(text: text))
        _ = try index.search(CatalogueQuery(text: text, provider: text, grade: text, class: text, includeWithdrawn: true))
        #expect(try index.found("flights") == ["flights"])
    }

    @Test func operatorsAreWords() throws {
        let index = try index()
        try index.upsert(indexTestDocument("a", en: "rock AND roll"))
        try index.upsert(indexTestDocument("b", en: "rock roll"))
        #expect(try index.found("rock AND roll") == ["a"])
        #expect(try index.found("rock OR wheat").isEmpty)
        #expect(try index.found("rock NOT roll").isEmpty)
        #expect(try index.found("!!!").isEmpty, "punctuation alone finds nothing")
    }

    @Test func overlongQueriesAndLimitsAreRefused() throws {
        let index = try filled()
        #expect(throws: IndexError.self) { try index.found(String(repeating: "a", count: 513)) }
        #expect(throws: IndexError.self) { try index.found(String(repeating: "a ", count: 17)) }
        #expect(throws: IndexError.badLimit(0)) { try index.search(CatalogueQuery(text: "", limit: 0)) }
        #expect(throws: IndexError.badLimit(201)) { try index.search(CatalogueQuery(text: "", limit: 201)) }
    }

    @Test(arguments: ["", "wheat", "小麦"])
    func pagesJoinToTheWholeWithoutRepetition(text: String) throws {
        let index = try index()
        var changes: [IndexChange] = []
        for number in 0..<57 {
            let word = "wheat 小麦"
            changes.append(
                .upsert(
                    indexTestDocument(
                        "d\(number)", en: number % 3 == 0 ? word : "other", enText: number % 3 == 1 ? word : "",
                        keywords: number % 3 == 2 ? [word] : [])))
        }
        try index.apply(changes, position: nil)
        let whole = try index.search(CatalogueQuery(text: text, limit: 200))
        #expect(whole.hits.count == 57 && whole.total == 57)
        var joined: [CatalogueHit] = []
        var cursor: String?
        repeat {
            let page = try index.search(CatalogueQuery(text: text, limit: 10, cursor: cursor))
            joined += page.hits
            cursor = page.nextCursor
        } while cursor != nil
        #expect(joined == whole.hits)
    }

    @Test func aCursorOfAnotherQueryIsRefused() throws {
        let index = try filled()
        let cursor = try #require(try index.search(CatalogueQuery(text: "", limit: 1)).nextCursor)
        _ = try index.search(CatalogueQuery(text: "", limit: 2, cursor: cursor))
        for query in [
            CatalogueQuery(text: "天气", cursor: cursor), CatalogueQuery(text: "", provider: "P", cursor: cursor),
            CatalogueQuery(text: "", cursor: "x"), CatalogueQuery(text: "", cursor: cursor + "9999999999999999999"),
            CatalogueQuery(text: "", cursor: "--"),
        ] { #expect(throws: IndexError.badCursor) { try index.search(query) } }
    }

    /// Prints times; asserts only that the answers are right.
    @Test func tenThousandProductsAreSearchedInBoundedTime() throws {
        let words = ["天气", "航班", "小麦", "土壤", "银行", "weather", "flight", "wheat", "soil", "bank"]
        let index = try index()
        var random = vaultTestBytes(60_000, seed: 11).makeIterator()
        func word() -> String { words[Int(random.next() ?? 0) % words.count] }
        let clock = ContinuousClock()
        let changes = (0..<10_000).map { number in
            IndexChange.upsert(
                indexTestDocument(
                    "d\(number)", zh: "\(word())数据集", en: "\(word()) dataset \(number)", zhText: "\(word())，\(word())，每天",
                    enText: "\(word()) and \(word()), updated daily", provider: "p\(number % 100)"))
        }
        let filling = try clock.measure { try index.apply(changes, position: nil) }
        print("index 10,000 products:", filling)
        for query in [
            CatalogueQuery(text: "数据"), CatalogueQuery(text: "daily"), CatalogueQuery(text: "天气 soil"),
            CatalogueQuery(text: "每"), CatalogueQuery(text: "dataset 4711"), CatalogueQuery(text: "bank", provider: "p7"),
            CatalogueQuery(text: "nothing"), CatalogueQuery(text: "天气 航班 小麦 土壤 银行"), CatalogueQuery(text: ""),
        ] {
            var page: CataloguePage?
            let time = try clock.measure { page = try index.search(query) }
            print("search \"\(query.text)\" \(query.provider ?? ""):", time, page?.total ?? 0)
        }
        #expect(try index.search(CatalogueQuery(text: "数据")).total == 1_000)
        #expect(try !index.search(CatalogueQuery(text: "数据")).totalIsExact)
        #expect(try index.found("dataset 4711") == ["d4711"])
    }
}
