import CommandLineInterface
import Encoding

/// `hexi bench`: measures this machine, each number beside what bounds it.
struct BenchCommands: Sendable {
    let environment: CommandEnvironment

    var command: Command {
        Command(
            name: "bench", about: "measure speed beside what bounds it, against the design's targets",
            discussion: """
                Each number stands beside a yardstick measured in the same run on the same machine, because machines \
                differ and ratios travel. Nothing of yours is touched: what is needed is made in a new folder and removed. \
                Let nothing else work on the machine meanwhile.
                """,
            subcommands: [ledger, verify, sandbox, http, catalogue])
    }

    private var ledger: Command {
        benchmark(
            "ledger", "measure durable appending to the ledger, and opening it",
            "Raw entries of 300 bytes, and signed statements that are verified first; every append is durable before it counts."
        ) { folder, isQuick, _ in try await LedgerBench(folder: folder, isQuick: isQuick).run() }
    }

    private var verify: Command {
        benchmark(
            "verify", "measure a full audit of a ledger",
            "The chain, the tree and the checkpoint alone, and then with all signatures and the rules replayed.",
            options: [
                .value("entries", "N", about: "runs in the ledger that is checked in full; making them takes longer than checking", default: "20000")
            ]
        ) { folder, isQuick, arguments in
            let entries = try arguments.integer("entries", in: 1...10_000_000) ?? 20_000
            return try await VerifyBench(folder: folder, isQuick: isQuick, entries: Int(entries)).run()
        }
    }

    private var sandbox: Command {
        benchmark(
            "sandbox", "measure what the sandbox costs over the bare query engine",
            """
            A small query, where starting counts; long ones, where the work itself counts: TPC-H's queries, each held against the engine's \
            own answer; how many small runs a second; and memory. TPC-H's tables are made by: ops/setup --tpch 1
            """,
            options: [
                .value(
                    "tpch", "DIR", about: "the folder with TPC-H's tables; by default Tools/data/tpch-1, or tpch-0.01 with --quick",
                    completion: .directory)
            ]
        ) { folder, isQuick, arguments in
            try await SandboxBench(folder: folder, isQuick: isQuick, tables: arguments.value("tpch")).run()
        }
    }

    private var http: Command {
        benchmark(
            "http", "measure a node over HTTP: signed writes and checkpoint reads",
            "A node and the load run in this one process, over the loopback address, so they share the cores."
        ) { folder, isQuick, _ in try await HTTPBench(folder: folder, isQuick: isQuick).run() }
    }

    private var catalogue: Command {
        benchmark(
            "catalogue", "measure a catalogue of 100,000 products: import, memory, search, resolution, start",
            "Signed listings are sent in batches over the loopback address, as \"hexi catalogue import\" does, and then searched.",
            options: [.value("products", "N", about: "how many products", default: "100000")]
        ) { folder, isQuick, arguments in
            let products = try arguments.integer("products", in: 100...10_000_000) ?? 100_000
            return try await CatalogueBench(folder: folder, isQuick: isQuick, products: products).run()
        }
    }

    private func benchmark(
        _ name: String, _ about: String, _ discussion: String, options: [CommandOption] = [],
        run: @escaping @Sendable (_ folder: String, _ isQuick: Bool, _ arguments: ParsedArguments) async throws -> BenchReport
    ) -> Command {
        Command(
            name: name, about: about, discussion: discussion,
            options: [
                .flag("quick", about: "a short run of some seconds, whose numbers are rougher"),
                .value(
                    "directory", "DIR", about: "measure on the disk of this folder, in a new folder that is removed", default: ".",
                    completion: .directory),
            ] + options,
            examples: ["hexi bench \(name)", "hexi bench \(name) --quick --json"],
            run: environment.action { context in
                let folder = try BenchFolder(in: context.arguments.value("directory") ?? ".")
                defer { folder.remove() }
                Interruption.onSignal { _ in
                    folder.remove()
                    return .exit
                }
                let report = try await run(folder.path, context.arguments.flag("quick"), context.arguments)
                context.show(report.json) { report.print(on: context.console) }
                return .success
            })
    }
}
