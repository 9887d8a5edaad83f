import Encoding

/// The space's own rules of identity: review, assurance, keys, staff and alarms.
public struct IdentityPolicy: Sendable, Hashable, Codable {
    /// How an application is looked through.
    public struct Review: Sendable, Hashable, Codable {
        /// 1: one decision. 2: a check, then a decision.
        public var stages: Int64 = 1
        /// Whether, with two stages, who checked may not be among those who approve.
        public var differentPeople = true

        public init() {}
    }

    public var review = Review()
    /// What takes the signatures of two different operators.
    public var dualControl: Set<OperatorAction> = []
    /// The least assurance level, 1 to 4, for what it names; level 1 for the rest.
    public var assurance: [AssuredAction: Int64] = [:]
    /// How long a recovery of keys waits for an objection, 0 to 8760 hours.
    public var recoveryWaitingHours: Int64 = 72
    /// The longest time that a delegation may run, 1 to 3660 days.
    public var delegationMaximumDays: Int64 = 365
    public var alarms = AlarmPolicy()

    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        if let section = try cursor.optionalMember("review") {
            if let stages = try section.optionalMember("stages") { review.stages = try stages.integer(in: 1...2) }
            if let different = try section.optionalMember("differentPeople") { review.differentPeople = try different.bool() }
        }
        if let actions = try cursor.optionalMember("dualControl") { dualControl = Set(try actions.choices(OperatorAction.self)) }
        for (name, level) in try cursor.optionalMember("assurance")?.members() ?? [] {
            guard let action = AssuredAction(rawValue: name) else {
                throw level.mismatch("is none of \(AssuredAction.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            assurance[action] = try level.integer(in: Assurance.levels)
        }
        if let hours = try cursor.optionalMember("recoveryWaitingHours") { recoveryWaitingHours = try hours.integer(in: 0...8760) }
        if let days = try cursor.optionalMember("delegationMaximumDays") { delegationMaximumDays = try days.integer(in: 1...3660) }
        if let section = try cursor.optionalMember("alarms") { alarms = try AlarmPolicy(section) }
    }

    /// As it stands in a `space-policy` statement, every member written out.
    public var json: JSONValue {
        let actions = OperatorAction.allCases.filter(dualControl.contains).map { JSONValue.string($0.rawValue) }
        let levels = AssuredAction.allCases.compactMap { action in
            assurance[action].map { (action.rawValue, JSONValue.integer($0)) }
        }
        return [
            "review": ["stages": .integer(review.stages), "differentPeople": .bool(review.differentPeople)],
            "dualControl": .array(actions), "assurance": .object(JSONObject(levels)),
            "recoveryWaitingHours": .integer(recoveryWaitingHours),
            "delegationMaximumDays": .integer(delegationMaximumDays), "alarms": alarms.json,
        ]
    }
}

/// When the node raises an alarm. The rules do not count; the node does, and records what it found.
public struct AlarmPolicy: Sendable, Hashable, Codable {
    /// A part of the day at which nobody is expected to run anything, in the space's own time.
    public struct OddHours: Sendable, Hashable, Codable {
        /// Minutes after midnight, 0 to 1439; the first is within the odd hours and the last no longer.
        public var from: Int64
        /// May be less than `from`: the hours then run over midnight.
        public var until: Int64
        /// East of Greenwich, -720 to 840.
        public var utcOffsetMinutes: Int64

        public init(from: Int64, until: Int64, utcOffsetMinutes: Int64) {
            self.from = from
            self.until = until
            self.utcOffsetMinutes = utcOffsetMinutes
        }

        init(_ cursor: JSONCursor) throws(JSONMismatch) {
            from = try cursor.member("from").timeOfDay()
            until = try cursor.member("until").timeOfDay()
            if from == until { throw try cursor.member("until").mismatch("must differ from \"from\"; leave oddHours out for none") }
            utcOffsetMinutes = try cursor.optionalMember("utcOffsetMinutes")?.integer(in: -720...840) ?? 480
        }

        /// Whether a time lies within these hours.
        public func contain(_ time: Timestamp) -> Bool {
            let minutes = time.advanced(byMilliseconds: utcOffsetMinutes * 60_000).milliseconds / 60_000
            let minute = (minutes % 1440 + 1440) % 1440
            return from < until ? (from..<until).contains(minute) : minute >= from || minute < until
        }

        var json: JSONValue {
            [
                "from": .string(Self.text(from)), "until": .string(Self.text(until)),
                "utcOffsetMinutes": .integer(utcOffsetMinutes),
            ]
        }

        private static func text(_ minute: Int64) -> String {
            func twoDigits(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
            return "\(twoDigits(minute / 60)):\(twoDigits(minute % 60))"
        }
    }

    /// An alarm is raised above these numbers, not at them; 0 to 1,000,000,000.
    public var rowsPerHour: Int64 = 500
    public var failedSignaturesPerHour: Int64 = 20
    public var refusalsPerHour: Int64 = 20
    public var oddHours: OddHours?

    public init() {}

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        let range: ClosedRange<Int64> = 0...1_000_000_000
        if let rows = try cursor.optionalMember("rowsPerHour") { rowsPerHour = try rows.integer(in: range) }
        if let failed = try cursor.optionalMember("failedSignaturesPerHour") { failedSignaturesPerHour = try failed.integer(in: range) }
        if let refusals = try cursor.optionalMember("refusalsPerHour") { refusalsPerHour = try refusals.integer(in: range) }
        oddHours = try cursor.optionalMember("oddHours").map { (hours) throws(JSONMismatch) in try OddHours(hours) }
    }

    var json: JSONValue {
        var object: JSONObject = [
            "rowsPerHour": .integer(rowsPerHour), "failedSignaturesPerHour": .integer(failedSignaturesPerHour),
            "refusalsPerHour": .integer(refusalsPerHour),
        ]
        if let oddHours { object["oddHours"] = oddHours.json }
        return .object(object)
    }
}

extension JSONCursor {
    /// `HH:MM`, as minutes after midnight.
    fileprivate func timeOfDay() throws(JSONMismatch) -> Int64 {
        let text = Array(try string(maximumCount: 5).utf8)
        let digits = text.enumerated().filter { $0.offset != 2 }.map { Int64($0.element) - 0x30 }
        guard text.count == 5, text[2] == UInt8(ascii: ":"), digits.allSatisfy({ (0...9).contains($0) }) else {
            throw mismatch("must be a time of day such as 22:00")
        }
        let (hour, minute) = (digits[0] * 10 + digits[1], digits[2] * 10 + digits[3])
        guard hour < 24, minute < 60 else { throw mismatch("must be a time of day from 00:00 to 23:59") }
        return hour * 60 + minute
    }
}
