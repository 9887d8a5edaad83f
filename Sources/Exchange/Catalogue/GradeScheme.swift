import Encoding

/// The schemes by which data is graded in use today.
public enum GradeScheme: String, Sendable, CaseIterable, Codable {
    /// 公开/受限/重要: public, restricted, important. A listing's own `grade` is of this scheme.
    case openness
    /// 核心/重要/一般: core, important, general (data-security law).
    case national
    /// 核心/敏感/一般: core, sensitive, general.
    case tripartite

    /// The strictness of core data.
    static let core: Int64 = 4

    /// What its grades mean on the one scale of strictness, 1 (anybody may know) to 4 (core). A scheme with three grades
    /// cannot tell all four apart, so a grade may stand for several.
    public var grades: [(name: String, strictness: ClosedRange<Int64>)] {
        switch self {
        case .openness: [("public", 1...1), ("restricted", 2...2), ("important", 3...4)]
        case .national: [("general", 1...2), ("important", 3...3), ("core", 4...4)]
        case .tripartite: [("general", 1...2), ("sensitive", 2...3), ("core", 4...4)]
        }
    }

    public func strictness(_ grade: String) -> ClosedRange<Int64>? { grades.first { $0.name == grade }?.strictness }
}

/// A grade in one scheme.
public struct SchemeGrade: Sendable, Hashable, Codable {
    public var scheme: GradeScheme
    public var grade: String

    public init(scheme: GradeScheme, grade: String) {
        self.scheme = scheme
        self.grade = grade
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        scheme = try cursor.member("scheme").oneOf(GradeScheme.self)
        grade = try cursor.member("grade").string(maximumCount: 32)
        guard scheme.strictness(grade) != nil else {
            let known = scheme.grades.map(\.name).joined(separator: ", ")
            throw try cursor.member("grade").mismatch("the scheme \(scheme.rawValue) has the grades \(known)")
        }
    }

    var json: JSONValue { ["scheme": .string(scheme.rawValue), "grade": .string(grade)] }

    static func list(_ cursor: JSONCursor?) throws(JSONMismatch) -> [SchemeGrade] {
        guard let cursor else { return [] }
        var grades: [SchemeGrade] = []
        for element in try cursor.array(minimumCount: 1, maximumCount: GradeScheme.allCases.count) {
            let grade = try SchemeGrade(element)
            if grades.contains(where: { $0.scheme == grade.scheme }) { throw element.mismatch("grades by the scheme \(grade.scheme.rawValue) twice") }
            grades.append(grade)
        }
        return grades
    }
}

extension ProductListing {
    /// The strictness that all the listing's grades allow, from 1 to 4; `nil` if they contradict each other.
    public var strictnessRange: ClosedRange<Int64>? {
        let all = [SchemeGrade(scheme: .openness, grade: grade.rawValue)] + grades
        var range: ClosedRange<Int64> = 1...4
        for item in all {
            guard let allowed = item.scheme.strictness(item.grade), range.overlaps(allowed) else { return nil }
            range = range.clamped(to: allowed)
        }
        return range
    }

    /// How strictly the product is to be kept, from 1 to 4. Where a single grade stands for several, it is the least
    /// of them: an important product is a core one only if a scheme that knows core grades says so.
    public var strictness: Int64 { strictnessRange?.lowerBound ?? 4 }
}
