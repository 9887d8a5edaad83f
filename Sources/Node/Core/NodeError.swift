import Exchange
import HTTPTransport

/// What stops a node from starting, or a request from being recorded, other than a rule.
public enum NodeError: Error, Sendable, CustomStringConvertible, ProblemConvertible {
    /// The home is missing something or holds something wrong.
    case home(path: String, reason: String)
    /// The home exists already.
    case homeExists(path: String)
    /// The ledger takes no entries at the moment.
    case ledgerUnavailable(reason: String)
    case ledgerCorrupt(seq: UInt64, reason: String)
    case busy
    /// A run's deadline passed while it waited for its turn.
    case deadlinePassed
    /// So many runs of one buyer were refused in the last hour that the next has to wait.
    case tooManyRefusals(seconds: Int64)
    /// Applications that the operator has yet to decide on fill the register.
    case tooManyApplications
    case stopping

    public var description: String {
        switch self {
        case .home(let path, let reason): "the node's home \(path) cannot be used: \(reason)"
        case .homeExists(let path): "\(path) holds a node already; give another folder, or serve that one"
        case .ledgerUnavailable(let reason): "the ledger takes no entries at the moment: \(reason)"
        case .ledgerCorrupt(let seq, let reason): "entry \(seq) of the ledger does not follow from those before it: \(reason)"
        case .busy: "the node has as many runs waiting as it accepts"
        case .deadlinePassed: "the task's deadline passed while the run waited for its turn"
        case .tooManyRefusals: "more of this buyer's runs were refused in the last hour than the node puts up with"
        case .tooManyApplications: "as many applications wait for the operator's decision as the node accepts"
        case .stopping: "the node is stopping"
        }
    }

    private var isStopping: Bool { if case .stopping = self { true } else { false } }

    public var problem: Problem {
        switch self {
        case .busy:
            Problem(
                code: "too-many-runs", status: 429, title: "Too many runs are waiting", detail: description,
                hint: "Send the same request again a little later.", headers: ["Retry-After": "2"])
        case .deadlinePassed:
            Problem(code: "deadline-passed", status: 422, title: "The deadline has passed", detail: description)
        case .tooManyRefusals(let seconds):
            Problem(
                code: "too-many-refusals", status: 429, title: "Too many runs were refused", detail: description,
                hint: "Nothing was recorded. Find out why they were refused (hexi run list), and send this one again later.",
                headers: ["Retry-After": String(seconds)])
        case .tooManyApplications:
            Problem(
                code: "too-many-applications", status: 429, title: "Too many applications are waiting", detail: description,
                hint: "Apply again when the operator has worked through them.", headers: ["Retry-After": "3600"])
        case .stopping, .ledgerUnavailable:
            // The reason is the operator's: it may name files.
            Problem(
                code: "unavailable", status: 503, title: "The node cannot record anything now",
                detail: isStopping ? description : "the ledger takes no entries at the moment",
                hint: "Nothing was recorded. Send the same request again later.", headers: ["Retry-After": "5"])
        default:
            Problem(code: "internal-error", status: 500, title: "The node has a fault", detail: "see the node's log")
        }
    }
}

extension Refusal: ProblemConvertible {
    public var problem: Problem {
        Problem(
            code: code.rawValue, status: code.status, title: code.title, detail: message, pointer: pointer)
    }
}

extension RefusalCode {
    /// The HTTP status that says best what kind of refusal this is.
    var status: Int {
        switch self {
        case .statementTooOld, .statementFromFuture, .wrongSpace: 400
        case .signerUnknown: 401
        case .notTheOperator, .signerNotActive, .signerNotNamed, .roleMissing, .signerKeyRetired, .dutyMissing,
            .secondOperatorNeeded, .samePerson, .assuranceTooLow, .delegationNotInForce, .permissionMissing, .scopeExceeded,
            .notANodeKey:
            403
        case .notFound: 404
        case .duplicate, .keyAlreadyRegistered, .creditCodeAlreadyRegistered, .wrongStatus, .staleDecision,
            .versionOutOfOrder, .spaceAlreadyFounded, .logKeyRetired, .logKeysUnchanged, .keyRetired, .keysUnchanged,
            .recoveryPending, .recoveryWaiting, .checkMissing, .operatorsTooFew:
            409
        case .spaceNotFounded: 503
        default: 422
        }
    }

    var title: String {
        switch status {
        case 400: "The statement is not for here and now"
        case 401: "The signer is not known"
        case 403: "The signer may not do this"
        case 404: "There is no such thing"
        case 409: "This does not fit what is recorded"
        default: "The rules do not allow this"
        }
    }
}

extension StatementError: ProblemConvertible {
    public var problem: Problem {
        switch self {
        case .unknownKey, .badSignature:
            Problem(
                code: "statement-signature", status: 401, title: "The statement's signature does not hold",
                detail: description)
        default:
            Problem(
                code: "invalid-statement", status: 400, title: "The statement is not valid", detail: description,
                pointer: pointer)
        }
    }
}
