import CommandLineInterface
import Encoding

/// `hexi init`, `hexi serve` and `hexi doctor`: the operator's side.
struct NodeCommands: Sendable {
    let environment: CommandEnvironment

    var initialise: Command {
        Command(
            name: "init", about: "make a node: its keys, its settings and the founding entry of its ledger",
            discussion: """
                The operator's key is made too, and with it the operator's profile in DIR/operator: give it to the \
                operator's commands with --profile DIR/operator. Back up DIR/keys at once and keep the copy elsewhere; \
                without vault.key the imported data cannot be read again. The ledger's key that is printed is what auditors \
                pin (hexi-audit verify --vkey): hand it to them yourself.
                """,
            options: [
                .value("prefix", "PREFIX", about: "the prefix of every identifier of the space, such as 86.gs.qingyang", isRequired: true),
                .value("name", "LANG=TEXT", about: "the space's name in a language", isRepeated: true, isRequired: true),
                .value("currency", "CODE", about: "ISO 4217 code of all prices", default: "CNY"),
                .value("address", "IP", about: "where the node listens", default: "127.0.0.1"),
                .value("port", "N", about: "the port it listens on", default: "8620"),
            ],
            arguments: [CommandArgument("dir", about: "the node's folder", completion: .directory)],
            examples: ["hexi init ./node --prefix 86.gs.qingyang --name \"en=Qingyang data space\" --name zh=庆阳数据空间"],
            run: environment.action { context in
                let arguments = context.arguments
                let settings = NodeSettings(
                    directory: try arguments.requiredArgument("dir"), prefix: try arguments.required("prefix"),
                    name: try Notation.languageMap(arguments.values("name"), of: "--name"),
                    currency: (arguments.value("currency") ?? "CNY").uppercased(),
                    address: arguments.value("address") ?? "127.0.0.1",
                    port: UInt16(try arguments.integer("port", in: 1...65_535) ?? 8620))
                let (profile, ledgerKey) = try await NodeEntryPoints.initialise(settings)
                context.show([
                    "directory": .string(settings.directory), "prefix": .string(settings.prefix),
                    "operatorProfile": .string(profile.directory), "node": .string(profile.node),
                    "ledgerKey": .string(ledgerKey),
                ]) {
                    var details = DetailList()
                    details.add("node", settings.directory)
                    details.add("space", settings.prefix)
                    details.add("address", profile.node)
                    details.add("operator's profile", profile.directory)
                    details.add("ledger's key", ledgerKey)
                    context.console.print(details.render())
                    context.note("Give the ledger's key to auditors, by another way than the node. Start the node with: hexi serve \(settings.directory)")
                }
                return .success
            })
    }

    var serve: Command {
        Command(
            name: "serve", about: "run a node until it is told to stop (SIGTERM or Ctrl-C)",
            arguments: [CommandArgument("dir", about: "the node's folder", completion: .directory)],
            examples: ["hexi serve ./node"],
            run: environment.action { context in
                try await NodeEntryPoints.serve(try context.arguments.requiredArgument("dir"))
                return .success
            })
    }

    var doctor: Command {
        Command(
            name: "doctor", about: "check that this machine can run a node, and say how to mend what is wrong",
            arguments: [CommandArgument("dir", about: "a node's folder to check as well", isRequired: false, completion: .directory)],
            examples: ["hexi doctor", "hexi doctor ./node --json"],
            run: environment.action { context in
                let findings = try await NodeEntryPoints.examine(context.arguments.argument("dir"))
                let isWell = findings.allSatisfy(\.isWell)
                context.show(["ok": .bool(isWell), "findings": .array(findings.map(\.json))]) {
                    for finding in findings { context.console.print(finding.text) }
                    context.console.print(isWell ? "\nAll is well." : "\nSome things need mending; see \"to mend\".")
                }
                return isWell ? .success : .notReady
            })
    }
}

/// What `hexi init` is told.
struct NodeSettings: Sendable {
    var directory: String
    var prefix: String
    var name: [String: String]
    var currency: String
    var address: String
    var port: UInt16
}

/// One thing that was examined.
struct Finding: Sendable, Hashable {
    var name: String
    var isWell: Bool
    var detail: String
    var remedy: String?

    var json: JSONValue {
        var object: JSONObject = ["name": .string(name), "ok": .bool(isWell), "detail": .string(detail)]
        object["remedy"] = remedy.map(JSONValue.string)
        return .object(object)
    }

    var text: String {
        let head = "\(isWell ? "ok     " : "WRONG  ") \(TextWidth.printable(name)): \(TextWidth.printable(detail))"
        guard let remedy, !isWell else { return head }
        return "\(head)\n        to mend: \(TextWidth.printable(remedy))"
    }
}
