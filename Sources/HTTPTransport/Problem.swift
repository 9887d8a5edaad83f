import Encoding

/// A refusal or failure as a problem document (RFC 9457): what is wrong, where, and what would be right.
public struct Problem: Error, Sendable, Hashable, CustomStringConvertible, ProblemConvertible {
    /// A URI reference that names the kind of problem, `/problems/<code>`.
    public var type: String
    /// What the kind of problem is, the same for every occurrence.
    public var title: String
    /// The HTTP status, 400 to 599.
    public var status: Int
    /// What is wrong this time.
    public var detail: String
    /// A URI reference that names this occurrence.
    public var instance: String?
    /// Where in the request's JSON document the fault is, as a JSON Pointer (RFC 6901).
    public var pointer: String?
    /// What to do about it.
    public var hint: String?
    /// Further members of the document.
    public var extensions: JSONObject
    /// Fields that belong to the answer and not to the document, such as `Allow` or `Retry-After`.
    public var headers: HTTPHeaders

    /// - Parameter code: the last part of `type`: lower-case words joined by hyphens.
    public init(
        code: String, status: Int, title: String, detail: String, pointer: String? = nil, hint: String? = nil,
        instance: String? = nil, extensions: JSONObject = JSONObject(), headers: HTTPHeaders = HTTPHeaders()
    ) {
        type = "/problems/\(code)"
        self.title = title
        self.status = status
        self.detail = detail
        self.instance = instance
        self.pointer = pointer
        self.hint = hint
        self.extensions = extensions
        self.headers = headers
    }

    /// The last part of `type`.
    public var code: String { type.split(separator: "/").last.map(String.init) ?? type }

    public var description: String {
        let place = pointer.map { " (at \($0.isEmpty ? "the document" : $0))" } ?? ""
        let advice = hint.map { " \($0)" } ?? ""
        return "\(title): \(detail)\(place)\(advice)"
    }

    public var problem: Problem { self }

    /// The document's JSON form; the standard members first.
    public var json: JSONValue {
        var object: JSONObject = ["type": .string(type), "title": .string(title), "status": .integer(Int64(status))]
        object["detail"] = .string(detail)
        object["instance"] = instance.map(JSONValue.string)
        object["pointer"] = pointer.map(JSONValue.string)
        object["hint"] = hint.map(JSONValue.string)
        for member in extensions.members where object[member.name] == nil { object[member.name] = member.value }
        return .object(object)
    }

    /// Reads a problem document that a server sent; `nil` if it is none. Members beyond the known ones become extensions.
    public init?(json: JSONValue) {
        guard let object = json.objectValue, let title = object["title"]?.stringValue,
            let status = object["status"]?.integerValue, (100...599).contains(status)
        else { return nil }
        self.init(
            code: "", status: Int(status), title: title, detail: object["detail"]?.stringValue ?? "",
            pointer: object["pointer"]?.stringValue, hint: object["hint"]?.stringValue,
            instance: object["instance"]?.stringValue)
        type = object["type"]?.stringValue ?? "about:blank"
        let known: Set = ["type", "title", "status", "detail", "instance", "pointer", "hint"]
        extensions = JSONObject(object.members.filter { !known.contains($0.name) }.map { ($0.name, $0.value) })
    }
}

/// An error that knows which problem document describes it. What a handler throws that is not of this kind is answered
/// with status 500 and no inner detail.
public protocol ProblemConvertible: Error {
    var problem: Problem { get }
}

extension JSONMismatch: ProblemConvertible {
    public var problem: Problem {
        Problem(
            code: "unexpected-member", status: 400, title: "The document is not what is expected here",
            detail: reason, pointer: pointer)
    }
}

extension JSONError: ProblemConvertible {
    public var problem: Problem {
        Problem(code: "malformed-json", status: 400, title: "The body is not acceptable JSON", detail: description)
    }
}
