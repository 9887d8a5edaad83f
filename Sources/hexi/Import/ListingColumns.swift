import CommandLineInterface
import Encoding
import Exchange

/// Which column of a table becomes which member of a listing.
///
/// Members: `title.LANG`, `summary.LANG`, `description.LANG`, `changes.LANG`, `keywords` and `spatial` (several, divided by
/// semicolons), `class`, `grade`, `grades.SCHEME`, `form`, `origin`, `licence`, `updateCycle`, `external.SCHEME`, `from`,
/// `until`, `rights`, `inputs` (identifiers of products of this space), `extension.FIELD`.
struct ListingColumns: Sendable {
    struct Column: Sendable, Hashable {
        var index: Int
        /// As it stands in the file.
        var name: String
        var member: String
    }

    static let template = [
        "title.zh", "title.en", "summary.zh", "summary.en", "keywords", "class", "grade", "form", "origin", "licence",
        "updateCycle", "external.moid", "spatial", "from", "until",
    ]
    /// What the template's second line shows.
    static let example = [
        "庆阳市逐小时气象观测", "Hourly weather of Qingyang", "十二个站点的温度、降水与风", "Temperature, rain and wind of twelve stations",
        "气象;weather", "basic", "public", "dataset", "self-collected", "CC-BY-4.0", "daily", "MOID-620000-0001", "甘肃庆阳", "", "",
    ]

    private static let plain: Set<String> = [
        "keywords", "class", "grade", "form", "origin", "licence", "updateCycle", "spatial", "from", "until", "rights", "inputs",
    ]
    private static let families: Set<String> = ["title", "summary", "description", "changes", "grades", "external", "extension"]

    let columns: [Column]
    /// Members that have the same value in every line that leaves them empty.
    let fixed: [(member: String, value: String)]

    /// - Parameters:
    ///   - map: pairs of a column's name and a member; a column that is named neither there nor as a member is an error.
    ///   - ignored: names of columns that are left out.
    init(
        header: [String], map: [(String, String)], fixed: [(String, String)], ignored: [String]
    ) throws(ClientError) {
        var columns: [Column] = []
        var names: Set<String> = []
        for (index, name) in header.enumerated() {
            guard names.insert(name).inserted else {
                throw .refused("the header names the column \"\(name)\" twice", hint: "Give every column a name of its own.")
            }
            let member = map.first { $0.0 == name }?.1 ?? name
            if ignored.contains(name) { continue }
            guard Self.isMember(member) else {
                throw .refused(
                    "the column \"\(name)\" is no member of a listing\(Self.suggestion(member))",
                    hint: "Say what it is with --map \(name)=MEMBER, or leave it out with --ignore \(name). \"hexi catalogue import --template\" prints the members.")
            }
            if let other = columns.first(where: { $0.member == member }) {
                throw .refused("the columns \"\(other.name)\" and \"\(name)\" both are \(member)", hint: "Leave one out with --ignore.")
            }
            columns.append(Column(index: index, name: name, member: member))
        }
        for (name, member) in map where !names.contains(name) {
            throw .refused("--map \(name)=\(member) names a column that the file does not have", hint: "Its columns are \(header.joined(separator: ", ")).")
        }
        for name in ignored where !names.contains(name) {
            throw .refused("--ignore \(name) names a column that the file does not have", hint: "Its columns are \(header.joined(separator: ", ")).")
        }
        for (member, _) in fixed where !Self.isMember(member) {
            throw .refused("--set \(member) is no member of a listing\(Self.suggestion(member))", hint: "\"hexi catalogue import --template\" prints the members.")
        }
        self.columns = columns
        self.fixed = fixed
    }

    static func isMember(_ text: String) -> Bool {
        if plain.contains(text) { return true }
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        return parts.count == 2 && families.contains(String(parts[0])) && !parts[1].isEmpty
    }

    private static func suggestion(_ text: String) -> String {
        let known = template + plain.sorted()
        let folded = text.lowercased()
        return known.first { $0.lowercased() == folded || $0.lowercased().hasPrefix(folded + ".") }.map { "; did you mean \($0)?" } ?? ""
    }

    /// The column that a place in a listing's document comes from, for messages.
    func column(of pointer: String) -> String {
        let parts = pointer.split(separator: "/").map(String.init)
        guard let first = parts.first else { return "" }
        let candidates = [parts.prefix(2).joined(separator: "."), first == "externalIdentifiers" ? "external" : first == "coverage" ? parts.last ?? "" : first]
        for candidate in candidates {
            if let column = columns.first(where: { $0.member == candidate || $0.member.hasPrefix(candidate + ".") }) { return column.name }
        }
        return first
    }

    // MARK: Listings

    /// A line as a listing's document.
    func document(_ fields: [String]) -> ListingDocument {
        var values: [(String, String)] = columns.compactMap { column in
            let text = column.index < fields.count ? fields[column.index].trimmed : ""
            return text.isEmpty ? nil : (column.member, text)
        }
        for (member, value) in fixed where !values.contains(where: { $0.0 == member }) { values.append((member, value)) }
        var json: JSONObject = ["version": 1]
        var coverage = JSONObject()
        json["keywords"] = []
        json["form"] = .string(ProductForm.dataset.rawValue)
        for (member, text) in values { Self.put(member, text, &json, &coverage) }
        if !coverage.isEmpty { json["coverage"] = .object(coverage) }
        // A summary is wanted of every listing; the title says it where there is no other.
        if json["summary"] == nil { json["summary"] = json["title"] }
        return ListingDocument(json)
    }

    private static func put(_ member: String, _ text: String, _ json: inout JSONObject, _ coverage: inout JSONObject) {
        let parts = member.split(separator: ".", maxSplits: 1).map(String.init)
        func list() -> [String] {
            text.split(whereSeparator: { ";；".contains($0) }).map { String($0).trimmed }.filter { !$0.isEmpty }
        }
        func add(_ element: JSONValue, to name: String) { json[name] = .array((json[name]?.arrayValue ?? []) + [element]) }
        switch parts[0] {
        case "title", "summary", "description", "changes":
            var texts = json[parts[0]]?.objectValue ?? [:]
            texts[parts[1]] = .string(text)
            json[parts[0]] = .object(texts)
        case "keywords", "rights": json[parts[0]] = .array(list().map { .string($0) })
        case "inputs":
            for product in list() {
                add(["name": .string(product), "origin": "cooperative", "licence": "as listed", "product": .string(product)], to: "inputs")
            }
        case "spatial": coverage["spatial"] = .array(list().map { .string($0) })
        case "from", "until": coverage[parts[0]] = .string(text.utf8.count == 10 ? "\(text)T00:00:00.000Z" : text)
        case "grades": add(["scheme": .string(parts[1]), "grade": .string(text)], to: "grades")
        case "external": add(["scheme": .string(parts[1]), "value": .string(text)], to: "externalIdentifiers")
        case "extension":
            var fields = json["extensions"]?.objectValue ?? [:]
            fields[parts[1]] = text == "true" ? true : text == "false" ? false : Int64(text).map { .integer($0) } ?? .string(text)
            json["extensions"] = .object(fields)
        default: json[parts[0]] = .string(text)
        }
    }
}
