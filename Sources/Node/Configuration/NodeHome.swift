import Encoding
import Exchange
import Glibc
import Signing
import Storage
import TransparencyLog

/// The folder of a node: settings, keys, ledger, vault, index and working copies.
public struct NodeHome: Sendable {
    public let directory: String
    public var configuration: NodeConfiguration

    public var configurationPath: String { "\(directory)/hexi.json" }
    public var keyDirectory: String { "\(directory)/keys" }
    public var operatorKeyPath: String { "\(keyDirectory)/operator.pem" }
    public var logKeyPath: String { "\(keyDirectory)/log.pem" }
    /// The first of the node's own keys, see ``NodeKeyFiles``.
    public var nodeKeyPath: String { "\(keyDirectory)/\(NodeKeyFiles.firstName)" }
    public var vaultKeyPath: String { "\(keyDirectory)/vault.key" }
    public var snapshotKeyPath: String { "\(keyDirectory)/snapshot.key" }
    /// Signed quality reports, whose digests are on the ledger.
    public var reportDirectory: String { "\(directory)/reports" }
    public var ledgerDirectory: String { "\(directory)/ledger" }
    public var vaultDirectory: String { "\(directory)/vault" }
    public var indexPath: String { "\(directory)/index/catalogue.sqlite" }
    /// What is known of each uploaded snapshot: its rows and columns, and who brought it.
    public var snapshotDirectory: String { "\(directory)/snapshots" }
    /// The answers to bundles that were carried out.
    public var bundleDirectory: String { "\(directory)/bundles" }
    /// Plain working copies while the node serves; emptied at every start and stop.
    public var workDirectory: String { "\(directory)/work" }
    /// The operator's profile for the command line.
    public var operatorProfileDirectory: String { Self.operatorProfileDirectory(of: directory) }
    public static func operatorProfileDirectory(of home: String) -> String { "\(home)/operator" }

    private init(directory: String, configuration: NodeConfiguration) {
        self.directory = directory
        self.configuration = configuration
    }

    /// Opens the home of a node that was made before.
    public init(opening directory: String) throws {
        var home = NodeHome(directory: directory, configuration: NodeConfiguration())
        let bytes: [UInt8]
        do { bytes = try PrivateFile.read(home.configurationPath, maximumCount: 1 << 16) } catch {
            throw NodeError.home(path: directory, reason: "\(error); make a node with `hexi init \(directory)`")
        }
        do { home.configuration = try NodeConfiguration(JSONCursor(JSONValue.parse(bytes))) } catch {
            throw NodeError.home(path: directory, reason: "hexi.json is wrong: \(error)")
        }
        self = home
    }

    /// Makes a node's home: keys, settings, and a ledger whose first entry founds the space.
    ///
    /// - Parameters:
    ///   - prefix: of the space's identifiers, for example `86.gs.qingyang`.
    ///   - name: the space's name by language tag.
    ///   - currency: ISO 4217 code of all prices.
    public static func initialise(
        directory: String, prefix: String, name: [String: String], currency: String = "CNY",
        address: String = "127.0.0.1", port: UInt16 = 8620
    ) async throws -> NodeHome {
        guard Identifier.isPrefix(prefix) else {
            throw NodeError.home(
                path: directory, reason: "\"\(prefix)\" cannot name a space; use lower-case labels joined by dots, such as 86.gs.qingyang")
        }
        var configuration = NodeConfiguration()
        configuration.space = prefix
        configuration.address = address
        configuration.port = port
        let home = NodeHome(directory: directory, configuration: configuration)
        if access(home.configurationPath, F_OK) == 0 { throw NodeError.homeExists(path: directory) }
        for path in [
            directory, home.keyDirectory, home.ledgerDirectory, home.vaultDirectory, "\(directory)/index",
            home.snapshotDirectory, home.workDirectory,
        ] { try PrivateFile.makeDirectory(path) }
        // A run that was cut off may have left keys behind: they are used again, so that the command can simply be
        // repeated. Only the settings, written last, say that the home is complete.
        let operatorKey = try keyAt(home.operatorKeyPath)
        let logKey = try keyAt(home.logKeyPath)
        let nodeKey = try keyAt(home.nodeKeyPath)
        for path in [home.vaultKeyPath, home.snapshotKeyPath] where access(path, F_OK) != 0 {
            _ = try VaultKeyFile.create(path)
        }
        try await home.found(
            prefix: prefix, name: name, currency: currency, operatorKey: operatorKey, logKey: logKey, nodeKey: nodeKey)
        try home.writeConfiguration()
        return home
    }

    /// The key that checkpoints are verified with, as C2SP signed-note writes it (`name+hash+base64`). Auditors should get it
    /// from the operator, not from the node.
    public func ledgerVerifierKey() throws -> String {
        let key = try KeyFile.read(logKeyPath, passphrase: nil)
        return try NoteSigner(name: Self.origin(ofSpace: configuration.space), key: key).verifier.description
    }

    /// The checkpoint origin of a space's ledger.
    static func origin(ofSpace prefix: String) -> String { "\(prefix)/ledger" }

    private static func keyAt(_ path: String) throws -> SigningKey {
        if access(path, F_OK) == 0 { return try KeyFile.read(path, passphrase: nil) }
        let key = SigningKey.generate()
        try KeyFile.write(key, to: path, passphrase: nil)
        return key
    }

    private func found(
        prefix: String, name: [String: String], currency: String, operatorKey: SigningKey, logKey: SigningKey, nodeKey: SigningKey
    ) async throws {
        let signer = try NoteSigner(name: Self.origin(ofSpace: prefix), key: logKey)
        let ledger = try Ledger.open(
            directory: ledgerDirectory, signer: signer, snapshotKey: try VaultKeyFile.read(snapshotKeyPath),
            createIfMissing: true, log: { _ in })
        if ledger.size == 0 {
            let charter = SpaceCharter(
                name: name, origin: signer.name, logKeys: [signer.verifier.description],
                operatorKey: operatorKey.verificationKey, currency: currency, nodeKeys: [nodeKey.verificationKey])
            let now = Clock.now()
            let statement = try SignedStatement.sign(
                .spaceCharter(charter), space: prefix, issuedAt: now, nonce: Nonce.make(), key: operatorKey)
            let event = try ExchangeState().decide(Command(statement.verified { _ in nil }), at: now)
            _ = try await ledger.append([EntryDraft(time: now, content: LedgerEntry.content(event, time: now))])
        }
        ledger.close()
    }

    func writeConfiguration() throws {
        try PrivateFile.write(Array(configuration.json.prettyString().utf8) + [0x0A], to: configurationPath)
    }
}

/// Random text that makes a statement unique.
public enum Nonce {
    /// Twenty-four URL-safe characters, 144 random bits.
    public static func make() -> String { Base64.encodeURL(RandomBytes.generate(18)) }
}
