import Encoding

/// The three rights in data that China's registers know.
public enum RightKind: String, Sendable, CaseIterable, Codable {
    /// 数据资源持有权: to hold a data resource and to decide on its use.
    case holding
    /// 数据加工使用权: to process data and to use it.
    case processing
    /// 数据产品经营权: to trade in what was made of data.
    case operation

    /// How far the right stands from the data: a right over the same thing derives from one that stands nearer.
    var distance: Int {
        switch self {
        case .holding: 0
        case .processing: 1
        case .operation: 2
        }
    }
}

/// The grade of a data resource (GB/T 43697-2024: 核心, 重要, 一般).
public enum ResourceGrade: String, Sendable, CaseIterable, Codable { case general, important, core }

/// How an applicant came by the right.
public enum RightGround: String, Sendable, CaseIterable, Codable {
    case selfCollected = "self-collected"
    case licensed, purchased, authorised, derived
}

/// Why an application is refused.
public enum RightRefusalGround: String, Sendable, CaseIterable, Codable {
    case stateCoreData = "state-core-data"
    case noLawfulSource = "no-lawful-source"
    case underDispute = "under-dispute"
    case incompleteEvidence = "incomplete-evidence"
    case alreadyRegistered = "already-registered"
    case notCompetent = "not-competent"
    case other
}

/// On what ground somebody objects to an application.
public enum ObjectionGround: String, Sendable, CaseIterable, Codable {
    /// The objector, or somebody else, has the better right.
    case betterRight = "better-right"
    case noLawfulSource = "no-lawful-source"
    /// Of privacy, trade secrets or intellectual property.
    case infringement
    case alreadyRegistered = "already-registered"
    case wrongParticulars = "wrong-particulars"
    case stateCoreData = "state-core-data"
    case other
}

/// Why a right ends before its time.
public enum CancellationGround: String, Sendable, CaseIterable, Codable {
    /// The holder's own wish; the only ground that a holder can give.
    case holderRequest = "holder-request"
    case courtOrder = "court-order"
    case regulatorOrder = "regulator-order"
    case deceit
    case noLawfulSource = "no-lawful-source"
    case other
}

public enum CheckVerdict: String, Sendable, CaseIterable, Codable { case pass, fail }
public enum ObjectionVerdict: String, Sendable, CaseIterable, Codable { case upheld, dismissed }
public enum RightVerdict: String, Sendable, CaseIterable, Codable { case grant, refuse }

/// For how long a right is asked for.
public enum RightTerm: Sendable, Hashable, Codable {
    /// So many calendar months from the grant, or from the present end.
    case months(Int64)
    case until(Timestamp)

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        let months = try cursor.optionalMember("termMonths")?.integer(in: 1...1200)
        let until = try cursor.optionalMember("until")?.timestamp()
        switch (months, until) {
        case (let months?, nil): self = .months(months)
        case (nil, let until?): self = .until(until)
        default: throw cursor.mismatch("must give either \"termMonths\" or \"until\"")
        }
    }

    var members: [(String, JSONValue?)] {
        switch self {
        case .months(let months): [("termMonths", .integer(months))]
        case .until(let time): [("until", .string(time.description))]
        }
    }
}

extension JSONCursor {
    /// What a right can be over: a resource or a product.
    func thing() throws(JSONMismatch) -> Identifier {
        let text = try string(maximumCount: 128)
        let identifier: Identifier
        do { identifier = try Identifier(text) } catch { throw mismatch(error.description) }
        guard identifier.kind == .resource || identifier.kind == .product else {
            throw mismatch("must name a resource (R…) or a product (D…)")
        }
        return identifier
    }

    /// The refusal ground that a "no" must have and a "yes" must not.
    func ground(of verdict: String, isRefusal: Bool) throws(JSONMismatch) -> RightRefusalGround? {
        let ground = try optionalMember("ground")?.oneOf(RightRefusalGround.self)
        guard (ground != nil) == isRefusal else {
            throw mismatch(isRefusal ? "\"\(verdict)\" must name its \"ground\"" : "\"\(verdict)\" has no \"ground\"")
        }
        return ground
    }

    /// Why somebody does something, for people to read.
    func reason() throws(JSONMismatch) -> String { try member("reason").text(0...1000, allowsLines: true) }
}

extension JSONValue? {
    /// A member for evidence, which is left out where there is none.
    static func evidence(_ references: [EvidenceReference]) -> JSONValue? {
        references.isEmpty ? nil : .array(references.map(\.json))
    }
}
