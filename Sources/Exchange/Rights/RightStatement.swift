import Encoding
import Signing

/// Statements about rights in data.
public enum RightStatement: StatementFamily {
    case resourceRegistration(ResourceRegistration)
    case application(RightApplication)
    case withdrawal(RightWithdrawal)
    case check(RightCheck)
    case objection(RightObjection)
    case objectionDecision(ObjectionDecision)
    case decision(RightDecision)
    case transfer(RightTransfer)
    case split(RightSplit)
    case merge(RightMerge)
    case change(RightChange)
    case renewal(RightRenewal)
    case licence(RightLicence)
    case licenceEnd(RightLicenceEnd)
    case pledge(RightPledge)
    case pledgeRelease(RightPledgeRelease)
    case freeze(RightFreeze)
    case unfreeze(RightUnfreeze)
    case cancellation(RightCancellation)

    init?(_ kind: StatementKind, _ cursor: JSONCursor) throws(JSONMismatch) {
        switch kind {
        case .resourceRegistration: self = .resourceRegistration(try ResourceRegistration(cursor))
        case .rightApplication: self = .application(try RightApplication(cursor))
        case .rightWithdrawal: self = .withdrawal(try RightWithdrawal(cursor))
        case .rightCheck: self = .check(try RightCheck(cursor))
        case .rightObjection: self = .objection(try RightObjection(cursor))
        case .objectionDecision: self = .objectionDecision(try ObjectionDecision(cursor))
        case .rightDecision: self = .decision(try RightDecision(cursor))
        case .rightTransfer: self = .transfer(try RightTransfer(cursor))
        case .rightSplit: self = .split(try RightSplit(cursor))
        case .rightMerge: self = .merge(try RightMerge(cursor))
        case .rightChange: self = .change(try RightChange(cursor))
        case .rightRenewal: self = .renewal(try RightRenewal(cursor))
        case .rightLicence: self = .licence(try RightLicence(cursor))
        case .rightLicenceEnd: self = .licenceEnd(try RightLicenceEnd(cursor))
        case .rightPledge: self = .pledge(try RightPledge(cursor))
        case .rightPledgeRelease: self = .pledgeRelease(try RightPledgeRelease(cursor))
        case .rightFreeze: self = .freeze(try RightFreeze(cursor))
        case .rightUnfreeze: self = .unfreeze(try RightUnfreeze(cursor))
        case .rightCancellation: self = .cancellation(try RightCancellation(cursor))
        default: return nil
        }
    }

    var kind: StatementKind {
        switch self {
        case .resourceRegistration: .resourceRegistration
        case .application: .rightApplication
        case .withdrawal: .rightWithdrawal
        case .check: .rightCheck
        case .objection: .rightObjection
        case .objectionDecision: .objectionDecision
        case .decision: .rightDecision
        case .transfer: .rightTransfer
        case .split: .rightSplit
        case .merge: .rightMerge
        case .change: .rightChange
        case .renewal: .rightRenewal
        case .licence: .rightLicence
        case .licenceEnd: .rightLicenceEnd
        case .pledge: .rightPledge
        case .pledgeRelease: .rightPledgeRelease
        case .freeze: .rightFreeze
        case .unfreeze: .rightUnfreeze
        case .cancellation: .rightCancellation
        }
    }

    var members: [(String, JSONValue?)] {
        switch self {
        case .resourceRegistration(let content): content.members
        case .application(let content): content.members
        case .withdrawal(let content): content.members
        case .check(let content): content.members
        case .objection(let content): content.members
        case .objectionDecision(let content): content.members
        case .decision(let content): content.members
        case .transfer(let content): content.members
        case .split(let content): content.members
        case .merge(let content): content.members
        case .change(let content): content.members
        case .renewal(let content): content.members
        case .licence(let content): content.members
        case .licenceEnd(let content): content.members
        case .pledge(let content): content.members
        case .pledgeRelease(let content): content.members
        case .freeze(let content): content.members
        case .unfreeze(let content): content.members
        case .cancellation(let content): content.members
        }
    }

    /// What needs the word of both sides is signed by both, over the same bytes.
    var takesSeveralSignatures: Bool {
        switch self {
        case .transfer, .split, .licence, .pledge: true
        default: false
        }
    }

    /// Where the operator ends something on a ground, two operators may have to sign.
    var signatureForm: SignatureForm {
        if takesSeveralSignatures { return .several }
        let isOperators =
            switch self {
            case .licenceEnd(let content): content.ground != nil
            case .pledgeRelease(let content): content.ground != nil
            case .cancellation(let content): content.ground != .holderRequest
            default: kind.author == .spaceOperator
            }
        return isOperators ? .either : .one
    }

    /// The certificates that the statement is about, by number; of an application, none yet.
    public var rights: [Identifier] {
        switch self {
        case .resourceRegistration, .application: []
        case .withdrawal(let content): [content.right]
        case .check(let content): [content.right]
        case .objection(let content): [content.right]
        case .objectionDecision(let content): [content.right]
        case .decision(let content): [content.right]
        case .transfer(let content): [content.right]
        case .split(let content): [content.right]
        case .merge(let content): content.rights
        case .change(let content): [content.right]
        case .renewal(let content): [content.right]
        case .licence(let content): [content.right]
        case .licenceEnd(let content): [content.right]
        case .pledge(let content): [content.right]
        case .pledgeRelease(let content): [content.right]
        case .freeze(let content): [content.right]
        case .unfreeze(let content): [content.right]
        case .cancellation(let content): [content.right]
        }
    }
}
