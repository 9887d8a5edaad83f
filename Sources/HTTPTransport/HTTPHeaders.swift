/// The header fields of a request or a response (RFC 9110 section 5): in the order they came, repeated ones kept apart,
/// names compared without regard to the case of ASCII letters.
public struct HTTPHeaders: Sendable, Hashable, ExpressibleByDictionaryLiteral {
    public struct Field: Sendable, Hashable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    public private(set) var fields: [Field]

    public init() { fields = [] }

    public init(_ pairs: [(String, String)]) { fields = pairs.map { Field(name: $0.0, value: $0.1) } }

    public init(dictionaryLiteral elements: (String, String)...) { self.init(elements) }

    public var isEmpty: Bool { fields.isEmpty }
    public var count: Int { fields.count }

    /// The value of the first field of that name. Setting replaces all fields of the name with one, or removes them (`nil`).
    public subscript(name: String) -> String? {
        get { fields.first { Self.isSameName($0.name, name) }?.value }
        set {
            guard let newValue else { return remove(name) }
            guard let index = fields.firstIndex(where: { Self.isSameName($0.name, name) }) else {
                return add(name, newValue)
            }
            fields[index].value = newValue
            var seen = false
            fields.removeAll { field in
                guard Self.isSameName(field.name, name) else { return false }
                defer { seen = true }
                return seen
            }
        }
    }

    /// The values of all fields of that name, in order.
    public func values(_ name: String) -> [String] {
        fields.filter { Self.isSameName($0.name, name) }.map(\.value)
    }

    /// The values of all fields of that name joined with a comma, as RFC 9110 section 5.3 has it; `nil` if there is none.
    public func combined(_ name: String) -> String? {
        let values = values(name)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    public func contains(_ name: String) -> Bool { fields.contains { Self.isSameName($0.name, name) } }

    public mutating func add(_ name: String, _ value: String) { fields.append(Field(name: name, value: value)) }

    public mutating func remove(_ name: String) { fields.removeAll { Self.isSameName($0.name, name) } }

    static func isSameName(_ left: String, _ right: String) -> Bool {
        let (left, right) = (left.utf8, right.utf8)
        guard left.count == right.count else { return false }
        for (a, b) in zip(left, right) where a != b {
            // Letters that differ only in case differ only in bit 5.
            guard a ^ b == 0x20, (0x61...0x7A).contains(a | 0x20) else { return false }
        }
        return true
    }
}
