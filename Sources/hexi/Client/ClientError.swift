import Encoding
import Exchange
import HTTPTransport

/// Why a command did not do what it was asked to. Each says what is wrong, where, and what would be right, and knows
/// the exit code that a script sees.
enum ClientError: Error, Sendable, CustomStringConvertible {
    /// The node answered with a refusal or a failure.
    case problem(Problem)
    /// No answer came from the node.
    case unreachable(node: String, reason: String, hint: String)
    /// What answered does not speak as a node does.
    case unexpectedAnswer(node: String, reason: String)
    /// The profile cannot be used.
    case profile(path: String, reason: String, hint: String)
    /// A file or the terminal cannot be read or written.
    case file(path: String, reason: String)
    /// A part of the program that says itself what it could not do, and where.
    case failed(String)
    /// The command line asks for something that makes no sense.
    case usage(String, hint: String)
    /// Not sent yet: it waits for the next bundle that is carried to the node.
    case queued(String)
    /// Refused here, before anything was sent.
    case refused(String, hint: String)

    var description: String {
        switch self {
        case .problem(let problem): problem.description
        case .unreachable(let node, let reason, _): "no answer from the node at \(node): \(reason)"
        case .unexpectedAnswer(let node, let reason): "\(node) does not answer as a Hexi node: \(reason)"
        case .profile(let path, let reason, _): "the profile \(path) cannot be used: \(reason)"
        case .file(let path, let reason): "\(path): \(reason)"
        case .failed(let reason), .queued(let reason), .usage(let reason, _), .refused(let reason, _): reason
        }
    }

    /// What to do about it; empty where there is nothing to say.
    var hint: String {
        switch self {
        case .problem(let problem): problem.hint ?? ""
        case .unreachable(_, _, let hint), .profile(_, _, let hint), .usage(_, let hint), .refused(_, let hint): hint
        case .unexpectedAnswer: "Check the address given with --node, or in the profile."
        case .queued: "Make the file with \"hexi bundle export FILE\", have it delivered, and take the answers in with \"hexi bundle import FILE\"."
        case .file, .failed: ""
        }
    }

    /// The problem document of this error, for `--json`; the node's own where it sent one.
    var json: JSONValue {
        if case .problem(let problem) = self { return problem.json }
        var object: JSONObject = ["type": .string("/problems/\(code)"), "title": .string(title)]
        object["detail"] = .string(description)
        if !hint.isEmpty { object["hint"] = .string(hint) }
        return .object(object)
    }

    private var code: String {
        switch self {
        case .problem(let problem): problem.code
        case .unreachable: "unreachable"
        case .unexpectedAnswer: "unexpected-answer"
        case .profile: "profile"
        case .file: "file"
        case .failed: "failed"
        case .usage: "usage"
        case .queued: "queued"
        case .refused: "refused-locally"
        }
    }

    private var title: String {
        switch self {
        case .problem(let problem): problem.title
        case .unreachable: "The node cannot be reached"
        case .unexpectedAnswer: "The answer is not understood"
        case .profile: "The profile cannot be used"
        case .file: "A file cannot be used"
        case .failed: "This could not be done"
        case .usage: "The command line is not understood"
        case .queued: "Waits to be carried to the node"
        case .refused: "Refused before anything was sent"
        }
    }
}

extension ClientError {
    /// A statement's document that breaks its schema or its kind's conditions, found before it was sent.
    static func invalid(_ error: StatementError, in subject: String) -> ClientError {
        guard case .invalid(let mismatch) = error else { return .refused("\(subject): \(error)", hint: "") }
        return .refused("\(subject), \(mismatch.pointer.isEmpty ? "as a whole" : "at \(mismatch.pointer)"): \(mismatch.reason)", hint: "")
    }
}
