import CommandLineInterface
import Encoding

/// `hexi usage`: what was used, who owes whom.
struct UsageCommand: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "usage", about: "show runs and charges: what you owe and earn",
            discussion: "Participants see their own; the operator and auditors see all. Days are days in UTC.",
            options: [
                .value("from", "DAY", about: "from the beginning of this day, or this UTC time, on"),
                .value("to", "DAY", about: "to the end of this day, or this UTC time"),
            ],
            examples: ["hexi usage", "hexi usage --from 2026-11-01 --to 2026-11-30 --json"],
            run: environment.action { context in
                let from = try context.arguments.value("from").map { try Notation.time($0, of: "--from", isEnd: false) }
                let to = try context.arguments.value("to").map { try Notation.time($0, of: "--to", isEnd: true) }
                let session = try context.session()
                let usage = try await session.client.get(
                    RequestTarget("/api/v1/usage", [("from", from?.description), ("to", to?.description)]))
                let payers = usage.list("charges").flatMap { [$0.text("payer"), $0.text("payee")] }
                let names = context.wantsJSON ? [:] : await NameLookup.participants(payers, session.client)
                context.show(usage) {
                    let currency = usage.text("currency")
                    context.show(Self.parties(usage, currency))
                    context.console.print()
                    context.show(Self.charges(usage, currency, names))
                }
                return .success
            })
    }

    private static func parties(_ usage: JSONValue, _ currency: String) -> Table {
        var table = Table(["participant", "name", "runs", "refused", "owes", "earns"])
        for party in usage.list("parties") {
            table.append([
                party.text("participant"), party.text("name"), party.text("runs"), party.text("refused"),
                MoneyText.format(party.number("owes"), currency: currency),
                MoneyText.format(party.number("earns"), currency: currency),
            ])
        }
        return table
    }

    private static func charges(_ usage: JSONValue, _ currency: String, _ names: [String: String]) -> Table {
        func named(_ identifier: String) -> String { names[identifier] ?? identifier }
        var table = Table(["payer", "payee", "contract", "runs", "amount"])
        for charge in usage.list("charges") {
            table.append([
                named(charge.text("payer")), named(charge.text("payee")), charge.text("contract"), charge.text("runs"),
                MoneyText.format(charge.number("amount"), currency: currency),
            ])
        }
        return table
    }
}
