import Glibc
import Signing
import TransparencyLog

/// Where a node keeps what it needs as a witness, and for its own witnesses.
extension NodeHome {
    /// The key that cosigns; a node that has one is a witness.
    public var witnessKeyPath: String { "\(keyDirectory)/witness.pem" }
    /// The logs to witness: a C2SP tlog-policy file whose log lines count.
    public var witnessedLogsPath: String { "\(directory)/witnessed-logs" }
    /// One file for each log: the checkpoint cosigned last.
    var witnessStateDirectory: String { "\(directory)/witness/state" }
    /// What proves, or may help to prove, that a log misbehaved.
    public var witnessEvidenceDirectory: String { "\(directory)/witness/evidence" }
    /// Who is asked to cosign this node's own checkpoints (C2SP tlog-policy).
    public var witnessPolicyPath: String { "\(directory)/witness-policy" }
    /// The checkpoint published last, with its cosignatures.
    var publishedPath: String { "\(directory)/witness/published" }

    /// The name under which this node cosigns.
    public var witnessName: String {
        configuration.witnessName.isEmpty ? "\(configuration.space)/witness" : configuration.witnessName
    }

    /// Makes this node a witness: its key, and the folder of its state. Repeating it changes nothing.
    ///
    /// - Parameter name: the name under which it cosigns, which belongs to the key for good; the space's prefix and
    ///   `/witness` if `nil`.
    /// - Returns: the verifier key to give to the logs' operators and to whoever checks them.
    public mutating func enableWitness(name: String?) throws -> String {
        let isEnabled = access(witnessKeyPath, F_OK) == 0
        if let name, name != witnessName {
            guard !isEnabled else {
                throw NodeError.home(
                    path: directory, reason: "it cosigns as \"\(witnessName)\" already; a key must never serve two names")
            }
            guard !name.isEmpty, name.utf8.count <= 255 else {
                throw NodeError.home(path: directory, reason: "a witness' name has 1 to 255 bytes")
            }
            configuration.witnessName = name
        }
        let key = isEnabled ? try KeyFile.read(witnessKeyPath, passphrase: nil) : SigningKey.generate()
        let verifier = try Cosigner(name: witnessName, key: key).verifier
        try PrivateFile.makeDirectory(witnessEvidenceDirectory)
        if !isEnabled {
            // The key comes last: a node with a key but without the folder has lost what it must remember.
            try PrivateFile.makeDirectory(witnessStateDirectory)
            try writeConfiguration()
            try KeyFile.write(key, to: witnessKeyPath, passphrase: nil)
        }
        return verifier.description
    }

    /// Adds a log to those that this node witnesses. It counts from the next start on.
    ///
    /// Throws ``NodeError/home(path:reason:)`` if the key cannot be read or is listed already.
    public func addWitnessedLog(_ vkey: String, url: String?) throws {
        let path = witnessedLogsPath
        do {
            var lines = access(path, F_OK) == 0
                ? try PrivateFile.read(path, maximumCount: TrustPolicy.maximumLength)
                : Array("# The logs that this node witnesses (C2SP tlog-policy).\nquorum none\n".utf8)
            lines += Array("log \(try NoteVerifier(vkey))\(url.map { " \($0)" } ?? "")\n".utf8)
            _ = try TrustPolicy(lines)
            try DurableFile().replace(path, with: lines)
        } catch {
            throw NodeError.home(path: path, reason: "\(error)")
        }
    }
}
