import Encoding

/// The space's own rules of rights: public notice, objections and terms.
///
/// The values of a new space are those of China's rules for registering public data resources (公共数据资源登记管理暂行办法,
/// in force from 1 March 2025): ten working days of notice, three years' validity, renewal in the last sixty days.
public struct RightsPolicy: Sendable, Hashable, Codable {
    /// How long an application that passed the formal check is shown to the public, in working days, 0 to 365. With 0, it
    /// can be decided at once.
    public var noticeWorkingDays: Int64 = 10
    public var calendar = WorkingDayCalendar()
    /// Whether objections are heard until the decision, or only while the notice lasts.
    public var hearsLateObjections = false
    /// The longest time for which a right is granted or renewed, in months, 1 to 1200.
    public var maximumTermMonths: Int64 = 36
    /// In how many days before its end a right can be renewed, 1 to 3650.
    public var renewalWindowDays: Int64 = 60
    /// How long the evidence of a decision is to be kept, in years, 1 to 100.
    public var evidenceRetentionYears: Int64 = 30
    /// Whether resources of core grade can be registered as resources. Rights over them cannot in any case.
    public var acceptsCoreResources = false
    /// Whether the operator who checked an application may not be the one who decides on it.
    public var differentPeople = false

    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        noticeWorkingDays = try cursor.optionalMember("noticeWorkingDays")?.integer(in: 0...365) ?? noticeWorkingDays
        if let member = try cursor.optionalMember("calendar") { calendar = try WorkingDayCalendar(member) }
        hearsLateObjections = try cursor.optionalMember("hearsLateObjections")?.bool() ?? hearsLateObjections
        maximumTermMonths = try cursor.optionalMember("maximumTermMonths")?.integer(in: 1...1200) ?? maximumTermMonths
        renewalWindowDays = try cursor.optionalMember("renewalWindowDays")?.integer(in: 1...3650) ?? renewalWindowDays
        evidenceRetentionYears =
            try cursor.optionalMember("evidenceRetentionYears")?.integer(in: 1...100) ?? evidenceRetentionYears
        acceptsCoreResources = try cursor.optionalMember("acceptsCoreResources")?.bool() ?? acceptsCoreResources
        differentPeople = try cursor.optionalMember("differentPeople")?.bool() ?? differentPeople
    }

    /// As it stands in a `space-policy` statement.
    public var json: JSONValue {
        [
            "noticeWorkingDays": .integer(noticeWorkingDays), "calendar": calendar.json,
            "hearsLateObjections": .bool(hearsLateObjections), "maximumTermMonths": .integer(maximumTermMonths),
            "renewalWindowDays": .integer(renewalWindowDays), "evidenceRetentionYears": .integer(evidenceRetentionYears),
            "acceptsCoreResources": .bool(acceptsCoreResources), "differentPeople": .bool(differentPeople),
        ]
    }
}
