import Encoding

/// A W3C Verifiable Credential (data model 2.0), as the space's nodes issue them.
///
/// What it is about (`subject`) is kept as it came; the types say what its members mean.
public struct VerifiableCredential: Sendable, Hashable {
    /// The credential's own address, where it can be had.
    public var identifier: String?
    /// Its types beside `VerifiableCredential`.
    public var types: [String]
    /// The DID of whoever says this.
    public var issuer: String
    public var validFrom: Timestamp
    /// `nil` for one that ends only by its status.
    public var validUntil: Timestamp?
    public var subject: JSONObject
    public var statuses: [StatusListEntry]

    /// The context of the data model itself, and the one with which terms of one's own are told apart from it (data model
    /// 2.0, section 5.2 and appendix B.1).
    static let contexts = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"]

    public init(
        identifier: String?, types: [String], issuer: String, validFrom: Timestamp, validUntil: Timestamp? = nil,
        subject: JSONObject, statuses: [StatusListEntry] = []
    ) {
        self.identifier = identifier
        self.types = types
        self.issuer = issuer
        self.validFrom = validFrom
        self.validUntil = validUntil
        self.subject = subject
        self.statuses = statuses
    }

    /// The credential that holds a status list (Bitstring Status List v1.0, section 2.2).
    ///
    /// - Parameter address: where it is given out; entries name it.
    public init(
        list: StatusList, purpose: StatusPurpose, address: String, issuer: String, validFrom: Timestamp,
        validUntil: Timestamp
    ) throws(CredentialError) {
        self.init(
            identifier: address, types: ["BitstringStatusListCredential"], issuer: issuer, validFrom: validFrom,
            validUntil: validUntil,
            subject: [
                "id": .string("\(address)#list"), "type": "BitstringStatusList", "statusPurpose": .string(purpose.rawValue),
                "encodedList": .string(try list.encoded()),
            ])
    }

    public var json: JSONValue {
        var object: JSONObject = ["@context": .array(Self.contexts.map { .string($0) })]
        object["id"] = identifier.map { .string($0) }
        object["type"] = .array((["VerifiableCredential"] + types).map { .string($0) })
        object["issuer"] = .string(issuer)
        object["validFrom"] = .string(validFrom.description)
        object["validUntil"] = validUntil.map { .string($0.description) }
        object["credentialSubject"] = .object(subject)
        if !statuses.isEmpty { object["credentialStatus"] = .array(statuses.map(\.json)) }
        return .object(object)
    }

    /// Reads a credential's document. Members that are not known here are refused, so that none is dropped in silence.
    public init(_ cursor: JSONCursor) throws(JSONMismatch) {
        try cursor.allowMembers([
            "@context", "id", "type", "issuer", "validFrom", "validUntil", "credentialSubject", "credentialStatus", "iss",
        ])
        let contexts = try cursor.member("@context").array(minimumCount: 1, maximumCount: 8)
        for (index, context) in contexts.enumerated() where index == 0 {
            guard try context.string() == Self.contexts[0] else { throw context.mismatch("must be \"\(Self.contexts[0])\"") }
        }
        identifier = try cursor.optionalMember("id")?.string(minimumCount: 1, maximumCount: 2048)
        var types: [String] = []
        for element in try cursor.member("type").array(minimumCount: 1, maximumCount: 8) {
            types.append(try element.string(minimumCount: 1, maximumCount: 128))
        }
        guard types.contains("VerifiableCredential") else {
            throw try cursor.member("type").mismatch("must name \"VerifiableCredential\"")
        }
        self.types = types.filter { $0 != "VerifiableCredential" }
        issuer = try cursor.member("issuer").string(minimumCount: 1, maximumCount: DIDWeb.maximumCount)
        if let member = try cursor.optionalMember("iss"), try member.string() != issuer {
            throw member.mismatch("must be the credential's issuer, \(issuer)")
        }
        validFrom = try Self.time(try cursor.member("validFrom"))
        validUntil = try cursor.optionalMember("validUntil").map { (member) throws(JSONMismatch) in try Self.time(member) }
        let subject = try cursor.member("credentialSubject")
        guard let members = subject.value.objectValue else { throw subject.mismatch("must be an object") }
        self.subject = members
        var statuses: [StatusListEntry] = []
        if let member = try cursor.optionalMember("credentialStatus") {
            let entries = member.value.arrayValue == nil ? [member] : try member.array(maximumCount: 8)
            for element in entries { statuses.append(try StatusListEntry(element)) }
        }
        self.statuses = statuses
    }

    private static func time(_ cursor: JSONCursor) throws(JSONMismatch) -> Timestamp {
        guard let time = Timestamp(try cursor.string(maximumCount: 32)) else {
            throw cursor.mismatch("must be a UTC time with milliseconds such as 2026-11-21T08:30:00.000Z")
        }
        return time
    }

    /// Returns if the credential is valid at a time, as far as its own dates say.
    public func checkTime(_ time: Timestamp) throws(CredentialError) {
        if time < validFrom { throw .notYetValid(from: validFrom) }
        if let validUntil, time > validUntil { throw .expired(validUntil) }
    }

    /// The list that a status list credential holds, with its purpose.
    public func statusList() throws(CredentialError) -> (list: StatusList, purpose: StatusPurpose) {
        guard types.contains("BitstringStatusListCredential"), subject["type"]?.stringValue == "BitstringStatusList" else {
            throw .badStatusList("it is no BitstringStatusListCredential")
        }
        guard let purpose = subject["statusPurpose"]?.stringValue.flatMap(StatusPurpose.init) else {
            throw .badStatusList("its purpose is neither revocation nor suspension")
        }
        guard let text = subject["encodedList"]?.stringValue else { throw .badStatusList("it has no \"encodedList\"") }
        return (try StatusList(encoded: text), purpose)
    }
}
