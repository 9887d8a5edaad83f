/// Where a government body stands in the administration, from the lowest to the highest.
public enum GovernmentLevel: String, Sendable, CaseIterable, Codable, Comparable {
    case township, county, city, province, national

    private var rank: Int {
        switch self {
        case .township: 0
        case .county: 1
        case .city: 2
        case .province: 3
        case .national: 4
        }
    }

    public static func < (left: GovernmentLevel, right: GovernmentLevel) -> Bool { left.rank < right.rank }
}
