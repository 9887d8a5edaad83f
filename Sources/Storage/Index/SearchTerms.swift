import Encoding
import Signing

/// The terms under which a document is found, and the full-text expressions that look for them.
///
/// All terms live in one column of one full-text table; a first letter says where a term stands. So every tier of the
/// ranking, and every filter, reads only the (short) lists of its own terms, newest document first, and stops when the
/// page is full: a word that every product contains costs no more than a rare one. Ranking by bm25 would have to visit
/// every match; on 100,000 products that takes 25 to 90 ms where this takes less than one.
enum SearchTerms {
    /// Where a term stands. `start` is the first term of a title, `exact` a hash of a whole title.
    private enum Place: String {
        case exact = "e"
        case start = "s"
        case title = "t"
        case key = "k"
        case any = "a"
        case facet = "f"
    }

    /// How well a document matches; lower is better.
    enum Tier: Int, CaseIterable {
        /// A title, or the identifier, is the search text.
        case exact
        /// A title begins with the search text's first word, and titles hold all the words.
        case start
        /// The titles hold all the words.
        case title
        /// Titles and keywords together do.
        case key
        /// Titles, keywords and descriptions together do.
        case any
    }

    // MARK: Storing

    static func terms(of document: CatalogueDocument) -> String {
        let titles = document.titles.sorted { $0.key < $1.key }.map { SearchText.runs($0.value) }
        let keywords = document.keywords.map(SearchText.runs)
        let descriptions = document.descriptions.sorted { $0.key < $1.key }.map { SearchText.runs($0.value) }
        let numbers = document.externalIdentifiers.map { [SearchText.runs($0.value), SearchText.runs("\($0.scheme) \($0.value)")] }
        var terms = titles.map(exactTerm) + [exactTerm(SearchText.runs(document.identifier))]
        terms += numbers.joined().map(exactTerm)
        terms += titles.compactMap { $0.first?.terms.first.map { Place.start.rawValue + $0 } }
        append(titles, .title, &terms)
        append(titles + keywords, .key, &terms)
        let others = [SearchText.runs(document.identifier)] + numbers.compactMap(\.last)
        append(titles + keywords + descriptions + others, .any, &terms)
        terms += facets(of: document)
        return terms.joined(separator: " ")
    }

    /// Texts are kept apart by a term that no search asks for, so that no phrase is found across two of them.
    private static func append(_ texts: [[SearchText.Run]], _ place: Place, _ terms: inout [String]) {
        for text in texts {
            for run in text { terms += run.terms.map { place.rawValue + $0 } }
            terms.append("zzz")
        }
    }

    private static func facets(of document: CatalogueDocument) -> [String] {
        var facets = [facet("provider", document.provider), facet("grade", document.grade)]
        facets.append(facet("class", document.class))
        facets.append(facet("form", document.form))
        facets.append(facet("cycle", document.updateCycle))
        facets += document.keywords.map { facet("keyword", $0) }
        facets.append(document.status == CatalogueDocument.listedStatus ? offered : hidden)
        return facets
    }

    private static let offered = facet("state", "offered")
    /// What documents that are not offered have instead. Searches for words leave these out rather than ask for the
    /// offered ones: that list is as long as the catalogue, and going along it took as long as all the rest.
    private static let hidden = facet("state", "hidden")

    /// The terms of a document when it has come to be offered, or is so no more.
    static func offered(_ terms: String, _ isOffered: Bool) -> String {
        let others = terms.split(separator: " ").filter { $0 != offered && $0 != hidden }.joined(separator: " ")
        return others + " " + (isOffered ? offered : hidden)
    }

    private static func facet(_ name: String, _ value: String) -> String {
        Place.facet.rawValue + name + Hexadecimal.encode(value.utf8) + unstemmed
    }

    /// Ends the terms that are no words: the tokenizer's stemming of English leaves what ends with a digit alone.
    private static let unstemmed = "0"

    private static func exactTerm(_ runs: [SearchText.Run]) -> String {
        let text = runs.flatMap(\.phrase).joined(separator: " ")
        return Place.exact.rawValue + Hexadecimal.encode(SHA256.hash(Array(text.utf8)).bytes.prefix(8)) + unstemmed
    }

