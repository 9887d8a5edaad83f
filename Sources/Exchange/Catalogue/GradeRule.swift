import Encoding

/// Who may buy what is to be kept strictly.
public struct GradeRule: Sendable, Hashable, Codable {
    /// For products at least so strict, 1 to 4.
    public var strictness: Int64
    /// The types of participant that may buy them.
    public var types: [ParticipantType]
    /// The lowest level that a government body among them may have; any if `nil`.
    public var minimumLevel: GovernmentLevel?

    public init(strictness: Int64, types: [ParticipantType], minimumLevel: GovernmentLevel? = nil) {
        self.strictness = strictness
        self.types = types
        self.minimumLevel = minimumLevel
    }

    /// Core data goes to government bodies at county level or above alone.
    public static let coreToGovernment = GradeRule(strictness: 4, types: [.government], minimumLevel: .county)

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        strictness = try cursor.member("strictness").integer(in: 1...4)
        let buyers = try cursor.member("allowedBuyers")
        var types: [ParticipantType] = []
        for element in try buyers.member("types").array(minimumCount: 1, maximumCount: 4) {
            let type = try element.oneOf(ParticipantType.self)
            if types.contains(type) { throw element.mismatch("repeats \(type.rawValue)") }
            types.append(type)
        }
        self.types = types
        if let member = try buyers.optionalMember("minimumLevel") {
            minimumLevel = try member.oneOf(GovernmentLevel.self)
            if !types.contains(.government) { throw member.mismatch("is for government bodies, which are not among \"types\"") }
        }
    }

    var json: JSONValue {
        var buyers: JSONObject = ["types": .array(types.map { .string($0.rawValue) })]
        buyers["minimumLevel"] = minimumLevel.map { .string($0.rawValue) }
        return ["strictness": .integer(strictness), "allowedBuyers": .object(buyers)]
    }

    /// Whether somebody of this type and level may buy what the rule is for.
    func allows(_ type: ParticipantType, _ level: GovernmentLevel?) -> Bool {
        guard types.contains(type) else { return false }
        guard type == .government, let minimumLevel else { return true }
        guard let level else { return false }
        return level >= minimumLevel
    }

    var inWords: String {
        types.map { type in
            type == .government && minimumLevel != nil
                ? "government bodies at \(minimumLevel?.rawValue ?? "") level or above" : "participants of the type \(type.rawValue)"
        }.joined(separator: " and ")
    }
}
