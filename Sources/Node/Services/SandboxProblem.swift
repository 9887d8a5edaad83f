import Encoding
import Exchange
import HTTPTransport
import Sandbox

/// What the sandbox says, as the rules and the API say it.
enum SandboxProblem {
    /// A refusal of the machine check, as the ledger records it.
    static func fault(_ refusal: QueryRefusal) -> QueryFault {
        QueryFault(
            code: refusal.code.rawValue, message: String(refusal.message.prefix(1000)),
            piece: String(refusal.piece.prefix(200)), line: Int64(refusal.line ?? 0), column: Int64(refusal.column ?? 0))
    }

    /// The code and message of a failed or refused run, as the ledger records it.
    static func outcome(_ error: any Error) -> (code: String, message: String) {
        if let failure = error as? ProgramFailure { return outcome(failure) }
        guard let error = error as? SandboxError else { return ("engine-failed", "the run failed") }
        return (code(error), String(error.description.prefix(1000)))
    }

    /// To the buyer every way in which a program can fail looks the same.
    private static func outcome(_ failure: ProgramFailure) -> (code: String, message: String) {
        switch failure {
        case .bundleRefused: ("program-bundle-refused", String(failure.description.prefix(1000)))
        case .notDelivered: ("program-not-delivered", failure.description)
        case .sandbox(let error): outcome(error)
        }
    }

    private static func code(_ error: SandboxError) -> String {
        switch error {
        case .refused(let refusal): refusal.code.rawValue
        case .isolationUnavailable: "isolation-unavailable"
        case .timeExceeded: "time-exceeded"
        case .outputExceeded: "output-exceeded"
        case .resourcesExceeded: "resources-exceeded"
        case .engineFailed: "engine-failed"
        case .importFailed: "import-failed"
        case .cancelled: "cancelled"
        }
    }

    /// A failure outside a recorded run.
    static func problem(_ error: any Error) -> any Error {
        guard let sandboxError = error as? SandboxError else { return error }
        switch sandboxError {
        case .refused(let refusal):
            return Problem(
                code: refusal.code.rawValue, status: 422, title: "The query policy does not allow this",
                detail: refusal.message, hint: refusal.hint.isEmpty ? nil : refusal.hint, extensions: members(fault(refusal)))
        case .isolationUnavailable:
            return Problem(
                code: "isolation-unavailable", status: 503, title: "The sandbox is not available",
                detail: "the node runs nothing while it cannot isolate it",
                hint: "The operator finds the reason with `hexi doctor`.")
        case .engineFailed:
            return Problem(code: "engine-failed", status: 500, title: "The engine failed", detail: sandboxError.description)
        default:
            return Problem(
                code: code(sandboxError), status: 422, title: "The sandbox could not do this", detail: sandboxError.description)
        }
    }

    static func members(_ fault: QueryFault) -> JSONObject {
        ["piece": .string(fault.piece), "line": .integer(fault.line), "column": .integer(fault.column)]
    }

    /// The part of an engine failure that only the operator may read.
    static func operatorDetail(_ error: any Error) -> String? {
        if case .engineFailed(let detail)? = error as? SandboxError { return detail }
        switch error as? ProgramFailure {
        case .notDelivered(let detail)?, .sandbox(.engineFailed(let detail))?: return detail
        default: break
        }
        return nil
    }
}
