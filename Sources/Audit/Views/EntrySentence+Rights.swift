import CommandLineInterface
import Encoding
import Exchange

// Rights in data: who asked, who decided, and what became of them.
extension EntrySentence {
    func right(_ statement: RightStatement) -> String {
        switch statement {
        case .resourceRegistration(let registration):
            return "\(actor) registered \(subject), of grade \(registration.grade.rawValue)"
        case .application(let application):
            let derived = application.basis.map { ", derived from \(name($0.text))" } ?? ""
            return "\(actor) applied for \(subject), \(application.isExclusive ? "an exclusive" : "a") right of \(application.kind.rawValue) over \(name(application.over.text))\(derived)"
        case .withdrawal: return "\(actor) withdrew the application for \(subject)\(reason)"
        case .check, .decision: return review
        case .objection(let objection):
            return "\(actor) objected to \(subject) (\(objection.ground.rawValue)): \(objection.statement.prefix(300))"
        case .objectionDecision(let decision):
            let verdict = decision.verdict == .dismissed ? "dismissed" : "upheld"
            let outcome = decision.verdict == .dismissed ? "" : " and refused \(subject)"
            return "the operator \(verdict) the objection of \(name(decision.objector.text)) to \(subject)\(outcome)\(reason)"
        case .transfer, .split, .merge: return movement(statement)
        case .change(let change):
            return "\(actor) changed \(body("changed", separator: " and ")) of \(subject)\(colon(change.reason))"
        case .renewal: return "\(actor) renewed \(subject) until \(text("expiresAt"))"
        case .licence(let licence):
            return "\(actor) gave \(name(licence.licensee.text)) \(licence.isExclusive ? "an exclusive" : "a") licence of \(subject) until \(licence.until)"
        case .licenceEnd(let end):
            return "\(actor) ended the licence that \(name(end.licensee.text)) had of \(subject)\(ground)\(reason)"
        case .pledge(let pledge):
            let amount = pledge.amount.map { ", for \(money($0))" } ?? ""
            return "\(actor) pledged \(subject) to \(name(pledge.pledgee.text))\(amount)\(pledge.until.map { ", until \($0)" } ?? "")"
        case .pledgeRelease: return "\(actor) released the pledge of \(subject) to \(name(text("pledgee")))\(ground)\(reason)"
        case .freeze: return "\(actor) froze \(subject)\(reason)"
        case .unfreeze:
            let other = text("regulator") == entry.event.actor ? "its freeze" : "the freeze by \(name(text("regulator")))"
            return "\(actor) lifted \(other) of \(subject)\(reason)"
        case .cancellation: return "\(actor) cancelled \(subject)\(ground)\(reason)"
        }
    }

    private var review: String {
        switch entry.event.type {
        case .rightNoticed:
            return "the operator passed \(subject) of \(holder) in the formal check; its public notice ends at \(text("noticeUntil"))\(reason)"
        case .rightGranted:
            return "the operator granted \(holder) \(subject), a right of \(text("rightKind")) over \(name(text("over"))), until \(text("expiresAt"))\(reason)"
        default: return "the operator refused \(holder) \(subject)\(ground)\(reason)"
        }
    }

    private func movement(_ statement: RightStatement) -> String {
        switch statement {
        case .transfer(let transfer): return "\(actor) transferred \(subject), share \(text("share")), to \(name(transfer.to.text))"
        case .split(let split):
            let parts = split.parts.map { "\($0.share) to \(name($0.holder.text))" }.joined(separator: ", ")
            return "\(actor) split \(subject), share \(text("share")), into \(split.parts.count) parts: \(parts)"
        default: return "\(actor) merged \(body("rights", separator: ", ")) into \(subject), share \(text("share"))"
        }
    }

    // MARK: Words

    private var holder: String { name(text("holder")) }

    private var ground: String { entry.event.body["ground"]?.stringValue.map { " (\($0))" } ?? "" }

    private func text(_ member: String) -> String { entry.event.body[member]?.stringValue ?? "" }

    private func colon(_ text: String) -> String { text.isEmpty ? "" : ": \(text.prefix(300))" }

    private func body(_ member: String, separator: String) -> String {
        (entry.event.body[member]?.arrayValue ?? []).compactMap(\.stringValue).map(name).joined(separator: separator)
    }
}
