import CommandLineInterface
import Encoding
import Exchange

/// A contract's terms for a person who is about to sign them.
struct ContractText {
    let terms: ContractTerms
    let currency: String
    /// What is known of the parties and products, by identifier.
    let names: [Identifier: String]

    func lines() -> [String] {
        var details = DetailList()
        details.add("buyer", named(terms.buyer))
        for provider in terms.providers { details.add("provider", named(provider)) }
        for item in terms.products {
            details.add(
                "product", "\(named(item.product)), version \(item.version), \(MoneyText.format(item.pricePerRun, currency: currency)) a run")
        }
        details.add("purpose", terms.purpose.rawValue)
        details.add("valid", "from \(terms.validFrom) until \(terms.validUntil)")
        details.add("runs", "at most \(DecimalText.grouped(terms.maximumRuns))")
        details.add("at most to pay", most)
        details.add("results", "kept for \(terms.resultRetentionDays) days")
        return [details.render()]
    }

    /// What the buyer can come to owe: every run using every product.
    private var most: String {
        var sum: Int64 = 0
        for item in terms.products {
            let (product, overflow) = item.pricePerRun.multipliedReportingOverflow(by: terms.maximumRuns)
            let (total, carry) = sum.addingReportingOverflow(product)
            if overflow || carry { return "more than can be shown" }
            sum = total
        }
        return MoneyText.format(sum, currency: currency)
    }

    private func named(_ identifier: Identifier) -> String {
        guard let name = names[identifier], !name.isEmpty else { return identifier.text }
        return "\(TextWidth.printable(name)) (\(identifier))"
    }
}
