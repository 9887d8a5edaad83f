import Contracts
import Encoding
import Signing

/// Why bytes are no acceptable statement, or a statement's signatures do not hold.
public enum StatementError: Error, Sendable, Hashable, CustomStringConvertible {
    case notJWS(String)
    case unknownType(String)
    case notJSON(String)
    /// The document breaks its schema or its kind's own conditions.
    case invalid(JSONMismatch)
    case wrongForm(StatementKind)
    case unknownKey(String)
    case badSignature(keyIdentifier: String)

    public var description: String {
        switch self {
        case .notJWS(let reason): "the statement is no valid JWS: \(reason)"
        case .unknownType(let type): "the statement's type \"\(type.prefix(80))\" is not known"
        case .notJSON(let reason): "the statement's payload is \(reason)"
        case .invalid(let mismatch): "the statement is invalid at \(mismatch)"
        case .wrongForm(.contract): "a contract is a JWS in the general JSON form, so that every party can sign it"
        case .wrongForm(.participantApplication):
            "an application with one key is a JWS in the compact form; with several, in the general JSON form, signed with each"
        case .wrongForm(let kind) where kind.author == .spaceOperator:
            "a \(kind.rawValue) with one signature is a JWS in the compact form; with several, in the general JSON form"
        case .wrongForm(let kind): "a \(kind.rawValue) is not signed in this form; its row in the table of statements says in which"
        case .unknownKey(let identifier): "the key \(identifier.prefix(64)) is not registered in this space"
        case .badSignature(let identifier): "the signature by key \(identifier.prefix(64)) does not verify"
        }
    }

    /// The place in the statement's document, where there is one.
    public var pointer: String? { if case .invalid(let mismatch) = self { mismatch.pointer } else { nil } }
}

/// A statement as it was signed: parsed, valid against its schema, its signatures not yet checked.
public struct SignedStatement: Sendable {
    enum Form: Sendable {
        case compact(CompactJWS)
        case general(GeneralJWS)
    }

    let form: Form
    public let header: StatementHeader
    public let content: StatementContent
    /// The exact bytes that are signed; identifiers are made from them.
    public let payload: [UInt8]
    /// SHA-256 of the payload.
    public let payloadDigest: SHA256Digest
    /// As embedded in a ledger entry: a string for the compact form, an object for the general one.
    public let json: JSONValue

    public var kind: StatementKind { header.kind }
    /// The key identifiers of its signatures, in their order.
    public var keyIdentifiers: [String] {
        switch form {
        case .compact(let jws): [jws.keyIdentifier]
        case .general(let jws): jws.signatures.map(\.keyIdentifier)
        }
    }

    /// The most bytes that a statement may have in its embedded form, so that it always fits into a ledger entry beside
    /// everything else that the entry says.
    public static let maximumCount = 56 << 10

    /// Parses a statement from its embedded form.
    public init(_ json: JSONValue) throws(StatementError) {
        self.json = json
        let types: [String]
        do {
            if case .string(let text) = json {
                let jws = try CompactJWS(text, maximumCount: Self.maximumCount)
                (form, payload, types) = (.compact(jws), jws.payload, [jws.type])
            } else {
                let count = json.serialized().count
                guard count <= Self.maximumCount else { throw JWSError.tooLong(count: count, limit: Self.maximumCount) }
                let jws = try GeneralJWS(json)
                (form, payload, types) = (.general(jws), jws.payload, jws.signatures.map(\.type))
            }
        } catch { throw .notJWS("\(error)") }
        payloadDigest = SHA256.hash(payload)
        guard let type = types.first, types.allSatisfy({ $0 == type }), let kind = StatementKind(mediaType: type) else {
            throw .unknownType(types.first ?? "")
        }
        let document: JSONValue
        do { document = try JSONValue.parse(payload, maximumDepth: 16, maximumCount: Self.maximumCount) } catch {
            throw .notJSON(error.description)
        }
        do throws(JSONMismatch) {
            if let mismatch = ContractSchemas.mismatch(inStatement: document, kind: kind.rawValue) { throw mismatch }
            let cursor = JSONCursor(document)
            header = try StatementHeader(cursor)
            guard header.kind == kind else {
                throw try cursor.member("kind").mismatch("differs from the type in the signature's header")
            }
            content = try StatementContent(kind, cursor)
        } catch { throw .invalid(error) }
        let isFitting =
            switch (form, content.signatureForm) {
            case (.compact, .one), (.compact, .either), (.general, .several): true
            // One signature has one form only, so that nothing can be recorded in two.
            case (.general, .either): types.count > 1
            default: false
            }
        guard isFitting else { throw .wrongForm(kind) }
    }

    /// Signs a statement; the form is the kind's own.
    public static func sign(
        _ content: StatementContent, space: String, issuedAt: Timestamp, nonce: String, acceptUntil: Timestamp? = nil,
        key: SigningKey
    ) throws -> SignedStatement {
        let payload = content.payload(space: space, issuedAt: issuedAt, nonce: nonce, acceptUntil: acceptUntil)
        let type = content.kind.mediaType
        if case .several = content.signatureForm {
            return try SignedStatement(GeneralJWS.sign(payload: payload, type: type, key: key).json)
        }
        return try SignedStatement(.string(JWS.sign(payload: payload, type: type, key: key)))
    }

    /// The same statement with one more signature over the same payload, where its kind can have more than one.
    public func signedAlso(by key: SigningKey) throws -> SignedStatement {
        var jws: GeneralJWS
        switch (form, content.signatureForm) {
        case (.general(let general), _): jws = general
        case (.compact(let compact), .either): jws = try GeneralJWS(compact)
        default: throw StatementError.wrongForm(kind)
        }
        try jws.addSignature(type: kind.mediaType, key: key)
        return try SignedStatement(jws.json)
    }

    /// Verifies every signature. `key` finds a key by its identifier; an application brings its own.
    public func verified(_ key: (String) -> VerificationKey?) throws(StatementError) -> VerifiedStatement {
        var keys: [VerificationKey] = []
        for (index, identifier) in keyIdentifiers.enumerated() {
            guard let found = ownKey(identifier) ?? key(identifier) else { throw .unknownKey(identifier) }
            do {
                switch form {
                case .compact(let jws): try jws.verify(with: found)
                case .general(let jws): try jws.verify(index: index, with: found)
                }
            } catch { throw .badSignature(keyIdentifier: identifier) }
            keys.append(found)
        }
        return VerifiedStatement(statement: self, keys: keys)
    }

    /// A charter, an application and what else announces keys are signed with the keys that they announce.
    private func ownKey(_ identifier: String) -> VerificationKey? {
        switch content {
        case .spaceCharter(let charter) where charter.operatorKey.keyIdentifier == identifier: charter.operatorKey
        case .participantApplication(let application):
            application.keys.first { $0.keyIdentifier == identifier }
        case .identity(let statement): statement.announcedKeys.first { $0.keyIdentifier == identifier }
        default: nil
        }
    }
}

/// A statement whose signatures have all been verified. Whether the keys may sign it is for the rules to say.
public struct VerifiedStatement: Sendable {
    public let statement: SignedStatement
    /// The keys that signed, in the order of the signatures; never empty.
    public let keys: [VerificationKey]

    fileprivate init(statement: SignedStatement, keys: [VerificationKey]) {
        self.statement = statement
        self.keys = keys
    }
}
