import CommandLineInterface
import Encoding
import Exchange

/// A statement about a right in plain words, for whoever is about to sign it, and views of rights.
struct RightText {
    let statement: RightStatement
    let currency: String
    /// What is known of the participants, by identifier.
    let names: [String: String]

    /// What the signer binds himself to, in one sentence.
    var sentence: String {
        switch statement {
        case .resourceRegistration: "You register a data resource."
        case .application: "You apply for a right in data."
        case .withdrawal: "You take the application back."
        case .check(let check): check.verdict == .pass ? "The application passes; its public notice begins." : "The application fails the formal check and is refused."
        case .objection: "You object to the application."
        case .objectionDecision(let decision): decision.verdict == .upheld ? "The objection is upheld, and the application refused." : "The objection is dismissed."
        case .decision(let decision): decision.verdict == .grant ? "The right is granted and its certificate issued." : "The right is refused."
        case .transfer: "The right passes to another holder, for good."
        case .split: "The right is divided; certificates of its parts replace this one."
        case .merge: "The parts become one certificate."
        case .change: "What the certificate says is amended."
        case .renewal: "The right is renewed."
        case .licence(let licence): licence.isExclusive ? "The right is licensed, to this licensee only." : "The right is licensed."
        case .licenceEnd: "The licence ends."
        case .pledge: "The right is pledged: until the release it cannot be transferred, split, merged or cancelled."
        case .pledgeRelease: "The pledge is released."
        case .freeze: "The right is frozen: nothing about it can change."
        case .unfreeze: "The freeze is lifted."
        case .cancellation: "The right is cancelled, for good."
        }
    }

    /// The statement's own members, named and aligned.
    func lines() -> [String] {
        var details = DetailList()
        for (name, value) in StatementContent.right(statement).members {
            guard let value else { continue }
            add(name, value, to: &details)
        }
        return [sentence, "", details.render()]
    }

    private func add(_ name: String, _ value: JSONValue, to details: inout DetailList) {
        let label = Self.labels[name] ?? name
        switch value {
        case .string(let text): details.add(label, named(text))
        case .integer(let number) where name == "amount": details.add(label, MoneyText.format(number, currency: currency))
        case .bool(let flag): details.add(label, flag ? "yes" : "no")
        case .object where name == "title" || name == "summary":
            for member in value.objectValue?.members ?? [] { details.add("\(label) (\(TextWidth.printable(member.name)))", member.value.shown) }
        case .object: for member in value.objectValue?.members ?? [] { add(member.name, member.value, to: &details) }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                details.add(elements.count == 1 ? label : "\(label) \(index + 1)", item(element))
            }
        default: details.add(label, value.shown)
        }
    }

    private func item(_ element: JSONValue) -> String {
        guard element["holder"] == nil else { return "\(element.text("share")) to \(named(element["holder"]?.stringValue ?? ""))" }
        guard element["sha256"] == nil else {
            return "\(element.text("kind")): \(element.text("name")), \(DecimalText.grouped(element.number("size"))) bytes, salted SHA-256 \(element.text("sha256"))"
        }
        guard element["scheme"] == nil else { return "\(element.text("scheme")) \(element.text("value"))" }
        return element.stringValue.map(named) ?? element.shown
    }

    private func named(_ text: String) -> String {
        let shown = TextWidth.printable(text)
        return names[text].map { $0.isEmpty ? shown : "\(TextWidth.printable($0)) (\(shown))" } ?? shown
    }

    private static let labels = [
        "rightKind": "kind of right", "termMonths": "months", "lawfulBasis": "lawful basis", "exclusive": "exclusive",
        "externalIdentifiers": "known elsewhere as", "secures": "secures", "parts": "part", "rights": "certificate", "right": "certificate",
    ]

    // MARK: Views

    static let titles = ["certificate", "kind", "title", "holder", "share", "standing", "expires"]

    static func table(_ items: [JSONValue]) -> Table {
        var table = Table(titles)
        for item in items {
            table.append([
                item.text("identifier"), item.text("rightKind"), item["title"].localised, item.text("holderName"), item.text("share"),
                standing(item), item.text("expiresAt"),
            ])
        }
        return table
    }

    private static func standing(_ view: JSONValue) -> String {
        let marks = (view["pledge"] == nil ? [] : ["pledged"]) + (view["licences"] == nil ? [] : ["licensed"])
        return ([view.text("standing")] + marks).joined(separator: ", ")
    }

    /// One right in full.
    static func details(_ view: JSONValue) -> String {
        var details = DetailList()
        details.add("certificate", view.text("identifier"))
        details.add("standing", standing(view))
        if view.text("standing") == RightStanding.inForce.rawValue && view["inForce"]?.boolValue == false {
            details.add("but", "the right from which it derives is in force no more")
        }
        details.add("kind", view.text("rightKind"))
        details.add("title", view["title"].localised)
        details.add("over", [view["overTitle"].localised, view.text("over")].filter { !$0.isEmpty }.joined(separator: " "))
        details.add("holder", "\(view.text("holderName")) (\(view.text("holder")))")
        details.add("share", view.text("share"))
        details.add("exclusive", view["exclusive"]?.boolValue == true ? "yes" : "")
        details.add("acquired by", view.text("ground"))
        for (label, member) in [("derives from", "basis"), ("territory", "territory"), ("notice until", "noticeUntil"), ("granted at", "grantedAt"), ("expires at", "expiresAt")] {
            details.add(label, view.text(member))
        }
        if view.text("root") != view.text("identifier") { details.add("part of", view.text("root")) }
        details.add("replaces", view.joined("replaces"))
        for objection in view.list("objections") {
            let verdict = objection["verdict"]?.stringValue ?? "open"
            details.add("objection", "\(objection.text("objector")), \(objection.text("ground")): \(TextWidth.printable(verdict))")
        }
        for licence in view.list("licences") { details.add("licence", "\(licence.text("licensee")) until \(licence.text("until"))") }
        if let pledge = view["pledge"] { details.add("pledged to", pledge.text("pledgee") + (pledge.text("until").isEmpty ? "" : " until \(pledge.text("until"))")) }
        for freeze in view.list("freezes") { details.add("frozen by", freeze.text("regulator")) }
        for entry in view.list("history") { details.add("entry \(entry.text("seq"))", "\(entry.text("time"))  \(entry.text("type"))") }
        return details.render()
    }
}
