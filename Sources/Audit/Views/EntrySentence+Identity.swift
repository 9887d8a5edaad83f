import CommandLineInterface
import Encoding
import Exchange

// Who somebody is, and with which keys they speak.
extension EntrySentence {
    func identity(_ statement: IdentityStatement) -> String {
        switch statement {
        case .review(let review):
            return "the operator found the application of \(subject) \(review.finding.rawValue)\(colon(review.notes))"
        case .keys: return "\(subject) changed its keys (\(steps(["added", "removed"])))\(reason)"
        case .recovery:
            let until = entry.event.body["waitsUntil"]?.stringValue ?? ""
            return "the operator proposed new keys for \(subject) (\(list("keys"))); unless it objects they can take effect from \(until) on\(reason)"
        case .recoveryObjection: return "\(subject) objected to the new keys proposed for it\(reason)"
        case .recoveryCompletion:
            return "the keys proposed for \(subject) took the place of its own (\(steps(["added", "removed"]))); its delegations have ended\(reason)"
        case .delegation(let delegation): return self.delegation(delegation)
        case .delegationRevocation(let revocation):
            return "\(subject) ended the delegation of the staff key \(revocation.key)\(reason)"
        case .operatorAppointment(let appointment):
            let names = appointment.operators.map { "\($0.name.prefix(80)) (\(duties($0.duties)))" }
            return "the operator's root key appointed as operators: \(names.isEmpty ? "nobody beside itself" : names.joined(separator: ", "))\(reason)"
        case .nodeKeys: return "the operator changed the node's own keys (\(steps(["added", "dropped"])))\(reason)"
        case .alarm(let report): return alarm(report)
        }
    }

    func decision(_ decision: ParticipantDecision) -> String {
        let level = decision.assurance.map { ", at assurance level \($0)" } ?? ""
        guard decision.decision == .assure else { return "the operator \(past(decision.decision)) \(subject)\(level)\(reason)" }
        return "the operator set the assurance of \(subject) to level \(decision.assurance ?? 0)\(reason)"
    }

    private func delegation(_ delegation: Delegation) -> String {
        let kinds = delegation.permissions.map(\.rawValue).joined(separator: ", ")
        let bounds = [delegation.fieldSet.map { _ in "named columns" }, delegation.rowScope.map { _ in "named rows" }]
        let limits = bounds.compactMap { $0 }
        let scope = limits.isEmpty ? "" : ", limited to \(limits.joined(separator: " and "))"
        return "\(subject) let \"\(delegation.name.prefix(80))\" sign for it with the key \(delegation.key) from \(delegation.notBefore) to \(delegation.expiresAt): \(kinds)\(scope)"
    }

    private func alarm(_ report: AlarmReport) -> String {
        let whom = report.participant.map { " about \(name($0.text))" } ?? ""
        let what =
            switch report.alarm {
            case .bulkRelease: "rows released"
            case .failedSignatures: "signatures that do not hold"
            case .oddHours: "runs at odd hours"
            case .repeatedRefusals: "refusals"
            }
        return "the node raised an alarm\(whom): \(report.count) \(what) within \(report.windowSeconds) seconds, where \(report.threshold) are allowed"
    }

    private func duties(_ duties: Set<OperatorDuty>) -> String {
        OperatorDuty.allCases.filter(duties.contains).map(\.rawValue).joined(separator: ", ")
    }

    private func colon(_ text: String) -> String { text.isEmpty ? "" : ": \(text.prefix(300))" }

    /// What a change of keys adds and takes away, as the entry's body lists it.
    private func steps(_ members: [String]) -> String {
        members.map { ($0, list($0)) }.filter { !$0.1.isEmpty }.map { "\($0) \($1)" }.joined(separator: "; ")
    }

    private func list(_ member: String) -> String {
        (entry.event.body[member]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
    }
}
