import Contracts
import Encoding
import Signing

/// Why an entry does not follow, by the rules, from those before it.
public enum ReplayError: Error, Sendable, Hashable, CustomStringConvertible {
    case wrongSequence(expected: UInt64, found: UInt64)
    case timeWentBack(from: Timestamp, to: Timestamp)
    case schema(JSONMismatch)
    case signature(StatementError)
    case factsMissing(String)
    /// The rules refuse what the entry says happened.
    case refused(code: RefusalCode, message: String)
    /// The rules lead to another event than the entry says.
    case differs(member: String, expected: String, found: String)

    public var description: String {
        switch self {
        case .wrongSequence(let expected, let found): "its number is \(found), it should be \(expected)"
        case .timeWentBack(let from, let to): "its time \(to) is before the time of the entry before it, \(from)"
        case .schema(let mismatch): "its body breaks the event's schema at \(mismatch)"
        case .signature(let error): "\(error)"
        case .factsMissing(let reason): "its body is incomplete: \(reason)"
        case .refused(let code, let message): "the rules do not allow it (\(code.rawValue)): \(message)"
        case .differs(let member, let expected, let found):
            "its \(member) is \(found.prefix(300)), by the rules it should be \(expected.prefix(300))"
        }
    }
}

extension ExchangeState {
    /// Checks that an entry is exactly what the rules lead to from this state, and applies it.
    ///
    /// - Parameter verified: the entry's statement with its signatures verified, by `verificationKey`.
    public mutating func replay(_ entry: LedgerEntry, _ verified: VerifiedStatement) throws(ReplayError) {
        let event = entry.event
        guard entry.seq == size else { throw .wrongSequence(expected: size, found: entry.seq) }
        guard entry.time >= time else { throw .timeWentBack(from: time, to: entry.time) }
        if let mismatch = ContractSchemas.mismatch(inEvent: .object(event.body), type: event.type.rawValue) {
            throw .schema(mismatch)
        }
        let command = Command(verified, facts: try event.facts())
        let expected: Event
        do throws(Refusal) {
            expected = try verdict(command, at: entry.time)
            // The entry's own body was found to fit above; one that is the same need not be looked at again.
            if expected.type != event.type || expected.body != event.body { _ = try expected.fitForLedger() }
        } catch { throw .refused(code: error.code, message: error.message) }
        try Self.compare("type", expected.type.rawValue, event.type.rawValue)
        try Self.compare("subject", expected.subject, event.subject)
        try Self.compare("actor", expected.actor, event.actor)
        let body = expected.decidedBody
        if body != event.decidedBody {
            try Self.compare(
                "body", JSONValue.object(body).serializedString(), JSONValue.object(event.decidedBody).serializedString())
        }
        apply(event, at: entry.time)
    }

    /// Verifies the entry's signatures with the keys registered at this state, then replays it.
    public mutating func replay(_ entry: LedgerEntry) throws(ReplayError) {
        let verified: VerifiedStatement
        do { verified = try entry.event.statement.verified(verificationKey) } catch { throw .signature(error) }
        try replay(entry, verified)
    }

    private static func compare(_ member: String, _ expected: String, _ found: String) throws(ReplayError) {
        if expected != found { throw .differs(member: member, expected: expected, found: found) }
    }
}

extension Event {
    /// The body without the words in which the rules refused a run. Those are for people, and a later release may put
    /// them better; what the rules decide is the code.
    var decidedBody: JSONObject {
        guard type == .runRefused, body["by"]?.stringValue == "rules" else { return body }
        var body = body
        body["reason"] = nil
        return body
    }

    /// What the node found out when it recorded this event, read back from the body.
    func facts() throws(ReplayError) -> Facts {
        let cursor = JSONCursor(.object(body))
        do {
            switch (type, statement.kind) {
            case (.querySubmitted, _):
                return .check(
                    .accepted(
                        policy: try cursor.member("policy").hexadecimalDigest(),
                        engine: try cursor.member("engine").string(maximumCount: 100)))
            case (.queryRefused, .querySubmission):
                return .check(
                    .refused(
                        QueryFault(
                            code: try cursor.member("code").string(maximumCount: 100),
                            message: try cursor.member("reason").string(maximumCount: 4000),
                            piece: try cursor.member("piece").string(maximumCount: 4000),
                            line: try cursor.member("line").integer(in: 0...1_000_000),
                            column: try cursor.member("column").integer(in: 0...1_000_000))))
            case (.runRefused, _):
                if try cursor.member("by").string(maximumCount: 16) == "rules" { return .outcome(.refusedByRules) }
                return .outcome(
                    .refusedBySandbox(
                        code: try cursor.member("code").string(maximumCount: 100),
                        message: try cursor.member("reason").string(maximumCount: 8000)))
            case (.runCompleted, _): return .outcome(.completed(try RunFacts(cursor)))
            default: return .none
            }
        } catch { throw .factsMissing(error.description) }
    }
}
