import Encoding
import Node

/// The only place where the commands call the node itself.
enum NodeEntryPoints {
    static var version: String { NodeVersion.text }

    /// Makes a node's home, and in it the operator's profile.
    ///
    /// - Returns: the operator's profile, and the key that the ledger's checkpoints are verified with.
    static func initialise(_ settings: NodeSettings) async throws -> (profile: Profile, ledgerKey: String) {
        let home: NodeHome
        do {
            home = try await NodeHome.initialise(
                directory: settings.directory, prefix: settings.prefix, name: settings.name, currency: settings.currency,
                address: settings.address, port: settings.port)
        } catch NodeError.homeExists(let path) {
            throw ClientError.refused(
                "\(path) holds a node already", hint: "Give another folder, or serve that one: hexi serve \(path)")
        } catch { throw ClientError.failed("\(error)") }
        let host = settings.address.contains(":") ? "[\(settings.address)]" : settings.address
        let profile = Profile(
            directory: home.operatorProfileDirectory, node: "http://\(host):\(settings.port)", space: settings.prefix,
            name: "the operator")
        try profile.save()
        // A link, not a copy: there is one operator's key, so that protecting or replacing it holds for both.
        if !LocalFiles.exists(profile.keyPath) { try LocalFiles.link(profile.keyPath, to: "../keys/operator.pem") }
        return (profile, try home.ledgerVerifierKey())
    }

    /// Serves until SIGTERM or SIGINT.
    static func serve(_ directory: String) async throws {
        ProcessProtection.forbidCoreDumps()
        do {
            let home = try NodeHome(opening: directory)
            try await NodeServer(home: home).run()
        } catch { throw ClientError.failed("\(error)") }
    }

    /// Makes a node a witness; returns the key that its cosignatures are verified with.
    static func enableWitness(_ directory: String, name: String?) throws(ClientError) -> String {
        do {
            var home = try NodeHome(opening: directory)
            return try home.enableWitness(name: name)
        } catch { throw .failed("\(error)") }
    }

    static func addWitnessedLog(_ directory: String, vkey: String, url: String?) throws(ClientError) {
        do { try NodeHome(opening: directory).addWitnessedLog(vkey, url: url) } catch { throw .failed("\(error)") }
    }

    /// Writes a snapshot out of a home's vault.
    static func exportSnapshot(_ sha256: String, home: String, to path: String) throws(ClientError) {
        do { try NodeHome(opening: home).exportSnapshot(sha256, to: path) } catch { throw .failed("\(error)") }
    }

    static func operatorProfile(of home: String) -> String { NodeHome.operatorProfileDirectory(of: home) }

    /// The ledger's key files in a home, which must be that of this space's node.
    static func logKeys(in home: String, ofSpace prefix: String) throws(ClientError) -> LedgerKeyFiles {
        do {
            let opened = try NodeHome(opening: home)
            guard opened.configuration.space == prefix else {
                throw ClientError.refused(
                    "\(home) is the home of the space \(opened.configuration.space), but the node serves \(prefix)",
                    hint: "Name the right folder, or the right node with --node URL.")
            }
            return try LedgerKeyFiles(opened)
        } catch let error as ClientError { throw error } catch { throw .failed("\(error)") }
    }

    static func examine(_ directory: String?) async throws -> [Finding] {
        let home: NodeHome?
        do { home = try directory.map { try NodeHome(opening: $0) } } catch {
            throw ClientError.failed("\(error)")
        }
        return await Doctor.run(home: home).map {
            Finding(name: $0.name, isWell: $0.ok, detail: $0.detail, remedy: $0.remedy)
        }
    }
}
