import Encoding
import Signing

/// Statements about runs, beside the request for one: what comes before it, and what becomes of what it made.
public enum RunStatement: StatementFamily {
    case task(TaskRequest)
    case taskCancellation(TaskCancellation)
    case destruction(ResultDestruction)
    case artefactDecision(ArtefactDecision)
    case consent(SubjectConsent)
    case consentEnd(SubjectConsentEnd)

    init?(_ kind: StatementKind, _ cursor: JSONCursor) throws(JSONMismatch) {
        switch kind {
        case .taskRequest: self = .task(try TaskRequest(cursor))
        case .taskCancellation: self = .taskCancellation(try TaskCancellation(cursor))
        case .resultDestruction: self = .destruction(try ResultDestruction(cursor))
        case .artefactDecision: self = .artefactDecision(try ArtefactDecision(cursor))
        case .subjectConsent: self = .consent(try SubjectConsent(cursor))
        case .subjectConsentEnd: self = .consentEnd(try SubjectConsentEnd(cursor))
        default: return nil
        }
    }

    var kind: StatementKind {
        switch self {
        case .task: .taskRequest
        case .taskCancellation: .taskCancellation
        case .destruction: .resultDestruction
        case .artefactDecision: .artefactDecision
        case .consent: .subjectConsent
        case .consentEnd: .subjectConsentEnd
        }
    }

    /// An operator may end a task too, for which two may have to sign.
    var signatureForm: SignatureForm {
        if case .taskCancellation = self { return .either }
        return .one
    }

    var members: [(String, JSONValue?)] {
        switch self {
        case .task(let content): content.members
        case .taskCancellation(let content): content.members
        case .destruction(let content): content.members
        case .artefactDecision(let content): content.members
        case .consent(let content): content.members
        case .consentEnd(let content): content.members
        }
    }
}
