import CommandLineInterface
import Encoding
import Foundation
import Glibc
import HTTPTransport

/// The story of `hexi demo`: the whole path once, with the commands that a user would type.
struct DemoStory {
    let stage: DemoStage
    /// The folder with `flights.csv` and `weather.csv`.
    let data: String
    let port: UInt16

    var node: String { "http://127.0.0.1:\(port)" }

    func play() async throws {
        try await found()
        let parties = try register()
        let products = try list(parties)
        let contracts = try contract(products)
        let runs = try query(products, contracts)
        try refuse(products, contracts, runs)
        try usage()
        try await audit()
    }

    // MARK: 1

    private func found() async throws {
        stage.heading(1, "The operator founds a space and starts its node")
        stage.say("`init` makes the operator's key, the ledger's key and a ledger whose first entry founds the space.")
        try stage.run([
            "init", "node", "--prefix", "86.gs.qingyang", "--name", "en=Qingyang Data Space", "--name", "zh=庆阳数据空间",
            "--port", "\(port)",
        ])
        try FileManager.default.createSymbolicLink(
            atPath: "\(stage.folder)/operator", withDestinationPath: "\(stage.folder)/node/operator")
        stage.say("")
        stage.say("  $ hexi serve node &")
        try stage.startNode(home: "node")
        try await waitUntilServing()
        try stage.run(["participant", "whoami"], profile: "operator")
    }

