import Encoding

extension ProductListing {
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        provider = try cursor.member("provider").identifier(.participant)
        product = try cursor.optionalMember("product")?.identifier(.product)
        version = try cursor.member("version").integer(in: 1...1_000_000)
        title = try cursor.member("title").languageMap(maximumCount: 300)
        summary = try cursor.member("summary").languageMap(maximumCount: 2000, allowsLines: true)
        keywords = try cursor.member("keywords").strings(maximumCount: 32, each: 64)
        productClass = try cursor.member("class").oneOf(ProductClass.self)
        grade = try cursor.member("grade").oneOf(ProductGrade.self)
        form = try cursor.member("form").oneOf(ProductForm.self)
        origin = try cursor.member("origin").oneOf(ProductOrigin.self)
        licence = try cursor.member("licence").text(1...200)
        updateCycle = try cursor.member("updateCycle").text(1...64)
        data = try ProductData(listing: cursor)
        description = try cursor.optionalMember("description")?.languageMap(maximumCount: 8000, allowsLines: true) ?? [:]
        externalIdentifiers = try ExternalIdentifier.list(try cursor.optionalMember("externalIdentifiers"))
        for element in try cursor.optionalMember("inputs")?.array(minimumCount: 1, maximumCount: 32) ?? [] {
            inputs.append(try ProductInput(element))
        }
        changes = try cursor.optionalMember("changes")?.languageMap(maximumCount: 2000, allowsLines: true) ?? [:]
        if let member = try cursor.optionalMember("coverage") { coverage = try Coverage(member) }
        grades = try SchemeGrade.list(try cursor.optionalMember("grades"))
        extensions = try cursor.optionalMember("extensions")?.extensionFields() ?? [:]
        for element in try cursor.optionalMember("rights")?.array(minimumCount: 1, maximumCount: 16) ?? [] {
            let right = try element.identifier(.right)
            if rights.contains(right) { throw element.mismatch("repeats a right") }
            rights.append(right)
        }
        if let member = try cursor.optionalMember("qualityStatement") { qualityStatement = try QualityStatement(member) }
        try checkConsistency(cursor)
    }

    /// What the members must say together.
    private func checkConsistency(_ cursor: JSONCursor) throws(JSONMismatch) {
        guard (product == nil) == (version == 1) else {
            throw cursor.mismatch("version 1 names no \"product\"; every later version names the product it belongs to")
        }
        if grade == .important, data?.rows != nil { throw cursor.mismatch("a product of grade important cannot offer rows") }
    }

    public var members: [(String, JSONValue?)] {
        func map(_ texts: [String: String]) -> JSONValue? { texts.isEmpty ? nil : .languageMap(texts) }
        func list(_ values: [JSONValue]) -> JSONValue? { values.isEmpty ? nil : .array(values) }
        return [
            ("provider", .string(provider.text)), ("product", product.map { .string($0.text) }),
            ("version", .integer(version)), ("title", .languageMap(title)), ("summary", .languageMap(summary)),
            ("keywords", .array(keywords.map { .string($0) })), ("class", .string(productClass.rawValue)),
            ("grade", .string(grade.rawValue)), ("form", .string(form.rawValue)), ("origin", .string(origin.rawValue)),
            ("licence", .string(licence)), ("updateCycle", .string(updateCycle)),
        ] + (data?.members ?? []) + [
            ("description", map(description)), ("changes", map(changes)),
            ("externalIdentifiers", list(externalIdentifiers.map(\.json))), ("inputs", list(inputs.map(\.json))),
            ("coverage", coverage?.json), ("grades", list(grades.map(\.json))),
            ("extensions", extensions.names.isEmpty ? nil : .object(extensions)),
            ("rights", list(rights.map { .string($0.text) })), ("qualityStatement", qualityStatement?.json),
        ]
    }
}

extension ProductData {
    /// Reads what a listing says of its data; `nil` if it says nothing of it.
    init?(listing cursor: JSONCursor) throws(JSONMismatch) {
        let present = ["snapshot", "modes", "price"].filter { cursor.value[$0] != nil }
        if present.isEmpty { return nil }
        guard present.count == 3 else {
            throw cursor.mismatch(
                "has \(present.joined(separator: " and ")) only: data for queries has \"snapshot\", \"modes\" and \"price\", an entry of the catalogue only has none of them")
        }
        let snapshotCursor = try cursor.member("snapshot")
        snapshot = try snapshotCursor.member("sha256").hexadecimalDigest()
        rowCount = try snapshotCursor.member("rows").integer(in: 0...Int64.max)
        columns = try Self.columns(snapshotCursor.member("columns"))
        let modes = try cursor.member("modes")
        if let terms = try modes.optionalMember("aggregate") { aggregate = try AggregateTerms(terms) }
        if let terms = try modes.optionalMember("rows") { rows = try RowsTerms(terms) }
        if let terms = try modes.optionalMember("private") { privacy = try PrivateTerms(terms) }
        if let terms = try modes.optionalMember("match") { match = try MatchTerms(terms) }
        if let terms = try modes.optionalMember("metrics") { metrics = try MetricsTerms(terms) }
        pricePerRun = try cursor.member("price").member("perRun").integer(in: 0...1_000_000_000_000)
        try checkConsistency(cursor)
    }

