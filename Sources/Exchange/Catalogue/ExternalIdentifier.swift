import Encoding

/// The name that somebody else's register gives a thing: a MOID, a field code, a DOI, an ear-tag number.
public struct ExternalIdentifier: Sendable, Hashable, Codable, CustomStringConvertible {
    /// Whose numbering it is: 1 to 32 of `a`-`z`, `0`-`9`, `.` and `-`.
    public var scheme: String
    /// 1 to 200 characters, as that register writes them.
    public var value: String

    public init(scheme: String, value: String) {
        self.scheme = scheme
        self.value = value
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        let schemeCursor = try cursor.member("scheme")
        scheme = try schemeCursor.string(maximumCount: 32)
        guard Self.isScheme(scheme) else {
            throw schemeCursor.mismatch("must be 1 to 32 lower-case letters, digits, dots and hyphens, such as moid")
        }
        value = try cursor.member("value").text(1...200)
        if FoldedText.fold(value).isEmpty { throw try cursor.member("value").mismatch("holds nothing that can be read") }
    }

    public var json: JSONValue { ["scheme": .string(scheme), "value": .string(value)] }

    /// Under which the space knows it. Two ways of writing that differ only in case, in the width of the characters or
    /// in white space name the same thing, so that nobody lists it a second time by writing it otherwise.
    public var key: ExternalIdentifier { ExternalIdentifier(scheme: scheme, value: FoldedText.fold(value)) }

    public var description: String { "\(scheme) \(value)" }

    static func isScheme(_ text: String) -> Bool {
        (1...32).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E }
    }

    static func list(_ cursor: JSONCursor?) throws(JSONMismatch) -> [ExternalIdentifier] {
        guard let cursor else { return [] }
        var identifiers: [ExternalIdentifier] = []
        for element in try cursor.array(minimumCount: 1, maximumCount: 16) {
            let identifier = try ExternalIdentifier(element)
            if identifiers.contains(where: { $0.key == identifier.key }) { throw element.mismatch("repeats \(identifier)") }
            identifiers.append(identifier)
        }
        return identifiers
    }
}