    // MARK: Searching

    /// Terms that must follow one another. `isOpen` lets the last one go on (weath finds weather); it is set only
    /// where it must be, because all terms with one beginning have to be merged before the first hit is known.
    struct Phrase {
        var terms: [String]
        var isOpen: Bool
    }

    /// The expression that tells whether a word is in some text just as it is, stemming apart.
    static func exactly(_ word: String) -> String { quoted([Place.any.rawValue + word]) }

    /// The full-text expression for one tier and all that are better; `nil` where a query without words has no such
    /// tier. Every piece of the user's text stands in quotes, so nothing in it is an operator.
    static func expression(_ query: CatalogueQuery, _ phrases: [Phrase], _ tier: Tier) -> String? {
        if phrases.isEmpty { return tier == .any ? wholeExpression(query, phrases) : nil }
        return shown(query, facets(of: query) + ["(\(words(query, phrases, tier)))"])
    }

    /// The expression for one tier without the better ones.
    static func remainder(_ query: CatalogueQuery, _ phrases: [Phrase], _ tier: Tier) -> String? {
        guard let expression = expression(query, phrases, tier) else { return nil }
        guard !phrases.isEmpty, let better = Tier(rawValue: tier.rawValue - 1) else { return expression }
        // An identifier is no title, so a document of the first tier need not be in the next ones: it is named again.
        let others = "(\(words(query, phrases, better))) OR \(words(query, phrases, .exact))"
        return "(\(expression)) NOT (\(others))"
    }

    /// The expression that every matching document satisfies, of whatever tier.
    static func wholeExpression(_ query: CatalogueQuery, _ phrases: [Phrase]) -> String {
        let words = phrases.isEmpty ? [] : ["(\(words(query, phrases, .any)))"]
        return shown(query, facets(of: query) + words)
    }

    /// What fits all the conditions, and may be shown.
    private static func shown(_ query: CatalogueQuery, _ conditions: [String]) -> String {
        if query.includeWithdrawn { return conditions.joined(separator: " AND ") }
        // Something has to be there to leave others out of.
        if conditions.isEmpty { return quoted([offered]) }
        return "(\(conditions.joined(separator: " AND "))) NOT \(quoted([hidden]))"
    }

    private static func words(_ query: CatalogueQuery, _ phrases: [Phrase], _ tier: Tier) -> String {
        func all(_ place: Place) -> [String] { phrases.map { expression($0, place) } }
        switch tier {
        case .exact: return quoted([exactTerm(SearchText.runs(query.text))])
        case .start:
            let first = phrases.prefix(1).map { phrase in
                let term = Array(phrase.terms.prefix(1))
                return expression(Phrase(terms: term, isOpen: phrase.isOpen && phrase.terms.count == 1), .start)
            }
            return (first + all(.title)).joined(separator: " AND ")
        case .title: return all(.title).joined(separator: " AND ")
        case .key: return all(.key).joined(separator: " AND ")
        case .any: return all(.any).joined(separator: " AND ")
        }
    }

    private static func expression(_ phrase: Phrase, _ place: Place) -> String {
        quoted(phrase.terms.map { place.rawValue + $0 }) + (phrase.isOpen ? " *" : "")
    }

    private static func quoted(_ terms: [String]) -> String {
        "\"" + terms.joined(separator: " ").replacing("\"", with: "\"\"") + "\""
    }

    private static func facets(of query: CatalogueQuery) -> [String] {
        var facets: [String] = []
        if let provider = query.provider { facets.append(facet("provider", provider)) }
        if let grade = query.grade { facets.append(facet("grade", grade)) }
        if let productClass = query.class { facets.append(facet("class", productClass)) }
        if let form = query.form { facets.append(facet("form", form)) }
        if let cycle = query.updateCycle { facets.append(facet("cycle", cycle)) }
        if let keyword = query.keyword { facets.append(facet("keyword", keyword)) }
        return facets.map { quoted([$0]) }
    }
}
