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
        var terms = titles.map(exactTerm) + [exactTerm(SearchText.runs(document.identifier))]
        terms += titles.compactMap { $0.first?.terms.first.map { Place.start.rawValue + $0 } }
        append(titles, .title, &terms)
        append(titles + keywords, .key, &terms)
        append(titles + keywords + descriptions + [SearchText.runs(document.identifier)], .any, &terms)
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
        if document.status != CatalogueDocument.withdrawnStatus { facets.append(offered) }
        return facets
    }

    private static let offered = facet("state", "offered")

    /// The terms of a document after its withdrawal.
    static func withdrawn(_ terms: String) -> String {
        terms.split(separator: " ").filter { $0 != offered }.joined(separator: " ")
    }

    private static func facet(_ name: String, _ value: String) -> String {
        Place.facet.rawValue + name + Hexadecimal.encode(value.utf8)
    }

    private static func exactTerm(_ runs: [SearchText.Run]) -> String {
        let text = runs.flatMap(\.phrase).joined(separator: " ")
        return Place.exact.rawValue + Hexadecimal.encode(SHA256.hash(Array(text.utf8)).bytes.prefix(8))
    }

    // MARK: Searching

    /// The full-text expression for one tier, without the documents of the better tier; `nil` where a query without
    /// words has no such tier. Every piece of the user's text stands in quotes, so nothing in it is an operator.
    static func expression(_ query: CatalogueQuery, _ runs: [SearchText.Run], _ tier: Tier) -> String? {
        let facets = facets(of: query)
        if runs.isEmpty {
            guard tier == .any else { return nil }
            return facets.isEmpty ? "" : facets.joined(separator: " AND ")
        }
        var expression = words(runs, tier)
        // An identifier is no title, so a document of the first tier need not be in the next ones: it is named again.
        if let better = Tier(rawValue: tier.rawValue - 1) {
            expression = "(\(expression)) NOT ((\(words(runs, better))) OR \(words(runs, .exact)))"
        }
        return (facets + ["(\(expression))"]).joined(separator: " AND ")
    }

    /// The expression that every matching document satisfies, of whatever tier.
    static func wholeExpression(_ query: CatalogueQuery, _ runs: [SearchText.Run]) -> String {
        let words = runs.isEmpty ? [] : ["(\(words(runs, .any)))"]
        return (facets(of: query) + words).joined(separator: " AND ")
    }

    private static func words(_ runs: [SearchText.Run], _ tier: Tier) -> String {
        switch tier {
        case .exact: quoted([exactTerm(runs)])
        case .start:
            (runs.prefix(1).map { phrase($0.phrase.prefix(1), .start, isOpen: $0.phrase.count == 1 && $0.isOpen) }
                + runs.map { phrase($0.phrase[...], .title, isOpen: $0.isOpen) }).joined(separator: " AND ")
        case .title: runs.map { phrase($0.phrase[...], .title, isOpen: $0.isOpen) }.joined(separator: " AND ")
        case .key: runs.map { phrase($0.phrase[...], .key, isOpen: $0.isOpen) }.joined(separator: " AND ")
        case .any: runs.map { phrase($0.phrase[...], .any, isOpen: $0.isOpen) }.joined(separator: " AND ")
        }
    }

    /// Terms that must follow one another; `isOpen` lets the last one go on (weath finds weather).
    private static func phrase(_ terms: ArraySlice<String>, _ place: Place, isOpen: Bool) -> String {
        quoted(terms.map { place.rawValue + $0 }) + (isOpen ? " *" : "")
    }

    private static func quoted(_ terms: [String]) -> String {
        "\"" + terms.joined(separator: " ").replacing("\"", with: "\"\"") + "\""
    }

    private static func facets(of query: CatalogueQuery) -> [String] {
        var facets: [String] = []
        if let provider = query.provider { facets.append(facet("provider", provider)) }
        if let grade = query.grade { facets.append(facet("grade", grade)) }
        if let productClass = query.class { facets.append(facet("class", productClass)) }
        if !query.includeWithdrawn { facets.append(offered) }
        return facets.map { quoted([$0]) }
    }
}
