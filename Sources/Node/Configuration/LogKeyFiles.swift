import Encoding
import Exchange
import Glibc
import Signing
import TransparencyLog

/// A file with one of the ledger's private keys.
public struct LogKeyFile: Sendable {
    public let path: String
    public let signer: NoteSigner

    /// `name+key identifier+base64`, as auditors and witnesses take it (C2SP signed-note).
    public var verifierKey: String { signer.verifier.description }
}

/// The ledger's key files in a home: `keys/log.pem`, with which the space was founded, and `keys/log-<key identifier>.pem`
/// for each key since.
public struct LogKeyFiles: Sendable {
    /// Those that could be read, in the order of their names.
    public let files: [LogKeyFile]
    /// Why the others could not. That matters only where their keys are needed.
    public let failures: [String]

    public init(_ home: NodeHome) throws {
        let origin = try home.origin()
        var files: [LogKeyFile] = []
        var failures: [String] = []
        for path in Self.paths(home) {
            do throws(KeyFileError) {
                let key = try KeyFile.read(path, passphrase: nil)
                files.append(LogKeyFile(path: path, signer: try Self.signer(origin, key, path)))
            } catch { failures.append("\(error)") }
        }
        self.files = files
        self.failures = failures
    }

    private static func signer(_ origin: String, _ key: SigningKey, _ path: String) throws(KeyFileError) -> NoteSigner {
        // The origin is made from a prefix, which always is a sound name.
        do { return try NoteSigner(name: origin, key: key) } catch { throw .damaged(path: path) }
    }

    static func paths(_ home: NodeHome) -> [String] {
        PrivateFile.names(in: home.keyDirectory).filter(isName).sorted().map { "\(home.keyDirectory)/\($0)" }
    }

    private static func isName(_ name: String) -> Bool {
        if name == "log.pem" { return true }
        guard name.hasPrefix("log-"), name.hasSuffix(".pem"), name.utf8.count == 16 else { return false }
        return name.dropFirst(4).dropLast(4).utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    /// Makes a key and its file (mode 0600), durably.
    public static func make(in home: NodeHome) throws -> LogKeyFile {
        let key = SigningKey.generate()
        let signer = try NoteSigner(name: try home.origin(), key: key)
        let path = path(of: signer.verifier.description, in: home)
        try KeyFile.write(key, to: path, passphrase: nil)
        return LogKeyFile(path: path, signer: signer)
    }

    /// The content of the operator's statement that passes the ledger's keys on.
    ///
    /// - Parameters:
    ///   - previous: the verifier keys in force, in the order in which the space has them.
    ///   - keys: those in force afterwards; their private halves must be in the home.
    public static func handover(
        in home: NodeHome, from previous: [String], to keys: [String], reason: String
    ) throws -> LogKeys {
        let found = try LogKeyFiles(home)
        var signers: [NoteSigner] = []
        for key in keys {
            guard let file = found.files.first(where: { $0.verifierKey == key }) else {
                throw LogKeyMissing(key: key, path: path(of: key, in: home), failures: found.failures)
            }
            signers.append(file.signer)
        }
        return try LogKeys(handingOver: try home.origin(), from: previous, to: signers, reason: reason)
    }

    /// Where the file of a verifier key belongs, unless it is the first one's.
    static func path(of verifierKey: String, in home: NodeHome) -> String {
        let parts = verifierKey.split(separator: "+", maxSplits: 2)
        return "\(home.keyDirectory)/log-\(parts.count == 3 ? String(parts[1]) : "unknown").pem"
    }
}

extension NodeHome {
    /// The checkpoint origin of the ledger. It stands in the ledger's first entry, but the ledger is opened with keys that
    /// bear it as their name; so the settings hold the space's prefix, from which it follows.
    func origin() throws -> String {
        guard Identifier.isPrefix(configuration.space) else {
            throw NodeError.home(path: directory, reason: "hexi.json names no space")
        }
        return Self.origin(ofSpace: configuration.space)
    }
}
