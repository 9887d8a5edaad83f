import HTTPTransport
import Markup

/// Chooses among what a resource can be shown as (RFC 9110 section 12.5).
enum ContentChoice {
    /// More than this many alternatives are not looked at.
    private static let maximumAlternatives = 32

    /// The one of the offered media types that the request's `Accept` likes best; of equals the first offered, which is also
    /// the answer where there is no `Accept`, or none of them is acceptable.
    static func mediaType(_ request: HTTPRequest, offered: [String]) -> String {
        let ranges = weighted(request.headers.combined("Accept"))
        return best(offered, by: ranges) { range, type in
            if range == type { return 2 }
            if range.hasSuffix("/*"), type.hasPrefix(range.dropLast()) { return 1 }
            return range == "*/*" ? 0 : nil
        }
    }

    static func prefersHTML(_ request: HTTPRequest) -> Bool {
        mediaType(request, offered: ["application/json", "text/html"]) == "text/html"
    }

    /// The language that `?lang=` asks for, else what `Accept-Language` likes best, else both.
    static func language(_ request: HTTPRequest) throws -> PageLanguage {
        if let asked = try TargetQuery.choice(request, "lang", PageLanguage.self) { return asked }
        guard let header = request.headers.combined("Accept-Language") else { return .both }
        let tag = best(["both", "zh", "en"], by: weighted(header)) { range, tag in
            range == tag || range.hasPrefix(tag + "-") ? 1 : nil
        }
        return PageLanguage(rawValue: tag) ?? .both
    }

    /// The range of greatest precision decides on each offer (section 12.5.1).
    private static func best(
        _ offered: [String], by ranges: [(range: String, weight: Int)], precision: (_ range: String, _ offer: String) -> Int?
    ) -> String {
        var chosen = (offer: offered.first ?? "", weight: 0)
        for offer in offered {
            var found = (precision: -1, weight: 0)
            for (range, weight) in ranges {
                guard let exact = precision(range, offer), exact > found.precision else { continue }
                found = (exact, weight)
            }
            if found.weight > chosen.weight { chosen = (offer, found.weight) }
        }
        return chosen.offer
    }

    /// Each alternative in lower case, with its quality in thousandths; what is malformed is passed over.
    private static func weighted(_ header: String?) -> [(range: String, weight: Int)] {
        guard let header, header.utf8.count <= 4096 else { return [] }
        return header.split(separator: ",").prefix(maximumAlternatives).compactMap { part in
            let pieces = part.split(separator: ";").map { $0.trimmingSpaces.lowercased() }
            guard let range = pieces.first, !range.isEmpty else { return nil }
            guard let quality = pieces.dropFirst().first(where: { $0.hasPrefix("q=") }) else { return (range, 1000) }
            guard let number = Double(quality.dropFirst(2)), (0...1).contains(number) else { return nil }
            return (range, Int(number * 1000))
        }
    }
}

extension Substring {
    fileprivate var trimmingSpaces: Substring {
        let start = drop { $0 == " " || $0 == "\t" }
        guard let last = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return start[...last]
    }
}
