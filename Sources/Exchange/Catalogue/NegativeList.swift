import Encoding

/// What may not be listed in the space.
public struct NegativeTerm: Sendable, Hashable, Codable {
    public enum Place: String, Sendable, CaseIterable, Codable {
        /// Anywhere in any text of a listing, also inside a word.
        case text
        /// What a listing is about: one of its keywords is the term.
        case subject
    }

    public var term: String
    /// What a provider is told.
    public var reason: String
    public var place: Place

    public init(term: String, reason: String, place: Place = .text) {
        self.term = term
        self.reason = reason
        self.place = place
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        term = try cursor.member("term").text(1...100)
        reason = try cursor.member("reason").text(1...500)
        place = try cursor.optionalMember("in")?.oneOf(Place.self) ?? .text
        if FoldedText.fold(term).isEmpty { throw try cursor.member("term").mismatch("holds nothing that can be read") }
    }

    var json: JSONValue { ["term": .string(term), "reason": .string(reason), "in": .string(place.rawValue)] }
}

/// The terms, made ready for looking them up in texts: the time it takes depends on the text, hardly on how many terms
/// there are.
public struct NegativeList: Sendable, Hashable, Codable {
    public let terms: [NegativeTerm]
    /// The terms sought in texts, by the first two bytes of their folded form.
    private let starts: [UInt16: [Sought]]
    private let subjects: [String: Int]

    private struct Sought: Sendable, Hashable {
        let bytes: [UInt8]
        let term: Int
    }

    public init(_ terms: [NegativeTerm] = []) {
        self.terms = terms
        var starts: [UInt16: [Sought]] = [:]
        var subjects: [String: Int] = [:]
        for (index, term) in terms.enumerated() {
            let folded = FoldedText.fold(term.term)
            switch term.place {
            case .subject: subjects[folded] = subjects[folded] ?? index
            case .text:
                let bytes = Array(folded.utf8)
                // A term of one byte is found at any byte that may follow it, the end included.
                let seconds: [UInt8] = bytes.count > 1 ? [bytes[1]] : Array(0...255)
                guard let first = bytes.first else { continue }
                for second in seconds {
                    starts[UInt16(first) << 8 | UInt16(second), default: []].append(Sought(bytes: bytes, term: index))
                }
            }
        }
        self.starts = starts
        self.subjects = subjects
    }

    public var isEmpty: Bool { terms.isEmpty }

    /// The first term that a text holds.
    public func term(in text: String) -> NegativeTerm? {
        if starts.isEmpty { return nil }
        let bytes = Array(FoldedText.fold(text).utf8)
        for place in bytes.indices {
            let second = place + 1 < bytes.count ? bytes[place + 1] : 0
            guard let sought = starts[UInt16(bytes[place]) << 8 | UInt16(second)] else { continue }
            for item in sought where bytes[place...].starts(with: item.bytes) { return terms[item.term] }
        }
        return nil
    }

    /// The term that a keyword is.
    public func term(ofSubject keyword: String) -> NegativeTerm? {
        if subjects.isEmpty { return nil }
        return subjects[FoldedText.fold(keyword)].map { terms[$0] }
    }

    public static func == (left: NegativeList, right: NegativeList) -> Bool { left.terms == right.terms }
    public func hash(into hasher: inout Hasher) { hasher.combine(terms) }

    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([NegativeTerm].self))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(terms)
    }
}
