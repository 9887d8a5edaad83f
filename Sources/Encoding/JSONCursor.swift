/// A value that is not what a document's reader expects, named by its JSON Pointer (RFC 6901).
public struct JSONMismatch: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where, as a JSON Pointer; empty for the whole document.
    public var pointer: String
    /// What is wrong and what would be right.
    public var reason: String

    public init(pointer: String, reason: String) {
        self.pointer = pointer
        self.reason = reason
    }

    public var description: String { "\(pointer.isEmpty ? "the document" : pointer): \(reason)" }
}

/// A place in a JSON document, for reading typed values out of it with errors that name the place.
public struct JSONCursor: Sendable {
    /// The way to a place. It is written out as a pointer only when somebody asks, mostly for a mismatch.
    private indirect enum Place: Sendable {
        case pointer(String)
        case member(Place, name: String)
        case element(Place, index: Int)
    }

    public let value: JSONValue
    private let place: Place

    public init(_ value: JSONValue, pointer: String = "") {
        self.value = value
        place = pointer.isEmpty ? Self.root : .pointer(pointer)
    }

    private init(_ value: JSONValue, _ place: Place) {
        self.value = value
        self.place = place
    }

    private static let root = Place.pointer("")

    /// The place as a JSON Pointer; empty for the whole document.
    public var pointer: String {
        var steps: [String] = []
        var place = place
        while true {
            switch place {
            case .pointer(let start): return steps.reversed().reduce(start) { "\($0)/\($1)" }
            case .member(let parent, let name):
                steps.append(Self.escapedToken(name))
                place = parent
            case .element(let parent, let index):
                steps.append(String(index))
                place = parent
            }
        }
    }

    public func mismatch(_ reason: String) -> JSONMismatch { JSONMismatch(pointer: pointer, reason: reason) }

    private func child(_ name: String, _ value: JSONValue) -> JSONCursor {
        JSONCursor(value, .member(place, name: name))
    }

    /// A member name as RFC 6901 section 3 writes it in a pointer. A very long name is cut, since pointers are for
    /// people to read in messages.
    static func escapedToken(_ name: String) -> String {
        let name = name.utf8.count <= 256 ? name : "\(name.prefix(64))…"
        guard name.utf8.contains(where: { $0 == 0x7E || $0 == 0x2F }) else { return name }
        return name.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    /// A member that must be there.
    public func member(_ name: String) throws(JSONMismatch) -> JSONCursor {
        guard let found = try optionalMember(name) else { throw mismatch("member \"\(name)\" is missing") }
        return found
    }

    /// A member that may be absent; `null` counts as absent.
    public func optionalMember(_ name: String) throws(JSONMismatch) -> JSONCursor? {
        guard let object = value.objectValue else { throw mismatch("must be an object, is \(value.kindName)") }
        guard let found = object[name], !found.isNull else { return nil }
        return child(name, found)
    }

    /// Refuses members that are not in the list: an unknown term is never dropped in silence.
    public func allowMembers(_ names: Set<String>) throws(JSONMismatch) {
        guard let object = value.objectValue else { throw mismatch("must be an object, is \(value.kindName)") }
        for name in object.names {
            if let index = names.firstIndex(of: name), names[index].isExactly(name) { continue }
            throw child(name, .null).mismatch("is not a known member; known are \(names.sorted().joined(separator: ", "))")
        }
    }

    /// A string of at most `maximumCount` UTF-8 bytes.
    public func string(minimumCount: Int = 0, maximumCount: Int = 1 << 16) throws(JSONMismatch) -> String {
        guard let text = value.stringValue else { throw mismatch("must be a string, is \(value.kindName)") }
        let count = text.utf8.count
        guard count >= minimumCount else { throw mismatch("must have at least \(minimumCount) bytes, has \(count)") }
        guard count <= maximumCount else { throw mismatch("must have at most \(maximumCount) bytes, has \(count)") }
        return text
    }

    public func integer(in range: ClosedRange<Int64> = Int64.min...Int64.max) throws(JSONMismatch) -> Int64 {
        guard let number = value.integerValue else { throw mismatch("must be an integer, is \(value.kindName)") }
        guard range.contains(number) else {
            throw mismatch("must be from \(range.lowerBound) to \(range.upperBound), is \(number)")
        }
        return number
    }

    public func bool() throws(JSONMismatch) -> Bool {
        guard let flag = value.boolValue else { throw mismatch("must be true or false, is \(value.kindName)") }
        return flag
    }

    public func array(minimumCount: Int = 0, maximumCount: Int = 10_000) throws(JSONMismatch) -> [JSONCursor] {
        guard let elements = value.arrayValue else { throw mismatch("must be an array, is \(value.kindName)") }
        guard elements.count >= minimumCount else {
            throw mismatch("must have at least \(minimumCount) elements, has \(elements.count)")
        }
        guard elements.count <= maximumCount else {
            throw mismatch("must have at most \(maximumCount) elements, has \(elements.count)")
        }
        return elements.enumerated().map { JSONCursor($0.element, .element(place, index: $0.offset)) }
    }

    /// The object's members as cursors, in order.
    public func members() throws(JSONMismatch) -> [(name: String, cursor: JSONCursor)] {
        guard let object = value.objectValue else { throw mismatch("must be an object, is \(value.kindName)") }
        return object.members.map { ($0.name, child($0.name, $0.value)) }
    }

    /// A string that is one of an enumeration's raw values.
    public func oneOf<Choice: RawRepresentable & CaseIterable>(
        _ type: Choice.Type
    ) throws(JSONMismatch) -> Choice where Choice.RawValue == String {
        let text = try string()
        guard let choice = Choice(rawValue: text), choice.rawValue.isExactly(text) else {
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw mismatch("\"\(text.prefix(64))\" is none of \(known)")
        }
        return choice
    }
}
