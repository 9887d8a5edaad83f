import Encoding
import Signing

/// Statements about who somebody is, beside an application and the decision on it.
public enum IdentityStatement: StatementFamily {
    case review(ParticipantReview)
    case keys(ParticipantKeys)
    case recovery(KeyRecovery)
    case recoveryObjection(KeyRecoveryEnd)
    case recoveryCompletion(KeyRecoveryEnd)
    case delegation(Delegation)
    case delegationRevocation(DelegationRevocation)
    case operatorAppointment(OperatorAppointment)
    case nodeKeys(NodeKeys)
    case alarm(AlarmReport)

    init?(_ kind: StatementKind, _ cursor: JSONCursor) throws(JSONMismatch) {
        switch kind {
        case .participantReview: self = .review(try ParticipantReview(cursor))
        case .participantKeys: self = .keys(try ParticipantKeys(cursor))
        case .keyRecovery: self = .recovery(try KeyRecovery(cursor))
        case .keyRecoveryObjection: self = .recoveryObjection(try KeyRecoveryEnd(cursor))
        case .keyRecoveryCompletion: self = .recoveryCompletion(try KeyRecoveryEnd(cursor))
        case .delegation: self = .delegation(try Delegation(cursor))
        case .delegationRevocation: self = .delegationRevocation(try DelegationRevocation(cursor))
        case .operatorAppointment: self = .operatorAppointment(try OperatorAppointment(cursor))
        case .nodeKeys: self = .nodeKeys(try NodeKeys(cursor))
        case .alarmReport: self = .alarm(try AlarmReport(cursor))
        default: return nil
        }
    }

    var kind: StatementKind {
        switch self {
        case .review: .participantReview
        case .keys: .participantKeys
        case .recovery: .keyRecovery
        case .recoveryObjection: .keyRecoveryObjection
        case .recoveryCompletion: .keyRecoveryCompletion
        case .delegation: .delegation
        case .delegationRevocation: .delegationRevocation
        case .operatorAppointment: .operatorAppointment
        case .nodeKeys: .nodeKeys
        case .alarm: .alarmReport
        }
    }

    var members: [(String, JSONValue?)] {
        switch self {
        case .review(let content): content.members
        case .keys(let content): content.members
        case .recovery(let content): content.members
        case .recoveryObjection(let content), .recoveryCompletion(let content): content.members
        case .delegation(let content): content.members
        case .delegationRevocation(let content): content.members
        case .operatorAppointment(let content): content.members
        case .nodeKeys(let content): content.members
        case .alarm(let content): content.members
        }
    }

    /// Whatever announces keys is signed with them beside somebody else's.
    var takesSeveralSignatures: Bool {
        switch self {
        case .keys, .recovery, .delegation, .nodeKeys: true
        default: false
        }
    }

    var announcedKeys: [VerificationKey] {
        switch self {
        case .keys(let content): content.add
        case .recovery(let content): content.keys
        case .delegation(let content): [content.key]
        case .nodeKeys(let content): content.nodeKeys
        default: []
        }
    }
}