    private static func columns(_ cursor: JSONCursor) throws(JSONMismatch) -> [ProductColumn] {
        var columns: [ProductColumn] = []
        var names: Set<String> = []
        for element in try cursor.array(minimumCount: 1, maximumCount: 1000) {
            let name = try element.member("name").text(1...128)
            if !names.insert(name.lowercased()).inserted { throw element.mismatch("repeats the column \"\(name)\"") }
            columns.append(
                ProductColumn(
                    name: name, type: try element.member("type").text(1...256),
                    role: try element.member("role").oneOf(ColumnRole.self)))
        }
        return columns
    }

    /// What the members must say together.
    private func checkConsistency(_ cursor: JSONCursor) throws(JSONMismatch) {
        guard QueryMode.allCases.contains(where: offers) else {
            throw try cursor.member("modes").mismatch("must offer at least one of \(QueryMode.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        let units = columns.filter { $0.role == .privacyUnit }
        if units.count > 1 { throw cursor.mismatch("at most one column has the role privacy_unit") }
        if let rows { try checkRows(rows, units, cursor) }
        if let privacy { try checkPrivate(privacy, units, cursor) }
        if let match, !units.contains(where: { $0.name.utf8.elementsEqual(match.subject.utf8) }) {
            throw cursor.mismatch("the match mode names the subject \"\(match.subject)\", which is no column of the role privacy_unit")
        }
    }

    /// The column of the very same characters: the engine does not take one way of writing an accent for another.
    private func column(_ name: String) -> ProductColumn? { columns.first { $0.name.utf8.elementsEqual(name.utf8) } }

    private func checkRows(_ rows: RowsTerms, _ units: [ProductColumn], _ cursor: JSONCursor) throws(JSONMismatch) {
        if !units.isEmpty {
            throw cursor.mismatch("a product with a privacy unit cannot offer rows; it protects the units by aggregates")
        }
        if rows.columns.isEmpty { throw cursor.mismatch("the rows mode must name at least one column") }
        let byName = Dictionary(columns.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for name in rows.columns {
            guard let column = byName[name], column.name.utf8.elementsEqual(name.utf8) else {
                throw cursor.mismatch("the rows mode names the column \"\(name)\", which the snapshot does not have")
            }
            if column.role == .hidden { throw cursor.mismatch("the rows mode names the hidden column \"\(name)\"") }
        }
    }

    private func checkPrivate(_ terms: PrivateTerms, _ units: [ProductColumn], _ cursor: JSONCursor) throws(JSONMismatch) {
        guard !units.isEmpty else {
            throw cursor.mismatch("the private mode protects the units of one column; give that column the role privacy_unit")
        }
        for bound in terms.bounds {
            guard let column = column(bound.column) else {
                throw cursor.mismatch("the private mode bounds the column \"\(bound.column)\", which the snapshot does not have")
            }
            guard [.measure, .attribute].contains(column.role) else {
                throw cursor.mismatch("the private mode bounds the column \"\(bound.column)\", whose role \(column.role.rawValue) lets nobody sum it")
            }
        }
    }

    /// As they stand in a listing.
    var members: [(String, JSONValue?)] {
        var modes = JSONObject()
        if let aggregate { modes["aggregate"] = aggregate.json }
        if let rows { modes["rows"] = rows.json }
        if let privacy { modes["private"] = privacy.json }
        if let match { modes["match"] = match.json }
        if let metrics { modes["metrics"] = metrics.json }
        let columnValues = columns.map { column -> JSONValue in
            ["name": .string(column.name), "type": .string(column.type), "role": .string(column.role.rawValue)]
        }
        return [
            ("snapshot", ["sha256": .string(snapshot), "rows": .integer(rowCount), "columns": .array(columnValues)]),
            ("modes", .object(modes)), ("price", ["perRun": .integer(pricePerRun)]),
        ]
    }
}

extension JSONCursor {
    /// The fields that a space adds to listings. Which they are is for its policy to say; here only their form.
    func extensionFields() throws(JSONMismatch) -> JSONObject {
        let found = try members()
        guard (1...64).contains(found.count) else { throw mismatch("must have 1 to 64 fields") }
        for (name, field) in found {
            guard CataloguePolicy.isFieldName(name) else {
                throw field.mismatch("is no field's name: 1 to 64 letters, digits, \"_\" and \"-\", a letter first")
            }
            switch field.value {
            case .string: _ = try field.text(1...2000, allowsLines: true)
            case .integer, .bool: break
            default: throw field.mismatch("must be a text, an integer or a boolean, is \(field.value.kindName)")
            }
        }
        return value.objectValue ?? [:]
    }

    /// Distinct texts of at most `each` characters.
    func strings(maximumCount: Int, each: Int) throws(JSONMismatch) -> [String] {
        var texts: [String] = []
        var seen: Set<String> = []
        for element in try array(maximumCount: maximumCount) {
            let text = try element.text(1...each)
            if !seen.insert(text).inserted { throw element.mismatch("repeats \"\(text)\"") }
            texts.append(text)
        }
        return texts
    }

    /// SHA-256 as sixty-four lower-case hexadecimal digits.
    func hexadecimalDigest() throws(JSONMismatch) -> String {
        let text = try string(maximumCount: 64)
        guard text.utf8.count == 64, Hexadecimal.isValid(text) else {
            throw mismatch("must be a SHA-256 digest of 64 lower-case hexadecimal digits")
        }
        return text
    }
}
