/// One check of one value. The path is kept as a stack and written out only when something is wrong.
struct JSONSchemaValidator {
    private enum Step {
        case member(String)
        case element(Int)
    }

    /// Deeper values are refused rather than followed; parsing bounds depth too, but a value may be built otherwise.
    private static let maximumDepth = 256
    /// Alternatives that contain each other can multiply the work at every level; past so many steps it stops.
    private static let maximumStepCount = 1_000_000

    let definitions: [String: JSONSchemaNode]
    let maximumCount: Int
    private(set) var mismatches: [JSONMismatch] = []
    private var path: [Step] = []
    private var stepCount = 0

    init(definitions: [String: JSONSchemaNode], maximumCount: Int) {
        self.definitions = definitions
        self.maximumCount = maximumCount
    }

    private var isFull: Bool { mismatches.count >= maximumCount }

    private mutating func refuse(_ reason: String) {
        if isFull { return }
        let pointer = path.reduce(into: "") { text, step in
            switch step {
            case .member(let name): text += "/" + JSONCursor.escapedToken(name)
            case .element(let index): text += "/\(index)"
            }
        }
        mismatches.append(JSONMismatch(pointer: pointer, reason: reason))
    }

    mutating func check(_ value: JSONValue, _ node: JSONSchemaNode) {
        if isFull { return }
        let rule = node.rule
        guard path.count < Self.maximumDepth else { return refuse("nests more than \(Self.maximumDepth) levels deep") }
        stepCount += 1
        guard stepCount <= Self.maximumStepCount else { return refuse("takes too many steps to check") }
        guard rule.isSatisfiable else { return refuse("is not allowed here") }
        if let name = rule.reference, let target = definitions[name] { check(value, target) }
        if let kinds = rule.kinds, !Self.matches(value, kinds) {
            let wanted = kinds.map(\.rawValue).joined(separator: " or ")
            // What follows would only repeat that the kind is wrong.
            return refuse("must be \(wanted), is \(value.kindName)")
        }
        if let choices = rule.choices { checkChoices(value, choices) }
        switch value {
        case .string(let text): checkString(text, rule)
        case .integer, .number: checkNumber(value, rule)
        case .array(let elements): checkArray(elements, rule)
        case .object(let object): checkObject(object, rule)
        case .null, .bool: break
        }
        checkCombinations(value, rule)
    }

    private static func matches(_ value: JSONValue, _ kinds: [JSONSchemaRule.Kind]) -> Bool {
        for kind in kinds where kind.matches(value) { return true }
        return false
    }

    private mutating func checkChoices(_ value: JSONValue, _ choices: [JSONValue]) {
        guard !choices.contains(value.schemaNormalised) else { return }
        let shown = choices.prefix(32).map { Self.abbreviated($0) }.joined(separator: ", ")
        refuse(choices.count == 1 ? "must be \(shown)" : "must be one of \(shown)")
    }

    private mutating func checkString(_ text: String, _ rule: JSONSchemaRule) {
        if rule.lengths.minimum != nil || rule.lengths.maximum != nil {
            checkCount(text.scalarCount, rule.lengths, "characters")
        }
        if let pattern = rule.pattern, !pattern.compiled.matches(text) {
            refuse("\(Self.abbreviated(.string(text))) does not match the pattern \(pattern.text)")
        }
        if rule.isTimestamp, Timestamp(text) == nil {
            refuse("must be a time in UTC with milliseconds, such as 2026-11-21T08:30:00.000Z")
        }
    }

    private mutating func checkNumber(_ value: JSONValue, _ rule: JSONSchemaRule) {
        if let minimum = rule.minimum, Self.isLess(value, minimum) {
            refuse("must be at least \(minimum.serializedString()), is \(value.serializedString())")
        }
        if let maximum = rule.maximum, Self.isLess(maximum, value) {
            refuse("must be at most \(maximum.serializedString()), is \(value.serializedString())")
        }
    }

    private mutating func checkArray(_ elements: [JSONValue], _ rule: JSONSchemaRule) {
        checkCount(elements.count, rule.itemCounts, "elements")
        if let items = rule.items {
            for (index, element) in elements.enumerated() where !isFull {
                path.append(.element(index))
                check(element, items)
                path.removeLast()
            }
        }
        if rule.hasUniqueItems {
            var seen: Set<JSONValue> = []
            for (index, element) in elements.enumerated() where !seen.insert(element.schemaNormalised).inserted {
                path.append(.element(index))
                refuse("repeats an earlier element")
                path.removeLast()
            }
        }
    }

