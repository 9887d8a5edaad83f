import Encoding
import Glibc
import Signing
import Storage

extension NodeHome {
    /// Writes a snapshot out of the vault, in the clear, for somebody to whom its provider hands it over, such as an auditor who
    /// runs a run again. The node may be serving meanwhile.
    ///
    /// - Parameters:
    ///   - sha256: of the snapshot, in hexadecimal, as the product's listing names it.
    ///   - path: where to; nothing may be there yet. Only its owner can read it.
    /// - Throws: `NodeError.home` where there is no such snapshot, or something at the path; or what the vault says.
    public func exportSnapshot(_ sha256: String, to path: String) throws {
        let vault = try Vault(directory: vaultDirectory, key: try VaultKeyFile.read(vaultKeyPath))
        guard let digest = Hexadecimal.decode(sha256).flatMap({ SHA256Digest($0) }), vault.contains(digest),
            try vault.item(digest).kind == .snapshot
        else { throw NodeError.home(path: directory, reason: "it holds no snapshot with the SHA-256 \(sha256.prefix(64))") }
        guard access(path, F_OK) != 0 else { throw NodeError.home(path: path, reason: "there is something already; name another file") }
        try vault.materialise(digest, to: path, mode: 0o400)
    }
}
