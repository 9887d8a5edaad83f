import Audit
import CommandLineInterface
import Encoding
import Exchange

/// What was found out about a certificate.
struct CertificateReport {
    enum Proof: String { case holds, unwitnessed }

    /// For which moment the verdict holds.
    let time: Timestamp
    var claims: RightClaims?
    /// Why it does not hold.
    var problem: String?
    var isGenuine = false
    var proof: Proof?
    /// Against a ledger only.
    private var view: CertificateView?
    private var audit: AuditReport?

    init(time: Timestamp) { self.time = time }

    mutating func take(_ view: CertificateView, _ audit: AuditReport) {
        self.view = view
        self.audit = audit
    }

    private var differences: [String] { view?.differences ?? [] }
    private var isInForce: Bool? { view.map { $0.isInForce(at: time) } }

    var isGood: Bool {
        problem == nil && isGenuine && differences.isEmpty && isInForce != false && proof != .unwitnessed
    }

    private var standing: String? {
        guard let view, let right = view.right else { return nil }
        let standing = right.standing(at: time)
        if standing == .inForce && isInForce == false { return "in force itself, but what it derives from is not" }
        return standing.rawValue
    }

    /// Since when the right stands as it does.
    private var since: String? {
        guard let right = view?.right else { return nil }
        if right.standing(at: time) == .expired { return right.expiresAt?.description }
        return view?.lastChange?.time
    }

    // MARK: For programs

    var json: JSONValue {
        var object: JSONObject = ["verdict": .string(verdict), "asOf": .string(time.description), "genuine": .bool(isGenuine)]
        if let problem { object["reason"] = .string(problem) }
        if let claims { object["certificate"] = claims.subject(holder: claims.holder)["right"] }
        if let proof { object["proof"] = .string(proof.rawValue) }
        guard let view, let audit else { return .object(object) }
        object["differs"] = .array(differences.map { .string($0) })
        object["inForce"] = .bool(isInForce == true)
        object["standing"] = standing.map { .string($0) }
        object["since"] = since.map { .string($0) }
        object["holder"] = view.right.map { .string($0.holder.text) }
        object["pledged"] = .bool(view.right?.pledge(at: time) != nil)
        object["ledger"] = ["source": .string(audit.source), "entries": .integer(Int64(clamping: audit.entries))]
        object["history"] = .array(view.lines.map(\.json))
        return .object(object)
    }

    private var verdict: String { isGood ? (view == nil ? "genuine" : "valid") : "not-valid" }

    // MARK: For people

    func text(width: Int?) -> String {
        var lines: [(String, String)] = []
        if let claims {
            lines.append(("Certificate", claims.number.text))
            lines.append(("Right", "\(claims.kind.rawValue) over \(claims.over)"))
            lines.append(("Holder", "\(claims.holderName) (\(claims.holder))"))
            lines.append(("Share", claims.share.description))
            lines.append(("Granted", "\(claims.grantedAt), until \(claims.expiresAt)"))
            lines.append(("Entry", "\(claims.entry.seq) of \(claims.entry.origin)"))
        }
        lines.append(("Signature", isGenuine ? "by a key of the node's" : "NOT verified"))
        if let proof { lines.append(("Proof", proof == .holds ? "the entry is on the ledger" : "NOT witnessed as the policy asks")) }
        if let audit { lines.append(("Ledger", "\(audit.source), \(DecimalText.grouped(audit.entries)) entries, sound")) }
        if let standing { lines.append(("Standing", standing + (since.map { " since \($0)" } ?? ""))) }
        if let right = view?.right, let pledge = right.pledge(at: time) { lines.append(("Pledged to", pledge.pledgee.text)) }
        if !differences.isEmpty { lines.append(("Out of date", "the ledger says otherwise on \(differences.joined(separator: ", "))")) }
        for line in view?.lines ?? [] { lines.append(("Entry \(line.seq)", "\(line.time)  \(line.sentence)")) }
        let column = (lines.map { TextWidth.of($0.0) }.max() ?? 0) + 2
        let body = lines.map { name, value in
            name + String(repeating: " ", count: column - TextWidth.of(name)) + TextWidth.printable(value) + "\n"
        }.joined()
        return body + "\n" + closing(width)
    }

    private func closing(_ width: Int?) -> String {
        let words: String
        if let problem {
            words = "NOT VALID 证书无效: \(problem)"
        } else if !isGood {
            words = "NOT VALID 证书无效: " + (differences.isEmpty ? "the right is \(standing ?? "not proved")" : "it no longer says what holds")
        } else if view == nil {
            words = "GENUINE 证书真实: the node issued it. Whether the right is still in force, only a ledger tells (--ledger)."
        } else {
            words = "VALID 证书有效: the right is in force at \(time)."
        }
        let text = TextWidth.printable(words)
        return (width.map { TextWidth.wrap(text, width: $0).joined(separator: "\n") } ?? text) + "\n"
    }
}