    private mutating func checkObject(_ object: JSONObject, _ rule: JSONSchemaRule) {
        checkCount(object.count, rule.propertyCounts, "members")
        for (index, name) in rule.required.enumerated() where object.index(of: name, expected: index) == nil {
            refuse("member \"\(name)\" is missing")
        }
        if rule.properties.isEmpty, rule.additionalProperties == nil { return }
        for (index, member) in object.members.enumerated() where !isFull {
            path.append(.member(member.name))
            if let property = Self.property(member.name, rule.properties, expected: index) {
                check(member.value, property)
            } else if let additional = rule.additionalProperties {
                if additional.rule.isSatisfiable {
                    check(member.value, additional)
                } else {
                    let known = rule.properties.map(\.name).sorted().joined(separator: ", ")
                    refuse("is not a known member; known are \(known)")
                }
            }
            path.removeLast()
        }
    }

    /// Documents mostly have their members in the schema's order, so the place is tried first.
    private static func property(
        _ name: String, _ properties: [(name: String, node: JSONSchemaNode)], expected: Int
    ) -> JSONSchemaNode? {
        if expected < properties.count, properties[expected].name.isExactly(name) { return properties[expected].node }
        for index in properties.indices where properties[index].name.isExactly(name) { return properties[index].node }
        return nil
    }

    private mutating func checkCombinations(_ value: JSONValue, _ rule: JSONSchemaRule) {
        for part in rule.allOf { check(value, part) }
        if !rule.anyOf.isEmpty {
            var failures: [JSONMismatch?] = []
            for alternative in rule.anyOf where failures.last != .some(nil) { failures.append(failure(value, alternative)) }
            if !failures.contains(where: { $0 == nil }) { refuseAlternatives(failures) }
        }
        if !rule.oneOf.isEmpty {
            var failures: [JSONMismatch?] = []
            for alternative in rule.oneOf { failures.append(failure(value, alternative)) }
            let matchCount = failures.count { $0 == nil }
            if matchCount == 0 { refuseAlternatives(failures) }
            if matchCount > 1 { refuse("matches \(matchCount) of the alternative forms, must match exactly one") }
        }
    }

    /// The first mismatch of a value against an alternative, or `nil` if it fits.
    private mutating func failure(_ value: JSONValue, _ rule: JSONSchemaNode) -> JSONMismatch? {
        var attempt = JSONSchemaValidator(definitions: definitions, maximumCount: 1)
        attempt.path = path
        attempt.stepCount = stepCount
        attempt.check(value, rule)
        stepCount = attempt.stepCount
        return attempt.mismatches.first
    }

    /// The alternative that failed deepest is most likely the one that was meant.
    private mutating func refuseAlternatives(_ failures: [JSONMismatch?]) {
        let closest = failures.compactMap { $0 }.max {
            $0.pointer.utf8.count { $0 == 0x2F } < $1.pointer.utf8.count { $0 == 0x2F }
        }
        let detail = closest.map { "; the closest fails because \($0)" } ?? ""
        refuse("matches none of the \(failures.count) alternative forms\(detail)")
    }

    private mutating func checkCount(_ count: Int, _ bounds: JSONSchemaRule.CountBounds, _ unit: String) {
        if let minimum = bounds.minimum, count < minimum { refuse("must have at least \(minimum) \(unit), has \(count)") }
        if let maximum = bounds.maximum, count > maximum { refuse("must have at most \(maximum) \(unit), has \(count)") }
    }

    /// Integers are compared as integers: a double cannot tell large ones apart.
    private static func isLess(_ left: JSONValue, _ right: JSONValue) -> Bool {
        if let left = left.integerValue, let right = right.integerValue { return left < right }
        return (left.doubleValue ?? 0) < (right.doubleValue ?? 0)
    }

    private static func abbreviated(_ value: JSONValue) -> String {
        let text = value.serializedString()
        return text.utf8.count <= 80 ? text : "\(text.prefix(64))…"
    }
}
