/// Turns a schema document into rules, refusing what it does not understand.
struct JSONSchemaCompiler {
    /// Schemas nest no deeper than this.
    private static let maximumDepth = 32
    private var references: [(pointer: String, name: String)] = []

    static func compile(
        _ document: JSONValue
    ) throws(JSONSchemaError) -> (JSONSchemaNode, [String: JSONSchemaNode]) {
        var compiler = JSONSchemaCompiler()
        var definitions: [String: JSONSchemaNode] = [:]
        if let found = document["$defs"] {
            guard case .object(let object) = found else {
                throw .invalidKeyword(pointer: "/$defs", reason: "\"$defs\" must be an object")
            }
            for member in object.members {
                definitions[member.name] = try compiler.node(member.value, "/$defs/\(member.name)", 1)
            }
        }
        let root = try compiler.node(document, "", 0)
        for (pointer, name) in compiler.references where definitions[name] == nil {
            throw .unresolvedReference(pointer: pointer, reference: "#/$defs/\(name)")
        }
        try refuseEndlessReferences(definitions)
        return (root, definitions)
    }

    private mutating func node(
        _ value: JSONValue, _ pointer: String, _ depth: Int
    ) throws(JSONSchemaError) -> JSONSchemaNode {
        JSONSchemaNode(try rule(value, pointer, depth))
    }

    private mutating func rule(
        _ value: JSONValue, _ pointer: String, _ depth: Int
    ) throws(JSONSchemaError) -> JSONSchemaRule {
        var rule = JSONSchemaRule()
        if case .bool(let isSatisfiable) = value {
            rule.isSatisfiable = isSatisfiable
            return rule
        }
        guard case .object(let object) = value else {
            throw .invalidKeyword(pointer: pointer, reason: "a schema must be an object, true or false")
        }
        guard depth < Self.maximumDepth else {
            throw .invalidKeyword(pointer: pointer, reason: "the schema nests more than \(Self.maximumDepth) levels deep")
        }
        for member in object.members {
            let place = JSONCursor(member.value, pointer: "\(pointer)/\(member.name)")
            do {
                if try readAnnotation(place, member.name, isRoot: depth == 0) { continue }
                if try Self.readValueKeyword(place, member.name, &rule) { continue }
                if try Self.readCollectionKeyword(place, member.name, &rule) { continue }
            } catch {
                throw .invalidKeyword(pointer: error.pointer, reason: error.reason)
            }
            guard try readApplicator(place, member.name, &rule, depth) else {
                throw .unknownKeyword(pointer: pointer, keyword: member.name)
            }
        }
        return rule
    }

    /// Keywords that assert nothing.
    private func readAnnotation(_ place: JSONCursor, _ keyword: String, isRoot: Bool) throws(JSONMismatch) -> Bool {
        switch keyword {
        case "$schema":
            guard try place.string() == "https://json-schema.org/draft/2020-12/schema" else {
                throw place.mismatch("must be https://json-schema.org/draft/2020-12/schema")
            }
        case "$id", "title", "description", "$comment": _ = try place.string()
        case "examples": _ = try place.array()
        case "$defs" where isRoot: break
        default: return false
        }
        return true
    }

    /// Assertions about scalar values, and about any value.
    private static func readValueKeyword(
        _ place: JSONCursor, _ keyword: String, _ rule: inout JSONSchemaRule
    ) throws(JSONMismatch) -> Bool {
        switch keyword {
        case "type":
            if place.value.stringValue != nil {
                rule.kinds = [try place.oneOf(JSONSchemaRule.Kind.self)]
            } else {
                var kinds: [JSONSchemaRule.Kind] = []
                for element in try place.array(minimumCount: 1) { kinds.append(try element.oneOf(JSONSchemaRule.Kind.self)) }
                rule.kinds = kinds
            }
        case "const", "enum":
            guard rule.choices == nil else { throw place.mismatch("\"const\" and \"enum\" do not go together") }
            let values = keyword == "const" ? [place] : try place.array(minimumCount: 1)
            rule.choices = values.map(\.value.schemaNormalised)
        case "minLength": rule.lengths.minimum = try count(place)
        case "maxLength": rule.lengths.maximum = try count(place)
        case "pattern": rule.pattern = try pattern(place)
        case "format":
            guard try place.string() == "date-time" else { throw place.mismatch("only \"date-time\" is implemented") }
            rule.isTimestamp = true
        case "minimum": rule.minimum = try number(place)
        case "maximum": rule.maximum = try number(place)
        default: return false
        }
        return true
    }

