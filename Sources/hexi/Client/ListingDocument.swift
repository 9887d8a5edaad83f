import Encoding
import Exchange
import Signing

/// A listing as a provider writes it: the product listing of the contract schemas without what the command adds
/// (kind, space, time, nonce, provider).
struct ListingDocument: Sendable {
    /// What stands where the provider must still decide; a listing that holds it is not published.
    static let placeholder = "?"

    var json: JSONObject

    init(_ json: JSONObject) { self.json = json }

    /// Parses a listing's text.
    init(_ bytes: [UInt8], path: String) throws(ClientError) {
        do {
            guard let object = try JSONValue.parse(bytes).objectValue else {
                throw JSONMismatch(pointer: "", reason: "a listing is a JSON object")
            }
            json = object
        } catch { throw .file(path: path, reason: "\(error)") }
    }

    /// A starting description: every column of the snapshot with a role to fill in.
    ///
    /// - Parameters:
    ///   - roles: by column name.
    ///   - otherRole: of the columns not among them; the placeholder if `nil`.
    static func template(_ snapshot: SnapshotRecord, roles: [String: ColumnRole], otherRole: ColumnRole?) -> ListingDocument {
        let columns = snapshot.columns.map { column -> JSONValue in
            let role = roles[column.name] ?? otherRole
            return ["name": .string(column.name), "type": .string(column.type), "role": .string(role?.rawValue ?? placeholder)]
        }
        let open: JSONValue = .string(placeholder)
        return ListingDocument([
            "version": 1, "title": ["en": open, "zh": open], "summary": ["en": open, "zh": open], "keywords": [],
            "class": open, "grade": open, "form": .string(ProductForm.dataset.rawValue), "origin": open, "licence": open,
            "updateCycle": open,
            "snapshot": [
                "sha256": .string(snapshot.digest), "rows": .integer(snapshot.rowCount), "columns": .array(columns),
            ],
            "modes": ["aggregate": ["minimumGroupSize": 10, "maximumRows": 10_000]], "price": ["perRun": open],
        ])
    }

    /// A starting description of an entry of the catalogue only, without data.
    static func entryTemplate() -> ListingDocument {
        let open: JSONValue = .string(placeholder)
        return ListingDocument([
            "version": 1, "title": ["en": open, "zh": open], "summary": ["en": open, "zh": open], "keywords": [],
            "class": open, "grade": open, "form": open, "origin": open, "licence": open, "updateCycle": open,
        ])
    }

    /// The members whose own members are free to be added: texts by language, and what a listing may have.
    private static let openMembers: Set<String> = [
        "title", "summary", "description", "changes", "modes", "coverage", "extensions", "qualityStatement",
    ]
    /// The members that a listing need not have.
    private static let optionalMembers: Set<String> = [
        "description", "changes", "externalIdentifiers", "inputs", "coverage", "grades", "extensions", "rights",
        "qualityStatement",
    ]

    /// Fills in a place.
    ///
    /// - Parameters:
    ///   - place: member names joined by dots; a language that is not there yet is added, and so is a member that a
    ///     listing need not have.
    ///   - text: JSON, or else a text as it is.
    /// - Returns: whether there is such a place.
    mutating func set(_ place: String, to text: String) -> Bool {
        let value = (try? JSONValue.parse(Array(text.utf8))) ?? .string(text)
        let names = place.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard let first = names.first, names.count <= 2, first != "snapshot" else { return false }
        guard json[first] != nil || Self.optionalMembers.contains(first) else { return false }
        guard names.count == 2 else {
            json[first] = value
            return true
        }
        guard !names[1].isEmpty, var members = (json[first] ?? [:]).objectValue else { return false }
        guard members[names[1]] != nil || Self.openMembers.contains(first) else { return false }
        members[names[1]] = value
        json[first] = .object(members)
        return true
    }

    /// The places that still hold the placeholder, as JSON Pointers.
    var openPlaces: [String] { Self.openPlaces(.object(json), "") }

    private static func openPlaces(_ value: JSONValue, _ pointer: String) -> [String] {
        switch value {
        case .string(let text): text == placeholder ? [pointer] : []
        case .array(let elements): elements.enumerated().flatMap { openPlaces($1, "\(pointer)/\($0)") }
        case .object(let object): object.members.flatMap { openPlaces($0.value, "\(pointer)/\($0.name)") }
        default: []
        }
    }

    /// What can stand in an open place.
    static func advice(_ pointer: String) -> String {
        func words<Choice: CaseIterable & RawRepresentable>(_ type: Choice.Type) -> String where Choice.RawValue == String {
            "one of " + type.allCases.map(\.rawValue).joined(separator: ", ")
        }
        return switch pointer {
        case "/class": words(ProductClass.self)
        case "/grade": words(ProductGrade.self)
        case "/form": words(ProductForm.self)
        case "/origin": words(ProductOrigin.self)
        case "/licence": "the licence or lawful source of the data, such as CC0-1.0"
        case "/updateCycle": "how often it is renewed, such as daily, or once"
        case "/price/perRun": "an integer in the currency's minor unit: 2000 is 20.00"
        case let column where column.hasPrefix("/snapshot/columns/"): words(ColumnRole.self)
        default: "a text; languages that you do not use can be taken out"
        }
    }

    /// The listing as a statement can carry it, checked against schema and rules of its kind.
    func listing(provider: Identifier, space: String) throws(ClientError) -> ProductListing {
        if let first = openPlaces.first {
            let others = openPlaces.count > 1 ? ", and \(openPlaces.count - 1) places more" : ""
            throw .refused(
                "the listing is not filled in at \(first)\(others)", hint: "Put there: \(Self.advice(first)).")
        }
        if let named = json["provider"], named != .string(provider.text) {
            throw .refused("the listing names the provider \(named.shown), but you are \(provider)", hint: "Leave the member out.")
        }
        do { return try statement(provider: provider, space: space) } catch { throw .invalid(error, in: "the listing") }
    }

    /// The listing as it would be read out of a statement.
    func statement(provider: Identifier, space: String) throws(StatementError) -> ProductListing {
        var members: [(String, JSONValue?)] = [("provider", .string(provider.text))]
        members += json.members.filter { $0.name != "provider" }.map { ($0.name, $0.value) }
        let header = StatementHeader(
            kind: .productListing, space: space, issuedAt: Timestamp(milliseconds: 0), nonce: StatementSender.makeNonce())
        // The one reader of listings is the statement's own, which wants a signature; this one is thrown away.
        let payload = header.document(members).serialized()
        let trial = JWS.sign(payload: payload, type: StatementKind.productListing.mediaType, key: Self.trialKey)
        guard case .productListing(let listing) = try SignedStatement(.string(trial)).content else {
            throw .wrongForm(.productListing)
        }
        return listing
    }

    private static let trialKey = SigningKey.generate()
}
