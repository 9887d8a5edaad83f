import Encoding
import Signing

/// What an appointed operator may be charged with.
public enum OperatorDuty: String, Sendable, CaseIterable, Codable {
    case check, approve, suspend, policy, rights, catalogue, recovery
}

/// What the operators do, as far as the rules ask who of them may.
public enum OperatorAction: String, Sendable, CaseIterable, Codable {
    /// What no duty covers: the root key alone does it.
    case ordinary
    /// To look through an application.
    case check
    /// To approve or refuse an applicant.
    case approve
    /// To suspend or resume a participant.
    case suspend
    /// To revoke a participant for good.
    case revoke
    /// To set a participant's assurance level.
    case assure
    case policy
    case logKeys = "log-keys"
    case nodeKeys = "node-keys"
    /// To appoint operators; only the root key does, with another's where two are needed.
    case appointment
    /// To give a participant new keys who has lost its own.
    case recovery
    case catalogue, rights

    /// The duty that an operator needs for it; `nil` where only the root key may.
    public var duty: OperatorDuty? {
        switch self {
        case .ordinary, .appointment: nil
        case .check: .check
        case .approve, .assure: .approve
        case .suspend, .revoke: .suspend
        case .policy, .logKeys, .nodeKeys: .policy
        case .recovery: .recovery
        case .catalogue: .catalogue
        case .rights: .rights
        }
    }
}

/// Somebody whom the root key has appointed.
public struct SpaceOperator: Sendable, Hashable, Codable {
    /// A name or a function, as public as the ledger is: "registrar 2" will do.
    public var name: String
    public var key: VerificationKey
    public var duties: Set<OperatorDuty>

    public init(name: String, key: VerificationKey, duties: Set<OperatorDuty>) {
        self.name = name
        self.key = key
        self.duties = duties
    }

    public init(_ cursor: JSONCursor) throws(JSONMismatch) {
        name = try cursor.member("name").text(1...200)
        key = try VerificationKey(jwk: cursor.member("key"))
        duties = Set(try cursor.member("duties").choices(OperatorDuty.self, minimumCount: 1))
    }

    public var json: JSONValue {
        ["name": .string(name), "key": key.jwk, "duties": .array(OperatorDuty.allCases.filter(duties.contains).map { .string($0.rawValue) })]
    }
}

/// The root key's statement of all the operators beside it; those it leaves out are operators no longer.
public struct OperatorAppointment: Sendable, Hashable {
    public static let maximumCount = 16

    public var operators: [SpaceOperator]
    public var reason: String

    public init(operators: [SpaceOperator], reason: String) {
        self.operators = operators
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        var operators: [SpaceOperator] = []
        for element in try cursor.member("operators").array(maximumCount: Self.maximumCount) {
            let appointed = try SpaceOperator(element)
            if operators.contains(where: { $0.key == appointed.key }) {
                throw try element.member("key").mismatch("is another operator's as well; each has a key of their own")
            }
            operators.append(appointed)
        }
        self.operators = operators
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [("operators", .array(operators.map(\.json))), ("reason", .string(reason))]
    }
}

/// The operator's statement of the keys with which the node itself speaks from then on; each new one signs too.
public struct NodeKeys: Sendable, Hashable {
    public static let maximumCount = 4

    public var nodeKeys: [VerificationKey]
    public var reason: String

    public init(nodeKeys: [VerificationKey], reason: String) {
        self.nodeKeys = nodeKeys
        self.reason = reason
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        nodeKeys = try cursor.member("nodeKeys").verificationKeys(1...Self.maximumCount)
        reason = try cursor.member("reason").text(0...1000, allowsLines: true)
    }

    public var members: [(String, JSONValue?)] {
        [("nodeKeys", .array(nodeKeys.map(\.jwk))), ("reason", .string(reason))]
    }
}
