import Encoding
import Exchange

/// The first place in which two different entries differ.
public struct EntryDifference: Sendable, Hashable {
    /// Which member: a JSON Pointer (RFC 6901), the whole entry if it is empty. `nil` where one of them is no JSON.
    public let pointer: String?
    /// What either has there, in JSON; `nil` if it has nothing there.
    public let (a, b): (String?, String?)
    /// The first byte that differs.
    public let offset: Int

    init(_ a: [UInt8], _ b: [UInt8]) {
        offset = zip(a, b).prefix { $0 == $1 }.reduce(0) { count, _ in count + 1 }
        if let (first, second) = Self.parsed(a, b), let found = Self.find(first, second, "") {
            (pointer, self.a, self.b) = (found.pointer, found.a?.serializedString(), found.b?.serializedString())
        } else {
            (pointer, self.a, self.b) = (nil, nil, nil)
        }
    }

    private static func parsed(_ a: [UInt8], _ b: [UInt8]) -> (JSONValue, JSONValue)? {
        guard let first = try? JSONValue.parse(a, maximumDepth: 16, maximumCount: LedgerEntry.maximumCount),
            let second = try? JSONValue.parse(b, maximumDepth: 16, maximumCount: LedgerEntry.maximumCount)
        else { return nil }
        return (first, second)
    }

    /// Goes down as deep as the documents go, which parsing has bounded.
    private static func find(_ a: JSONValue, _ b: JSONValue, _ pointer: String) -> (pointer: String, a: JSONValue?, b: JSONValue?)? {
        if a == b { return nil }
        if let first = a.objectValue, let second = b.objectValue {
            for name in first.names + second.names.filter({ first[$0] == nil }) {
                let place = pointer + "/" + name.replacing("~", with: "~0").replacing("/", with: "~1")
                guard let one = first[name], let other = second[name] else { return (place, first[name], second[name]) }
                if let found = find(one, other, place) { return found }
            }
        }
        if let first = a.arrayValue, let second = b.arrayValue {
            for (index, (one, other)) in zip(first, second).enumerated() {
                if let found = find(one, other, "\(pointer)/\(index)") { return found }
            }
        }
        return (pointer, a, b)
    }
}
