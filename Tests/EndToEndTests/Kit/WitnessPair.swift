import Encoding
import Glibc
import HTTPTransport

/// Two spaces whose nodes witness each other's ledgers, and an auditor who believes a checkpoint of the first that the
/// second has cosigned.
struct WitnessPair: Sendable {
    struct Member: Sendable {
        /// The node's folder in the workspace.
        let home: String
        let port: UInt16
        let ledgerKey: String
        let witnessKey: String

        var address: String { "http://127.0.0.1:\(port)" }
        /// What the ledger calls itself.
        var origin: String { String(ledgerKey.prefix { $0 != "+" }) }
    }

    /// The auditor's policy for the ledger of `a`.
    static let policy = "auditor-policy"

    let workspace: Workspace
    let (a, b): (Member, Member)
    private let client = HTTPClient()

    /// Makes both nodes; neither serves yet.
    static func make(_ workspace: Workspace) async throws -> WitnessPair {
        func member(_ home: String) async throws -> Member {
            let port = try freePort()
            let made = try await workspace.expect(
                0, ["init", home, "--prefix", "86.gs.\(home)", "--name", "en=Space \(home)", "--port", "\(port)", "--json"]
            ).json()
            let enabled = try await workspace.expect(0, ["witness", "enable", home, "--json"]).json()
            guard let ledgerKey = made["ledgerKey"]?.stringValue, let witnessKey = enabled["witnessKey"]?.stringValue else {
                throw ChildProcess.Failure(description: "no keys in \(made) and \(enabled)")
            }
            return Member(home: home, port: port, ledgerKey: ledgerKey, witnessKey: witnessKey)
        }
        let pair = WitnessPair(workspace: workspace, a: try await member("alpha"), b: try await member("beta"))
        for (own, other) in [(pair.a, pair.b), (pair.b, pair.a)] {
            try await workspace.expect(0, ["witness", "add-log", own.home, other.ledgerKey, "\(other.address)/ledger"])
            try workspace.write(policy(own, other), to: "\(own.home)/witness-policy")
        }
        try workspace.write(policy(pair.a, pair.b), to: policy)
        return pair
    }

    private static func policy(_ log: Member, _ witness: Member) -> String {
        "log \(log.ledgerKey)\nwitness \(witness.home) \(witness.witnessKey) \(witness.address)/witness\nquorum \(witness.home)\n"
    }

    func serve(_ member: Member, streams: String) async throws -> RunningNode {
        try await .start(workspace, home: member.home, port: member.port, streams: streams)
    }

    /// Writes an entry: somebody applies.
    func apply(_ name: String, to member: Member) async throws {
        try await workspace.expect(
            0, ["participant", "apply", "--node", member.address, "--name", "The \(name)", "--country", "DE", "--role", "buyer"],
            profile: name)
    }

    func get(_ url: String) async throws -> String {
        String(decoding: try await client.send(HTTPClientRequest(method: "GET", url: url)).body, as: UTF8.self)
    }

    /// What a node says of its witnesses, once that is as wanted.
    @discardableResult
    func witnesses(
        of member: Member, _ what: String, until isAsWanted: (JSONValue) -> Bool
    ) async throws -> JSONValue {
        let limit = ContinuousClock.now + .seconds(240)
        var last = ""
        while ContinuousClock.now < limit {
            if let text = try? await get("\(member.address)/ledger/witnesses") {
                last = text
                if let json = try? JSONValue.parse(text), isAsWanted(json) { return json }
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ChildProcess.Failure(description: "\(member.home): \(what) never came; last: \(last)")
    }

    /// Waits until the other node has cosigned so many entries of a ledger, all that it has.
    func cosigned(_ size: Int64, of member: Member) async throws {
        try await witnesses(of: member, "a quorum for \(size) entries") {
            $0["publishedSize"]?.integerValue == size && $0["ledgerSize"]?.integerValue == size
                && $0["isQuorumReached"]?.boolValue == true
        }
    }

    /// `hexi-audit watch --once` over the ledger of `a`, in JSON.
    func watch(state: String = "alpha.hexi-state") async throws -> Output {
        try await workspace.audit(["watch", a.address, "--state", state, "--policy", Self.policy, "--once", "--json"])
    }

    /// Copies a folder with everything in it, as an operator does.
    func copy(_ from: String, to: String) async throws {
        let output = try await workspace.run("/bin/cp", ["-a", from, to])
        guard output.status == 0 else { throw ChildProcess.Failure(description: output.all) }
    }

    func move(_ from: String, to: String) throws {
        guard rename(workspace.path(from), workspace.path(to)) == 0 else {
            throw ChildProcess.Failure(description: "\(from) cannot be moved: \(String(cString: strerror(errno)))")
        }
    }
}

extension Output {
    /// The kinds of the alarms of a round.
    func alarms() throws -> [String] {
        (try json()["alarms"]?.arrayValue ?? []).map { $0["kind"]?.stringValue ?? "" }
    }
}
