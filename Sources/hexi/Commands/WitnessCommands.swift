import CommandLineInterface
import Encoding
import HTTPTransport

/// `hexi witness`: this node as a witness of other ledgers, and the witnesses of its own.
struct WitnessCommands: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "witness", about: "cosign other ledgers' checkpoints, and see who cosigns yours",
            discussion: """
                A witness remembers the last checkpoint of each ledger that it cosigned, and cosigns only what follows from \
                it. So an operator who shows two histories needs the witnesses' help. Witnesses of one's own ledger are \
                written into DIR/witness-policy (C2SP tlog-policy; Keys/trust-policy.example is a model), with the URL \
                http://HOST:PORT/witness of each.
                """,
            subcommands: [enable, addLog, status])
    }

    private var enable: Command {
        Command(
            name: "enable", about: "make a node a witness: its cosigning key",
            discussion: """
                Prints the verifier key to give to the operators of the ledgers to be witnessed, and to their auditors. \
                Repeating the command prints it again. Back up DIR/keys and DIR/witness together: with the key but without \
                its memory a witness could cosign a fork, so the node then refuses to start. Restart the node afterwards.
                """,
            options: [.value("name", "NAME", about: "the name to cosign under, for good; else PREFIX/witness")],
            arguments: [CommandArgument("dir", about: "the node's folder", completion: .directory)],
            examples: ["hexi witness enable ./node", "hexi witness enable ./node --name regulator.example/witness"],
            run: environment.action { context in
                let directory = try context.arguments.requiredArgument("dir")
                let vkey = try NodeEntryPoints.enableWitness(directory, name: context.arguments.value("name"))
                context.show(["directory": .string(directory), "witnessKey": .string(vkey)]) {
                    context.console.print(vkey)
                    context.note("Give this key to the operators of the ledgers to be witnessed. Name their ledgers with: hexi witness add-log \(directory) VKEY")
                }
                return .success
            })
    }

    private var addLog: Command {
        Command(
            name: "add-log", about: "witness another ledger",
            discussion: """
                The key is the one that \"hexi init\" printed there; take it from the ledger's operator, not from the node. It \
                is written into DIR/witnessed-logs and counts from the node's next start on.
                """,
            arguments: [
                CommandArgument("dir", about: "the node's folder", completion: .directory),
                CommandArgument("vkey", about: "the ledger's verifier key"),
                CommandArgument("url", about: "where the ledger can be read, for people", isRequired: false),
            ],
            examples: ["hexi witness add-log ./node 86.gs.other/ledger+3fb038d0+AddamAGCsQq3... http://other.example:8620/ledger"],
            run: environment.action { context in
                let directory = try context.arguments.requiredArgument("dir")
                let vkey = try context.arguments.requiredArgument("vkey")
                try NodeEntryPoints.addWitnessedLog(directory, vkey: vkey, url: context.arguments.argument("url"))
                context.show(["directory": .string(directory), "log": .string(vkey)]) {
                    context.console.print("The ledger is listed. It is witnessed when the node has been restarted.")
                }
                return .success
            })
    }

    private var status: Command {
        Command(
            name: "status", about: "show who cosigns a node's ledger, and what the node cosigns itself",
            discussion: "The exit code is 1 where the published checkpoint lacks its quorum, or a witness has seen another ledger.",
            examples: ["hexi witness status", "hexi witness status --node http://127.0.0.1:8620 --json"],
            run: environment.action { context in
                let client = try context.publicClient()
                let own = try await client.get(RequestTarget("/ledger/witnesses"))
                let others = try await Self.witnessedLogs(client)
                var document: JSONObject = ["ledger": own]
                document["witness"] = others
                context.show(.object(document)) {
                    Self.showOwn(own, context)
                    if let others { Self.showOthers(others, context) } else { context.console.print("\nThis node is not a witness.") }
                }
                let isWell = own["isQuorumReached"]?.boolValue == true && own["warnings"]?.arrayValue?.isEmpty == true
                return isWell ? .success : .negative
            })
    }

    /// What the node witnesses; `nil` if it is no witness.
    private static func witnessedLogs(_ client: NodeClient) async throws(ClientError) -> JSONValue? {
        do { return try await client.get(RequestTarget("/witness/logs")) } catch {
            if case .problem(let problem) = error, problem.code == "not-a-witness" { return nil }
            throw error
        }
    }

    private static func showOwn(_ own: JSONValue, _ context: CommandContext) {
        let isReached = own["isQuorumReached"]?.boolValue == true
        var details = DetailList()
        details.add("published size", "\(text(own["publishedSize"])) of \(text(own["ledgerSize"]))")
        details.add("quorum", "\(text(own["quorum"])), \(isReached ? "reached" : "NOT reached")")
        details.add("missing", text(own["missing"]))
        context.console.print(details.render())
        for warning in own["warnings"]?.arrayValue ?? [] { context.console.print("WARNING: \(text(warning))") }
        let witnesses = own["witnesses"]?.arrayValue ?? []
        guard !witnesses.isEmpty else { return context.console.print("No witness is asked to cosign this ledger.") }
        var table = Table(["witness", "url", "cosigned", "time", "last error"])
        for witness in witnesses {
            table.append(["name", "url", "cosignedSize", "cosignedTime", "error"].map { text(witness[$0]) })
        }
        context.console.print("")
        context.show(table)
    }

    private static func showOthers(_ others: JSONValue, _ context: CommandContext) {
        context.console.print("\nThis node cosigns as \(text(others["witness"]))")
        var table = Table(["log", "cosigned", "time", "url", "error"])
        for log in others["logs"]?.arrayValue ?? [] {
            table.append(["origin", "size", "time", "url", "error"].map { text(log[$0]) })
        }
        context.show(table)
    }

    private static func text(_ value: JSONValue?) -> String {
        TextWidth.printable(value?.stringValue ?? value?.integerValue.map { String($0) } ?? "")
    }
}
