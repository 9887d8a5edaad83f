import Encoding

/// One object of the engine's syntax tree, read strictly: each reader says which members it knows, and any other is refused,
/// so a new engine version that adds a member cannot slip a meaning past the checker.
struct TreeNode {
    let object: JSONObject

    init(_ value: JSONValue, expecting what: String) throws(QueryRefusal) {
        guard let object = value.objectValue else {
            throw QueryRefusal(.syntaxNotAllowed, "the engine's syntax tree holds \(value.kindName) where \(what) was expected")
        }
        self.object = object
    }

    /// Where the node starts, in UTF-8 bytes.
    var offset: Int? {
        guard let place = object["query_location"]?.integerValue, place >= 0 else { return nil }
        return Int(exactly: place)
    }

    /// Refuses unless the members are exactly these (and the location).
    func expect(_ names: Set<String>) throws(QueryRefusal) {
        for member in object.members where member.name != "query_location" && !names.contains(member.name) {
            throw QueryRefusal(
                .syntaxNotAllowed, "the syntax tree has a member \"\(member.name)\" that this version does not know",
                offset: offset, hint: "write the query without it")
        }
        for name in names where object[name] == nil {
            throw QueryRefusal(.syntaxNotAllowed, "the syntax tree lacks the member \"\(name)\"", offset: offset)
        }
    }

    func value(_ name: String) -> JSONValue { object[name] ?? .null }

    func text(_ name: String) throws(QueryRefusal) -> String {
        guard let text = value(name).stringValue else { throw malformed(name, "a text") }
        return text
    }

    func flag(_ name: String) throws(QueryRefusal) -> Bool {
        guard let flag = value(name).boolValue else { throw malformed(name, "true or false") }
        return flag
    }

    func list(_ name: String) throws(QueryRefusal) -> [JSONValue] {
        guard let list = value(name).arrayValue else { throw malformed(name, "a list") }
        return list
    }

    /// Refuses where a member says anything but its neutral value: that part of SQL is not allowed.
    func neutral(_ name: String, _ expected: JSONValue, _ what: String) throws(QueryRefusal) {
        guard value(name) == expected else {
            throw QueryRefusal(.syntaxNotAllowed, "\(what) is not allowed", piece: what, offset: offset)
        }
    }

    private func malformed(_ name: String, _ expected: String) -> QueryRefusal {
        QueryRefusal(.syntaxNotAllowed, "the syntax tree's \"\(name)\" is not \(expected)", offset: offset)
    }
}
