import Encoding
import Exchange
import Glibc
import HTTPTransport
import Sandbox
import Signing
import Storage
import Synchronization

/// Keeps buyers' programs, and the files that programs made until they have been decided on and fetched: encrypted, in vaults of
/// their own, so that nothing a stranger makes can have the address of anything else that is kept.
final class ProgramStore: Sendable {
    private let bundles: Vault
    private let artefacts: Vault
    private let workDirectory: String
    /// Artefacts whose run is not on record yet, by how many runs: nothing may remove them meanwhile.
    private let held = Mutex<[SHA256Digest: Int]>([:])

    /// The longest bundle, in bytes.
    static let maximumBundleBytes = 64 << 20
    /// The longest artefact that is handed out over HTTP in one answer, in bytes.
    static let maximumArtefactBytes = 1 << 30

    init(home: NodeHome, vaultKey: [UInt8]) throws {
        bundles = try Vault(directory: "\(home.directory)/programs", key: vaultKey)
        artefacts = try Vault(directory: "\(home.directory)/artefacts", key: vaultKey)
        workDirectory = "\(home.workDirectory)/programs"
        try PrivateFile.makeDirectory(workDirectory)
    }

    // MARK: Bundles

    func hasBundle(_ sha256: String) -> Bool { SHA256Digest(hexadecimal: sha256).map { bundles.contains($0) } ?? false }

    /// Stores a bundle whose digest has been compared with its name.
    func store(bundle bytes: [UInt8]) async throws {
        try await BlockingWork.run { [bundles] in _ = try bundles.store(bytes: bytes, kind: .document) }
    }

    func bundle(_ sha256: String) async throws -> [UInt8]? {
        guard let digest = SHA256Digest(hexadecimal: sha256), bundles.contains(digest) else { return nil }
        return try await BlockingWork.run { [bundles] in try bundles.read(digest, maximumBytes: Self.maximumBundleBytes) }
    }

    /// A plain copy of a bundle, kept while the node serves.
    ///
    /// - Throws: a problem where the bundle has not been brought.
    func bundlePath(_ sha256: String) async throws -> String {
        guard let digest = SHA256Digest(hexadecimal: sha256), bundles.contains(digest) else {
            throw Problem(
                code: "program-missing", status: 409, title: "The program is not here",
                detail: "the query names the bundle \(sha256), which has not been brought to the node",
                hint: "Its buyer brings it with: hexi program upload FILE")
        }
        let path = "\(workDirectory)/\(digest).bundle"
        if access(path, F_OK) == 0 { return path }
        try await BlockingWork.run { [bundles] in try bundles.materialise(digest, to: path, mode: 0o400) }
        return path
    }

    // MARK: Artefacts

    private func folder(_ run: Identifier) -> String {
        "\(workDirectory)/\(run.text.split(separator: "/").last.map(String.init) ?? "run")"
    }

    /// A new folder for the files that a run makes, on the file system of the sandbox's scratch folder.
    func makeArtefactFolder(_ run: Identifier) throws -> String {
        removeArtefactFolder(run)
        try PrivateFile.makeDirectory(folder(run))
        return folder(run)
    }

    func removeArtefactFolder(_ run: Identifier) {
        PrivateFile.empty(folder(run))
        rmdir(folder(run))
    }

    /// Stores a run's artefacts while `record` puts it on record. Those of a run that does not become one with these artefacts
    /// are removed again.
    ///
    /// - Parameter isNeeded: whether any run on record has the artefact.
    func keep<Value: Sendable>(
        _ files: [ProgramOutcome.Artefact], isNeeded: @Sendable (String) async -> Bool,
        whileRecording record: () async throws -> Value
    ) async throws -> Value {
        held.withLock { held in for file in files { held[file.sha256, default: 0] += 1 } }
        let outcome: Result<Value, any Error>
        do {
            for file in files {
                try await BlockingWork.run { [artefacts] in _ = try artefacts.store(file: file.path, kind: .document) }
            }
            outcome = .success(try await record())
        } catch { outcome = .failure(error) }
        held.withLock { held in
            for file in files {
                let count = held[file.sha256, default: 0] - 1
                held[file.sha256] = count > 0 ? count : nil
            }
        }
        for file in files where !(await isNeeded(file.sha256.description)) { remove(file.sha256) }
        return try outcome.get()
    }

    func artefact(_ sha256: String) async throws -> [UInt8]? {
        guard let digest = SHA256Digest(hexadecimal: sha256), artefacts.contains(digest) else { return nil }
        return try await BlockingWork.run { [artefacts] in try artefacts.read(digest, maximumBytes: Self.maximumArtefactBytes) }
    }

    /// Removes an artefact that no run on record needs any more.
    func removeArtefact(_ sha256: String) {
        if let digest = SHA256Digest(hexadecimal: sha256) { remove(digest) }
    }

    private func remove(_ digest: SHA256Digest) {
        held.withLock { held in
            guard held[digest] == nil else { return }
            _ = try? artefacts.remove(digest)
        }
    }

    /// Removes what a node that was killed in the middle of a run left behind.
    func purge(keeping needed: Set<String>) async throws {
        let stored = try await BlockingWork.run { [artefacts] in try artefacts.list() }
        for item in stored where !needed.contains(item.digest.description) { remove(item.digest) }
    }
}
