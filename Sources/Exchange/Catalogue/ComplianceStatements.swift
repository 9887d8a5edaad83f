import Encoding

/// Whether a product speaks of persons, and on what ground it may.
public enum PersonalDataBasis: String, Sendable, CaseIterable, Codable {
    case none, pseudonymised, consented
    case otherBasis = "other-basis"
}

/// The compliance checklist, answered.
public struct ComplianceAnswers: Sendable, Hashable {
    public var personalData: PersonalDataBasis
    /// SHA-256, lower-case hexadecimal, of a salt followed by the consent evidence; with `consented` only.
    public var consentEvidence: String?
    /// Whether data leaves the country.
    public var crossBorder: Bool
    /// Which assessment allows that; with `crossBorder` only.
    public var exportAssessment: String?
    public var coreData: Bool
    public var importantData: Bool
    /// Where the data lawfully comes from.
    public var lawfulSource: String
    /// Whether somebody else has rights in it.
    public var thirdPartyRights: Bool
    /// What else is to be said; needed where third parties have rights, or where personal data rests on another basis.
    public var notes: String?

    public init(
        personalData: PersonalDataBasis, consentEvidence: String? = nil, crossBorder: Bool = false,
        exportAssessment: String? = nil, coreData: Bool = false, importantData: Bool = false, lawfulSource: String,
        thirdPartyRights: Bool = false, notes: String? = nil
    ) {
        self.personalData = personalData
        self.consentEvidence = consentEvidence
        self.crossBorder = crossBorder
        self.exportAssessment = exportAssessment
        self.coreData = coreData
        self.importantData = importantData
        self.lawfulSource = lawfulSource
        self.thirdPartyRights = thirdPartyRights
        self.notes = notes
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        personalData = try cursor.member("personalData").oneOf(PersonalDataBasis.self)
        consentEvidence = try cursor.optionalMember("consentEvidence")?.hexadecimalDigest()
        crossBorder = try cursor.member("crossBorder").bool()
        exportAssessment = try cursor.optionalMember("exportAssessment")?.text(1...1000, allowsLines: true)
        coreData = try cursor.member("coreData").bool()
        importantData = try cursor.member("importantData").bool()
        lawfulSource = try cursor.member("lawfulSource").text(1...1000, allowsLines: true)
        thirdPartyRights = try cursor.member("thirdPartyRights").bool()
        notes = try cursor.optionalMember("notes")?.text(1...2000, allowsLines: true)
        try checkConsistency(cursor)
    }

    /// What the answers must say together.
    private func checkConsistency(_ cursor: JSONCursor) throws(JSONMismatch) {
        guard (personalData == .consented) == (consentEvidence != nil) else {
            throw cursor.mismatch(
                personalData == .consented
                    ? "with \"personalData\" consented, \"consentEvidence\" gives the SHA-256 of the evidence of that consent"
                    : "\"consentEvidence\" goes only with \"personalData\" consented; leave it out, or say consented")
        }
        guard crossBorder == (exportAssessment != nil) else {
            throw cursor.mismatch(
                crossBorder
                    ? "with \"crossBorder\" true, \"exportAssessment\" names the assessment or contract that allows the export"
                    : "\"exportAssessment\" goes only with \"crossBorder\" true; leave it out, or say true")
        }
        if coreData, crossBorder { throw try cursor.member("crossBorder").mismatch("core data does not leave the country; say false") }
        if coreData, importantData {
            throw try cursor.member("importantData").mismatch("data is core or important, not both; say false beside core data")
        }
        let needsNotes = thirdPartyRights || personalData == .otherBasis
        if needsNotes, notes == nil {
            throw cursor.mismatch("\"notes\" must say which rights third parties have, or on which basis the personal data rests")
        }
    }

    public var json: JSONValue {
        var object: JSONObject = ["personalData": .string(personalData.rawValue)]
        object["consentEvidence"] = consentEvidence.map { .string($0) }
        object["crossBorder"] = .bool(crossBorder)
        object["exportAssessment"] = exportAssessment.map { .string($0) }
        object["coreData"] = .bool(coreData)
        object["importantData"] = .bool(importantData)
        object["lawfulSource"] = .string(lawfulSource)
        object["thirdPartyRights"] = .bool(thirdPartyRights)
        object["notes"] = notes.map { .string($0) }
        return .object(object)
    }
}

/// The provider's answers to the compliance checklist, for one version of a product.
public struct ComplianceDeclaration: Sendable, Hashable {
    public var product: Identifier
    public var version: Int64
    public var answers: ComplianceAnswers

    public init(product: Identifier, version: Int64, answers: ComplianceAnswers) {
        self.product = product
        self.version = version
        self.answers = answers
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        product = try cursor.member("product").identifier(.product)
        version = try cursor.member("version").integer(in: 1...1_000_000)
        answers = try ComplianceAnswers(try cursor.member("answers"))
    }

    var members: [(String, JSONValue?)] {
        [("product", .string(product.text)), ("version", .integer(version)), ("answers", answers.json)]
    }
}

public enum ComplianceVerdict: String, Sendable, CaseIterable, Codable { case accept, reject }

/// The operator's word on a compliance declaration.
public struct ComplianceReview: Sendable, Hashable {
    public var product: Identifier
    public var version: Int64
    /// SHA-256 of the reviewed declaration's payload, lower-case hexadecimal, so that the word is about what the operator
    /// has read and not about answers that were changed meanwhile.
    public var declaration: String
    public var verdict: ComplianceVerdict
    public var reason: String

    public init(product: Identifier, version: Int64, declaration: String, verdict: ComplianceVerdict, reason: String) {
        self.product = product
        self.version = version
        self.declaration = declaration
        self.verdict = verdict
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        product = try cursor.member("product").identifier(.product)
        version = try cursor.member("version").integer(in: 1...1_000_000)
        declaration = try cursor.member("declaration").hexadecimalDigest()
        verdict = try cursor.member("verdict").oneOf(ComplianceVerdict.self)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
        if verdict == .reject, reason.isEmpty {
            throw try cursor.member("reason").mismatch("a rejection says why, so that the provider can put it right")
        }
    }

    var members: [(String, JSONValue?)] {
        [
            ("product", .string(product.text)), ("version", .integer(version)),
            ("declaration", .string(declaration)), ("verdict", .string(verdict.rawValue)), ("reason", .string(reason)),
        ]
    }
}
