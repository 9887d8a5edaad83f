import Encoding
import Signing

/// What an organisation lets one of its staff do with a key of their own: signed with a key of the organisation and with the
/// staff key. A further one for the same key renews or changes it.
public struct Delegation: Sendable, Hashable, Codable {
    /// The organisation.
    public var participant: Identifier
    /// Who holds the key. A pseudonym such as "desk 4" will do: a real name need not stand on a public ledger.
    public var name: String
    public var key: VerificationKey
    /// Some of the organisation's own roles.
    public var roles: [Role]
    /// The kinds of statement that the key may sign, among those of ``StatementKind/canBeDelegated``.
    public var permissions: [StatementKind]
    /// The columns that the key may read, by product; `nil` for all. Products that it does not name are then out of reach.
    public var fieldSet: [Identifier: [String]]?
    /// The rows that the key may read; `nil` for all.
    public var rowScope: [RowScope]?
    public var notBefore: Timestamp
    public var expiresAt: Timestamp

    public init(
        participant: Identifier, name: String, key: VerificationKey, roles: [Role], permissions: [StatementKind],
        fieldSet: [Identifier: [String]]? = nil, rowScope: [RowScope]? = nil, notBefore: Timestamp, expiresAt: Timestamp
    ) {
        self.participant = participant
        self.name = name
        self.key = key
        self.roles = roles
        self.permissions = permissions
        self.fieldSet = fieldSet
        self.rowScope = rowScope
        self.notBefore = notBefore
        self.expiresAt = expiresAt
    }

    /// How many staff keys an organisation may have, expired ones included until they are revoked.
    public static let maximumCount = 1000
    static let maximumProductCount = 32
    static let maximumColumnCount = 256
    static let maximumRowScopeCount = 16

    public init(_ cursor: JSONCursor) throws(JSONMismatch) {
        participant = try cursor.member("participant").identifier(.participant)
        name = try cursor.member("name").text(1...200)
        key = try VerificationKey(jwk: cursor.member("key"))
        roles = try cursor.member("roles").choices(Role.self, minimumCount: 1)
        permissions = try cursor.member("permissions").choices(StatementKind.self, minimumCount: 1)
        for (index, kind) in permissions.enumerated() where !kind.canBeDelegated {
            let known = StatementKind.allCases.filter(\.canBeDelegated).map(\.rawValue).joined(separator: ", ")
            throw JSONMismatch(
                pointer: "\(try cursor.member("permissions").pointer)/\(index)",
                reason: "\"\(kind.rawValue)\" cannot be left to staff; those that can are \(known)")
        }
        fieldSet = try cursor.optionalMember("fieldSet")?.fieldSet()
        rowScope = try cursor.optionalMember("rowScope")?.rowScope()
        notBefore = try cursor.member("notBefore").timestamp()
        expiresAt = try cursor.member("expiresAt").timestamp()
        if expiresAt <= notBefore { throw try cursor.member("expiresAt").mismatch("must be later than notBefore") }
    }

    public var members: [(String, JSONValue?)] {
        [
            ("participant", .string(participant.text)), ("name", .string(name)), ("key", key.jwk),
            ("roles", .array(roles.map { .string($0.rawValue) })),
            ("permissions", .array(permissions.map { .string($0.rawValue) })), ("fieldSet", fieldSetJSON),
            ("rowScope", rowScope.map { .array($0.map(\.json)) }), ("notBefore", .string(notBefore.description)),
            ("expiresAt", .string(expiresAt.description)),
        ]
    }

    private var fieldSetJSON: JSONValue? {
        fieldSet.map { fields in
            let sorted = fields.sorted { $0.key < $1.key }
            return .object(JSONObject(sorted.map { ($0.key.text, .array($0.value.map { .string($0) })) }))
        }
    }
}

/// Rows are within a scope if a column has one of these values.
public struct RowScope: Sendable, Hashable, Codable {
    /// `nil` for every product.
    public var product: Identifier?
    public var column: String
    /// As text: a column of another type is compared with what these texts say in its type.
    public var values: [String]

    public init(product: Identifier?, column: String, values: [String]) {
        self.product = product
        self.column = column
        self.values = values
    }

    static let maximumValueCount = 100

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        product = try cursor.optionalMember("product")?.identifier(.product)
        column = try cursor.member("column").text(1...128)
        var values: [String] = []
        for element in try cursor.member("values").array(minimumCount: 1, maximumCount: Self.maximumValueCount) {
            let value = try element.text(0...200)
            if values.contains(value) { throw element.mismatch("repeats a value") }
            values.append(value)
        }
        self.values = values
    }

    var json: JSONValue {
        var object = JSONObject()
        if let product { object["product"] = .string(product.text) }
        object["column"] = .string(column)
        object["values"] = .array(values.map { .string($0) })
        return .object(object)
    }
}

/// What a delegation leaves of one product.
public struct DelegationScope: Sendable, Hashable {
    public struct RowFilter: Sendable, Hashable {
        public var column: String
        public var values: [String]

        public init(column: String, values: [String]) {
            self.column = column
            self.values = values
        }
    }

    /// The columns that may be read; `nil` for all, empty for none.
    public var columns: Set<String>?
    /// A row may be read if it satisfies every one of these.
    public var rowFilters: [RowFilter]

    public init(columns: Set<String>?, rowFilters: [RowFilter]) {
        self.columns = columns
        self.rowFilters = rowFilters
    }

    /// Whether it leaves the product as it is.
    public var isWhole: Bool { columns == nil && rowFilters.isEmpty }
}

extension Delegation {
    /// What the key may read of a product. Where there is a field set, a product outside it has no column that may be read.
    public func scope(for product: Identifier) -> DelegationScope {
        let filters = (rowScope ?? []).filter { $0.product == nil || $0.product == product }
        return DelegationScope(
            columns: fieldSet.map { Set($0[product] ?? []) },
            rowFilters: filters.map { DelegationScope.RowFilter(column: $0.column, values: $0.values) })
    }
}

/// An organisation's word, with a key of its own, that a staff key counts no longer: at once and for good.
public struct DelegationRevocation: Sendable, Hashable {
    public var participant: Identifier
    /// The staff key's identifier.
    public var key: String
    public var reason: String

    public init(participant: Identifier, key: String, reason: String) {
        self.participant = participant
        self.key = key
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        participant = try cursor.member("participant").identifier(.participant)
        key = try cursor.member("key").keyIdentifier()
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [("participant", .string(participant.text)), ("key", .string(key)), ("reason", .string(reason))]
    }
}

extension JSONCursor {
    fileprivate func fieldSet() throws(JSONMismatch) -> [Identifier: [String]] {
        var fields: [Identifier: [String]] = [:]
        let found = try members()
        guard (1...Delegation.maximumProductCount).contains(found.count) else {
            throw mismatch("must name 1 to \(Delegation.maximumProductCount) products, names \(found.count)")
        }
        for (name, cursor) in found {
            let product: Identifier
            do { product = try Identifier(name, kind: .product) } catch { throw cursor.mismatch(error.description) }
            var columns: [String] = []
            for element in try cursor.array(minimumCount: 1, maximumCount: Delegation.maximumColumnCount) {
                let column = try element.text(1...128)
                if columns.contains(column) { throw element.mismatch("repeats a column") }
                columns.append(column)
            }
            fields[product] = columns
        }
        return fields
    }

    fileprivate func rowScope() throws(JSONMismatch) -> [RowScope] {
        var scope: [RowScope] = []
        for element in try array(minimumCount: 1, maximumCount: Delegation.maximumRowScopeCount) {
            scope.append(try RowScope(element))
        }
        return scope
    }
}
