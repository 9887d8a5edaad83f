import HTTPTransport
import TransparencyLog

/// What keeps a witness from deciding or answering, other than a rule.
enum WitnessError: Error, CustomStringConvertible, ProblemConvertible {
    case notEnabled
    case malformed(AddCheckpointError)
    case refused(WitnessRefusal)
    /// The state of a log cannot be read, or was damaged: nothing of the log is cosigned until it is restored.
    case damagedState(path: String, reason: String)
    /// The new state could not be made durable, so nothing was cosigned.
    case notDurable(reason: String)
    case nothingCosigned(origin: String)

    var description: String {
        switch self {
        case .notEnabled: "this node is not a witness"
        case .malformed(let error): "\(error)"
        case .refused(let refusal): "\(refusal)"
        case .damagedState(let path, let reason): "\(path) does not hold what this witness cosigned last: \(reason)"
        case .notDurable(let reason): "the witness could not record the checkpoint: \(reason)"
        case .nothingCosigned(let origin): "nothing of the log \"\(origin)\" has been cosigned here"
        }
    }

    var problem: Problem {
        switch self {
        case .notEnabled:
            Problem(
                code: "not-a-witness", status: 404, title: "This node is not a witness", detail: description,
                hint: "Its operator can make it one with: hexi witness enable DIR")
        case .malformed:
            Problem(code: "malformed-checkpoint", status: 400, title: "The request cannot be read", detail: description)
        case .refused(let refusal):
            Problem(
                code: "not-cosigned", status: refusal.status, title: "The checkpoint is not cosigned", detail: description)
        case .damagedState:
            // Which file it is, is the operator's business.
            Problem(
                code: "witness-state-damaged", status: 500, title: "The witness cannot cosign this log",
                detail: "what it cosigned last cannot be read, and it never starts from nothing",
                hint: "The witness' operator finds the reason in the log, and restores the file from a copy.")
        case .notDurable:
            Problem(
                code: "not-durable", status: 503, title: "The witness cannot record anything now",
                detail: "the checkpoint could not be made durable, so it was not cosigned",
                hint: "Send the same request again later.", headers: ["Retry-After": "5"])
        case .nothingCosigned:
            Problem(code: "not-found", status: 404, title: "There is no such checkpoint", detail: description)
        }
    }
}
