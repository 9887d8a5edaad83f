import Encoding
import Foundation

/// A space with a running node and a few participants, each with a profile of that name in the workspace.
struct SmallSpace: Sendable {
    static let prefix = "86.gs.test"
    static let query = "SELECT region, count(*) AS trips, avg(minutes) AS mean FROM trips GROUP BY region ORDER BY region\n"

    let workspace: Workspace
    let node: RunningNode

    /// Founds the space and serves it.
    static func open(_ workspace: Workspace) async throws -> SmallSpace {
        let port = try freePort()
        try await workspace.expect(0, [
            "init", "node", "--prefix", prefix, "--name", "en=Test space", "--name", "zh=测试空间", "--port", "\(port)",
        ])
        try FileManager.default.createSymbolicLink(
            atPath: workspace.path("operator"), withDestinationPath: workspace.path("node/operator"))
        return SmallSpace(workspace: workspace, node: try await .start(workspace, home: "node", port: port))
    }

    /// Lets somebody apply, and gives the identifier.
    @discardableResult
    func apply(_ profile: String, role: String) async throws -> String {
        let output = try await workspace.expect(
            0,
            ["participant", "apply", "--node", node.address, "--name", "The \(profile)", "--country", "DE", "--role", role, "--json"],
            profile: profile)
        return try output.identifier()
    }

    /// A provider and a buyer who may act.
    func register() async throws {
        for (profile, role) in [("provider", "provider"), ("buyer", "buyer")] {
            let identifier = try await apply(profile, role: role)
            try await workspace.expect(0, ["participant", "approve", identifier], profile: "operator")
        }
    }

    /// Three hundred trips of thirty people in three regions.
    static var table: String {
        let rows = (0..<300).map { "p\($0 % 30),\(["east", "west", "north"][$0 % 3]),\($0 % 17)" }
        return (["person,region,minutes"] + rows).joined(separator: "\n") + "\n"
    }

    /// Imports the table; gives its template, in which the provider has yet to fill in what it is.
    func template() async throws -> JSONValue {
        try workspace.write(Self.table, to: "trips.csv")
        let imported = try await workspace.expect(0, ["product", "import", "trips.csv", "--json"], profile: "provider")
        let snapshot = try imported.json()["snapshot"]?["sha256"]?.stringValue ?? ""
        return try await workspace.expect(
            0,
            [
                "product", "template", snapshot, "--role", "person=privacy_unit", "--role", "region=dimension", "--role",
                "minutes=measure",
            ], profile: "provider"
        ).json()
    }

    /// What the provider fills in.
    static let details: [(String, JSONValue)] = [
        ("title", ["en": "Trips", "zh": "行程"]), ("summary", ["en": "Trips of thirty people"]), ("class", "basic"),
        ("grade", "restricted"), ("origin", "self-collected"), ("licence", "CC0-1.0"), ("updateCycle", "once"),
        ("price", ["perRun": 250]),
    ]

    /// Publishes the table at 2.50 a run; gives the product's identifier.
    func publish() async throws -> String {
        guard var listing = try await template().objectValue else {
            throw ChildProcess.Failure(description: "the template is no object")
        }
        for (name, value) in Self.details { listing[name] = value }
        try workspace.write(JSONValue.object(listing).serializedString(), to: "trips.json")
        return try await workspace.expect(0, ["product", "publish", "trips.json", "--json"], profile: "provider").identifier()
    }

    /// The command that submits a query over the product.
    func submission(of product: String) throws -> [String] {
        try workspace.write(Self.query, to: "trips.sql")
        return [
            "query", "submit", "trips.sql", "--title", "Trips by region", "--mode", "aggregate", "--table", "trips=\(product)",
            "--json",
        ]
    }

    /// The buyer offers a contract; the provider has yet to sign it.
    func offer(_ product: String) async throws -> String {
        try await workspace.expect(
            0,
            [
                "contract", "offer", "--product", product, "--purpose", "research", "--runs", "5", "--until", "2035-12-31",
                "--yes", "--json",
            ], profile: "buyer"
        ).identifier()
    }
}

extension Workspace {
    /// Runs `hexi` and ends the test unless it ends as it should.
    @discardableResult
    func expect(_ status: Int32, _ arguments: [String], profile: String? = nil) async throws -> Output {
        let output = try await hexi(arguments, profile: profile)
        guard output.status == status else {
            throw ChildProcess.Failure(
                description: "hexi \(arguments.joined(separator: " ")) ended with \(output.status) instead of \(status):\n\(output.all)")
        }
        return output
    }
}

extension Output {
    /// The identifier in the answer to a statement.
    func identifier() throws -> String {
        guard let identifier = try json()["identifier"]?.stringValue else {
            throw ChildProcess.Failure(description: "no identifier in: \(output)")
        }
        return identifier
    }
}
