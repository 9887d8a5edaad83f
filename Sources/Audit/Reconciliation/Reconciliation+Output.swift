import Encoding
import Exchange

extension Reconciliation {
    /// For programs. Amounts are in minor units of the currency. `verdict` is `reconciled`, `differences` or `tampered`.
    public var json: JSONValue {
        var object: JSONObject = [
            "verdict": .string(!audit.isSound ? "tampered" : differenceCount == 0 ? "reconciled" : "differences"),
            "source": .string(audit.source),
        ]
        if let problem = audit.problem { object["problem"] = problem.json }
        object["entries"] = .count(audit.entries)
        if let root = audit.root { object["root"] = .string(root.description) }
        if let contract { object["contract"] = .string(contract.text) }
        if let participant { object["participant"] = .string(participant.text) }
        if let from = period.from { object["from"] = .string(from.description) }
        if let to = period.to { object["to"] = .string(to.description) }
        object["currency"] = .string(currency)
        object["runsCompleted"] = .count(runsCompleted)
        object["runsRefused"] = .count(runsRefused)
        object["accounts"] = .array(rows.map { account, amounts in
            amounts.json(behind: [
                "contract": .string(account.contract), "product": .string(account.product),
                "payer": .string(account.payer), "payee": .string(account.payee),
            ])
        })
        for (name, member) in [("contracts", \Account.contract), ("payers", \Account.payer), ("payees", \Account.payee)] {
            object[name] = .array(totals(by: member).map { name, amounts in
                amounts.json(behind: ["identifier": .string(name), "name": .string(names[name] ?? "")])
            })
        }
        object["privacy"] = privacyJSON
        object["total"] = total.json(behind: [:])
        object["differenceCount"] = .integer(Int64(differenceCount))
        object["differences"] = .array(differences.map(\.json))
        return .object(object)
    }

    /// One line for each account (RFC 4180), with a heading. Amounts are given in minor units and as people write them.
    public var csv: String {
        let heading = [
            "contract", "product", "title", "payer", "payer_name", "payee", "payee_name", "uses", "recorded_minor",
            "recomputed_minor", "currency",
        ]
        let lines = rows.map { account, amounts in
            [
                account.contract, account.product, names[account.product] ?? "", account.payer, names[account.payer] ?? "",
                account.payee, names[account.payee] ?? "", "\(amounts.uses)", "\(amounts.recorded)",
                "\(amounts.recomputed)", currency,
            ]
        }
        return ([heading] + lines).map { $0.map(Self.field).joined(separator: ",") + "\r\n" }.joined()
    }

    /// A field that no spreadsheet takes for a formula, and that cannot end the line.
    private static func field(_ text: String) -> String {
        var text = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 ? " " : $0 }))
        if let first = text.unicodeScalars.first, "=+-@".unicodeScalars.contains(first), Int64(text) == nil { text = "'" + text }
        guard text.contains(where: { $0 == "," || $0 == "\"" }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}

extension BillingDifference {
    var json: JSONValue {
        [
            "seq": .count(seq), "subject": .string(subject), "rule": .string(rule.rawValue), "says": .string(says),
            "should": .string(should),
        ]
    }
}

extension Reconciliation.Amounts {
    fileprivate func json(behind members: JSONObject) -> JSONValue {
        var object = members
        object["uses"] = .count(uses)
        object["recorded"] = isTooLarge ? .null : .integer(recorded)
        object["recomputed"] = isTooLarge ? .null : .integer(recomputed)
        return .object(object)
    }
}
