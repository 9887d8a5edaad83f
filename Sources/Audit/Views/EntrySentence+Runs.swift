import CommandLineInterface
import Encoding
import Exchange

// Tasks, and what becomes of what runs made.
extension EntrySentence {
    func run(_ statement: RunStatement) -> String {
        switch statement {
        case .task(let request):
            let until = entry.event.body["expiresAt"]?.stringValue ?? ""
            let sealed = request.isSealed ? "; the result is to be sealed" : ""
            return "\(actor) had \(subject) minted for a run of \(name(request.query.text)), good until \(until)\(spending)\(sealed)"
        case .taskCancellation:
            let buyer = entry.event.body["buyer"]?.stringValue ?? ""
            return "\(actor) cancelled \(subject)\(buyer == entry.event.actor ? "" : " of \(name(buyer))")\(reason)"
        case .destruction(let destruction):
            let ground = destruction.ground == .retention ? "as the contracts let it be kept no longer" : "as its buyer asked"
            let files = (entry.event.body["artefacts"]?.arrayValue ?? []).compactMap(\.stringValue)
            let with = files.isEmpty ? "" : " and its artefacts \(files.joined(separator: ", "))"
            return "the node destroyed the result of \(subject)\(with), \(ground)"
        case .artefactDecision(let decision): return artefact(decision)
        case .consent(let consent):
            return "\(actor) recorded that a subject of \(subject) lets \(name(consent.buyer.text)) ask about it, from \(consent.validFrom) to \(consent.validUntil) (token \(consent.token.prefix(8))…)"
        case .consentEnd(let end):
            return "\(actor) recorded that a subject of \(subject) no longer lets \(name(end.buyer.text)) ask about it (token \(end.token.prefix(8))…)"
        }
    }

    private func artefact(_ decision: ArtefactDecision) -> String {
        let file = "the artefact \"\(decision.artefact)\" of \(subject)"
        guard let assessment = decision.assessment, decision.decision == .release else {
            return "\(actor) refused \(file)\(reason)"
        }
        let isComplete = entry.event.body["complete"]?.boolValue == true
        return "\(actor) released \(file) on the security assessment \"\(assessment.reference)\"\(isComplete ? "" : "; other providers have yet to say")\(reason)"
    }

    /// What a task or a run costs of a privacy budget.
    var spending: String {
        guard let privacy = entry.event.body["privacy"], let epsilon = privacy["epsilon"]?.integerValue else { return "" }
        return ", for ε \(DecimalText.format(Double(epsilon) / 1000, digits: 3)) of the privacy budget"
    }
}