    private func waitUntilServing() async throws {
        for _ in 0..<300 {
            let output = try stage.call("hexi", ["participant", "list", "--node", node, "--json"], profile: "operator")
            if output.status == 0 { return }
            guard stage.isNodeRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        let log = (try? String(contentsOfFile: "\(stage.folder)/node.log", encoding: .utf8)) ?? ""
        throw DemoStage.Failure.missing("the node does not serve.\n\(log.suffix(2000))")
    }

    // MARK: 2

    struct Parties {
        var airport: String
        var weather: String
        var insurer: String
        var auditor: String
    }

    private func register() throws -> Parties {
        stage.heading(2, "Four organisations apply; the operator approves them")
        stage.say("Each makes a key of its own and signs its application with it. Nobody else ever holds that key.")
        func apply(_ profile: String, _ name: String, _ type: String, _ code: String, _ role: String) throws -> String {
            let level = type == "government" ? ["--level", "city"] : []
            let output = try stage.run(
                [
                    "participant", "apply", "--node", node, "--name", name, "--type", type, "--credit-code", code, "--role", role,
                ] + level, profile: profile)
            return try identifier("P", in: output)
        }
        let parties = Parties(
            airport: try apply("airport", "Qingyang Airport 庆阳机场", "enterprise", DemoCodes.airport, "provider"),
            weather: try apply("weather", "Weather Bureau 气象局", "government", DemoCodes.weather, "provider"),
            insurer: try apply("insurer", "Silk Road Insurance 丝路保险", "enterprise", DemoCodes.insurer, "buyer"),
            auditor: try apply("auditor", "Gansu Audit Office 审计局", "government", DemoCodes.auditor, "auditor"))
        for party in [parties.airport, parties.weather, parties.insurer, parties.auditor] {
            try stage.run(
                ["participant", "approve", party, "--reason", "Business licence checked"], profile: "operator")
        }
        try stage.run(["participant", "list"], profile: "operator")
        return parties
    }

    // MARK: 3

    struct Products {
        var flights: String
        var weather: String
    }

    private func list(_ parties: Parties) throws -> Products {
        stage.heading(3, "The two providers bring in their data and list it; the insurer finds it")
        stage.say("The file becomes an immutable snapshot with a content hash. It stays on the node, encrypted at rest.")
        let flights = try publish("airport", file: "flights.csv", DemoListings.flights)
        let weather = try publish("weather", file: "weather.csv", DemoListings.weather)
        stage.say("")
        stage.say("The insurer searches, in English and in Chinese:")
        try stage.run(["product", "search", "flights"], profile: "insurer")
        try stage.run(["product", "search", "气象"], profile: "insurer")
        try stage.run(["product", "show", flights], profile: "insurer")
        return Products(flights: flights, weather: weather)
    }

    private func publish(_ profile: String, file: String, _ listing: DemoListing) throws -> String {
        let output = try stage.run(["product", "import", "\(data)/\(file)"], profile: profile, limit: 8)
        guard let snapshot = output.firstMatch(of: /[0-9a-f]{64}/).map({ String($0.output) }) else {
            throw DemoStage.Failure.missing("the import did not name a snapshot")
        }
        stage.say("  The provider fills in what the product is, and the role of each column (\(profile).json).")
        var roles: [String] = []
        for (column, role) in listing.roles { roles += ["--role", "\(column)=\(role)"] }
        let template = try stage.call(
            "hexi", ["product", "template", snapshot] + roles + ["--other-role", listing.otherRole], profile: profile)
        // The template goes to standard output and the hints to standard error, in no fixed order.
        guard let start = template.text.firstIndex(of: "{"), let end = template.text.lastIndex(of: "}"),
            var document = try JSONValue.parse(String(template.text[start...end])).objectValue
        else { throw DemoStage.Failure.missing("the template is not JSON: \(template.text.prefix(400))") }
        for (name, value) in listing.members { document[name] = value }
        try JSONValue.object(document).prettyString().write(
            toFile: "\(stage.folder)/\(profile).json", atomically: true, encoding: .utf8)
        return try identifier(
            "D", in: try stage.run(["product", "publish", "\(profile).json"], profile: profile))
    }

    // MARK: 4

    struct Contracts {
        var flights: String
        var weather: String
    }

    private func contract(_ products: Products) throws -> Contracts {
        stage.heading(4, "The insurer offers a contract to each provider; they countersign")
        func agree(_ provider: String, _ product: String) throws -> String {
            let offer = try stage.run(
                [
                    "contract", "offer", "--product", product, "--purpose", "risk-assessment", "--runs", "100", "--until",
                    "2030-12-31", "--yes",
                ], profile: "insurer")
            let contract = try identifier("C", in: offer)
            try stage.run(["contract", "sign", contract, "--yes"], profile: provider)
            return contract
        }
        let contracts = Contracts(
            flights: try agree("airport", products.flights), weather: try agree("weather", products.weather))
        try stage.run(["contract", "list"], profile: "insurer")
        return contracts
    }

    // MARK: 5

    struct Queries {
        var delays: String
        var joint: String
        var small: String
    }

    private func query(_ products: Products, _ contracts: Contracts) throws -> Queries {
        stage.heading(5, "The insurer submits two queries; the providers approve; they run")
        stage.say("The node checks each text with the engine's own parser and adds the disclosure control:")
        stage.say("every row that leaves rests on at least 10 different aircraft.")
        let delays = try submit("delays.sql", DemoQueries.delays, "Delay and cancellation by carrier and month", [("flights", products.flights)])
        try stage.run(["query", "approve", delays, "--reason", "Statistics only"], profile: "airport")
        let joint = try submit(
            "wind.sql", DemoQueries.weatherDelays, "Delay by wind and visibility",
            [("flights", products.flights), ("weather", products.weather)])
        try stage.run(["query", "approve", joint, "--reason", "Statistics only"], profile: "airport", limit: 8)
        try stage.run(["query", "approve", joint, "--reason", "Public observations"], profile: "weather", limit: 8)
        stage.say("")
        stage.say("Each run is signed by the insurer: nobody can bill a run that the buyer did not ask for.")
        try stage.run(["run", "start", delays], profile: "insurer", limit: 28)
        try stage.run(["run", "start", joint], profile: "insurer", limit: 30)
        let small = try submit(
            "small.sql", DemoQueries.smallGroup, "Delay for one destination", [("flights", products.flights)],
            parameters: ["destination:text"])
        try stage.run(["query", "approve", small, "--reason", "Statistics only"], profile: "airport", limit: 8)
        return Queries(delays: delays, joint: joint, small: small)
    }

    private func submit(
        _ file: String, _ sql: String, _ title: String, _ tables: [(String, String)], parameters: [String] = [],
        expecting: Int32 = 0
    ) throws -> String {
        try (sql + "\n").write(toFile: "\(stage.folder)/\(file)", atomically: true, encoding: .utf8)
        stage.say("")
        for line in sql.split(separator: "\n") { stage.say("    | \(line)") }
        var arguments = ["query", "submit", file, "--title", title, "--mode", "aggregate"]
        for (name, product) in tables { arguments += ["--table", "\(name)=\(product)"] }
        for parameter in parameters { arguments += ["--parameter", parameter] }
        let output = try stage.run(arguments, profile: "insurer", expecting: expecting)
        return expecting == 0 ? try identifier("Q", in: output) : output
    }

    // MARK: 6

    private func refuse(_ products: Products, _ contracts: Contracts, _ queries: Queries) throws {
        stage.heading(6, "Four things that the node refuses, each with its reason, and on the record")
        stage.say("Raw rows of flights:")
        _ = try submit("raw.sql", DemoQueries.rawRows, "Ten flights", [("flights", products.flights)], expecting: 1)
        stage.say("")
        stage.say("A group smaller than the minimum (only one aircraft ever flew to LEX):")
        try stage.run(["run", "start", queries.small, "--parameter", "destination=LEX"], profile: "insurer", expecting: 1)
        stage.say("")
        stage.say("A function that reads files:")
        _ = try submit("files.sql", DemoQueries.fileReader, "Lines", [("flights", products.flights)], expecting: 1)
        stage.say("")
        stage.say("A run without contract: the insurer ends its contract with the weather bureau, and runs the joint query again.")
        try stage.run(
            ["contract", "end", contracts.weather, "--reason", "The study is finished", "--yes"], profile: "insurer")
        try stage.run(
            ["run", "start", queries.joint, "--contract", contracts.flights, "--contract", contracts.weather],
            profile: "insurer", expecting: 1)
    }

    // MARK: 7

    private func usage() throws {
        stage.heading(7, "Usage and charges, for each party")
        for party in ["insurer", "airport", "weather"] { try stage.run(["usage"], profile: party) }
        stage.say("")
        stage.say("The auditor sees all of it:")
        try stage.run(["usage"], profile: "auditor")
    }

    // MARK: 8

    /// The public key that verifies the ledger's checkpoints, as the node publishes it.
    private func ledgerKey() async throws -> String {
        let response = try await HTTPClient().send(HTTPClientRequest(method: "GET", url: "\(node)/api/v1/space"))
        guard let key = try JSONValue.parse(response.body)["logKeys"]?[0]?.stringValue else {
            throw DemoStage.Failure.missing("the node does not publish its ledger's key")
        }
        return key
    }

    private func audit() async throws {
        stage.heading(8, "The auditor copies the ledger and verifies it without the node")
        let key = try await ledgerKey()
        stage.stopNode()
        stage.say("The node is stopped. The auditor needs the copy and the ledger's public key, which the operator publishes.")
        let files = FileManager.default
        try files.createDirectory(atPath: "\(stage.folder)/copy", withIntermediateDirectories: true)
        for name in ["journal", "checkpoint"] {
            try files.copyItem(atPath: "\(stage.folder)/node/ledger/\(name)", toPath: "\(stage.folder)/copy/\(name)")
        }
        stage.say("")
        stage.say("  $ cp node/ledger/journal node/ledger/checkpoint copy/")
        try stage.run(["verify", "copy", "--vkey", key], program: "hexi-audit")
        stage.say("")
        stage.say("Somebody changes one byte of the copy:")
        try flip("\(stage.folder)/copy/journal")
        try stage.run(["verify", "copy", "--vkey", key], program: "hexi-audit", expecting: 1)
        stage.say("")
        stage.say("That is the whole path. `hexi --help` lists every command; the README has a tour for each user.")
    }

    /// Changes one byte in the middle of the journal.
    private func flip(_ path: String) throws {
        guard let file = FileHandle(forUpdatingAtPath: path) else { throw DemoStage.Failure.missing("\(path) cannot be written") }
        defer { try? file.close() }
        let position = try file.seekToEnd() / 2
        try file.seek(toOffset: position)
        guard let byte = try file.read(upToCount: 1)?.first else { throw DemoStage.Failure.missing("\(path) is empty") }
        try file.seek(toOffset: position)
        try file.write(contentsOf: [byte ^ 1])
        stage.say("  (byte \(position) of copy/journal: \(byte) becomes \(byte ^ 1))")
    }

    /// The first identifier of a kind in a program's output.
    private func identifier(_ kind: String, in output: String) throws -> String {
        let pattern = try Regex("86\\.gs\\.qingyang/\(kind)[0-9A-Z]{27}")
        guard let match = output.firstMatch(of: pattern) else {
            throw DemoStage.Failure.missing("no identifier of kind \(kind) in the output")
        }
        return String(output[match.range])
    }
}
