import Encoding
import Exchange
import HTTPTransport
import Signing
import Storage

/// Keeps the files that statements name as evidence: encrypted in the vault, found by the SHA-256 of the salted file, which
/// is all that the ledger says of their content.
struct EvidenceStore: Sendable {
    let vault: Vault
    let index: CatalogueIndex

    /// The longest upload, in bytes: 32 of salt, and the file.
    static let maximumCount = 20 << 20

    /// Which recorded statements name a file.
    func named(_ sha256: String) async throws -> [EvidenceRecord] {
        try await BlockingWork.run { [index] in try index.evidence(sha256) }
    }

    func isStored(_ sha256: String) -> Bool {
        SHA256Digest(hexadecimal: sha256).map { vault.contains($0) } ?? false
    }

    /// Stores a salted file whose digest has been compared with its name.
    func store(_ bytes: [UInt8]) async throws {
        try await BlockingWork.run { [vault] in _ = try vault.store(bytes: bytes, kind: .document) }
    }

    /// The salted file as it came; `nil` where it is not here.
    func read(_ sha256: String) async throws -> [UInt8]? {
        guard let digest = SHA256Digest(hexadecimal: sha256) else { return nil }
        return try await BlockingWork.run { [vault] in
            guard vault.contains(digest) else { return nil }
            return try vault.read(digest, maximumBytes: Self.maximumCount)
        }
    }

    /// What of an application's evidence has not been brought yet.
    func missing(_ evidence: [EvidenceReference]) -> [EvidenceReference] { evidence.filter { !isStored($0.sha256) } }

    static func problem(missing: [EvidenceReference]) -> Problem {
        let names = missing.map { "\"\($0.name)\" (\($0.sha256))" }.joined(separator: ", ")
        return Problem(
            code: "evidence-missing", status: 409, title: "Evidence that the application names is not here yet",
            detail: "the node has not received \(names)",
            hint: "The applicant sends it with \"hexi evidence put FILE\"; until then nobody can have looked at it.")
    }
}