    /// Assertions about arrays and objects that hold no schema themselves.
    private static func readCollectionKeyword(
        _ place: JSONCursor, _ keyword: String, _ rule: inout JSONSchemaRule
    ) throws(JSONMismatch) -> Bool {
        switch keyword {
        case "minItems": rule.itemCounts.minimum = try count(place)
        case "maxItems": rule.itemCounts.maximum = try count(place)
        case "uniqueItems": rule.hasUniqueItems = try place.bool()
        case "minProperties": rule.propertyCounts.minimum = try count(place)
        case "maxProperties": rule.propertyCounts.maximum = try count(place)
        case "required":
            for element in try place.array() {
                let name = try element.string()
                guard !rule.required.contains(where: { $0.isExactly(name) }) else {
                    throw element.mismatch("\"\(name)\" is listed twice")
                }
                rule.required.append(name)
            }
        default: return false
        }
        return true
    }

    /// Keywords that hold further schemas, or refer to one.
    private mutating func readApplicator(
        _ place: JSONCursor, _ keyword: String, _ rule: inout JSONSchemaRule, _ depth: Int
    ) throws(JSONSchemaError) -> Bool {
        switch keyword {
        case "allOf": rule.allOf = try rules(place, depth)
        case "anyOf": rule.anyOf = try rules(place, depth)
        case "oneOf": rule.oneOf = try rules(place, depth)
        case "items": rule.items = try node(place.value, place.pointer, depth + 1)
        case "additionalProperties":
            rule.additionalProperties = try node(place.value, place.pointer, depth + 1)
        case "properties":
            guard case .object(let object) = place.value else {
                throw .invalidKeyword(pointer: place.pointer, reason: "must be an object")
            }
            for member in object.members {
                let property = try node(member.value, "\(place.pointer)/\(member.name)", depth + 1)
                rule.properties.append((member.name, property))
            }
        case "$ref":
            guard let text = place.value.stringValue, text.hasPrefix("#/$defs/"), !text.dropFirst(8).contains("/") else {
                throw .invalidKeyword(pointer: place.pointer, reason: "must have the form \"#/$defs/name\"")
            }
            let name = String(text.dropFirst(8))
            references.append((place.pointer, name))
            rule.reference = name
        default: return false
        }
        return true
    }

    private mutating func rules(_ place: JSONCursor, _ depth: Int) throws(JSONSchemaError) -> [JSONSchemaNode] {
        guard let elements = place.value.arrayValue, !elements.isEmpty else {
            throw .invalidKeyword(pointer: place.pointer, reason: "must be an array of at least one schema")
        }
        var rules: [JSONSchemaNode] = []
        for (index, element) in elements.enumerated() {
            rules.append(try node(element, "\(place.pointer)/\(index)", depth + 1))
        }
        return rules
    }

    private static func count(_ place: JSONCursor) throws(JSONMismatch) -> Int {
        Int(try place.integer(in: 0...Int64(Int32.max)))
    }

    private static func number(_ place: JSONCursor) throws(JSONMismatch) -> JSONValue {
        guard place.value.doubleValue != nil else { throw place.mismatch("must be a number, is \(place.value.kindName)") }
        return place.value
    }

    private static func pattern(_ place: JSONCursor) throws(JSONMismatch) -> JSONSchemaRule.Pattern {
        let text = try place.string(maximumCount: 1024)
        do {
            return JSONSchemaRule.Pattern(text: text, compiled: try POSIXPattern(text))
        } catch {
            switch error {
            case .unsupported(let construct): throw place.mismatch("the pattern uses \(construct), which is not implemented")
            case .malformed(let reason): throw place.mismatch("the pattern is not well formed: \(reason)")
            }
        }
    }

    /// A definition may contain itself one level further down (a tree does), but not judge the same value again.
    private static func refuseEndlessReferences(_ definitions: [String: JSONSchemaNode]) throws(JSONSchemaError) {
        func inPlaceReferences(_ node: JSONSchemaNode) -> [String] {
            (node.rule.reference.map { [$0] } ?? []) + node.rule.inPlaceRules.flatMap(inPlaceReferences)
        }
        let edges = definitions.mapValues(inPlaceReferences)
        for start in definitions.keys.sorted() {
            var reached: Set<String> = []
            var pending = edges[start] ?? []
            while let name = pending.popLast() {
                if name == start { throw .endlessReference(definition: start) }
                if reached.insert(name).inserted { pending.append(contentsOf: edges[name] ?? []) }
            }
        }
    }
}
