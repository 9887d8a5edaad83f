import Audit
import CommandLineInterface
import TransparencyLog

/// `--policy` and `--vkey`: whom to believe.
enum TrustOptions {
    static let all: [CommandOption] = [
        .value(
            "policy", "FILE", about: "a trust policy (C2SP tlog-policy): which logs to believe, and which witnesses must have cosigned",
            completion: .file),
        .value(
            "vkey", "VKEY", about: "a key of the log, name+identifier+base64, instead of a policy; no witness is then asked for",
            isRepeated: true),
    ]

    /// The policy that the options say; `nil` if they say nothing.
    static func policy(_ arguments: ParsedArguments) throws -> TrustPolicy? {
        let keys = try keys(arguments)
        guard let path = arguments.value("policy") else { return keys.isEmpty ? nil : TrustPolicy(logs: keys) }
        guard keys.isEmpty else {
            throw UsageError.badValue(of: "--policy", value: path, reason: "a policy names the log's keys itself; leave out --vkey")
        }
        do {
            let policy = try TrustPolicy(try ProofFile.read(path, maximumLength: TrustPolicy.maximumLength))
            guard !policy.logs.isEmpty else { throw CommandFailure("\(path) names no log, so no checkpoint can be believed by it") }
            return policy
        } catch let error as TrustPolicyError { throw CommandFailure("\(path), \(error)") }
    }

    static func keys(_ arguments: ParsedArguments) throws(UsageError) -> [NoteVerifier] {
        var keys: [NoteVerifier] = []
        for text in arguments.values("vkey") {
            do { keys.append(try NoteVerifier(text)) } catch {
                throw .badValue(of: "--vkey", value: text, reason: "\(error)")
            }
        }
        return keys
    }
}
