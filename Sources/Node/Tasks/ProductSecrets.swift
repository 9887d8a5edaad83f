import Encoding
import Exchange
import Signing

/// Keys that belong to one product each and never leave the node: made from the vault's key, so that they are the same after
/// every start, and need no backup of their own.
struct ProductSecrets: Sendable {
    enum Purpose: String, Sendable {
        /// Makes the keys of cells, by which counts are changed (`CellKeySecret`).
        case cells
        /// Makes the tokens of subjects.
        case subjects
        /// Encrypts which subject a token stands for.
        case subjectsAtRest = "subjects-at-rest"
    }

    private let root: SecretBytes
    static let keyCount = 32

    /// - Parameter vaultKey: the vault's key, 32 bytes.
    init?(vaultKey: [UInt8]) {
        guard vaultKey.count == Self.keyCount,
            let root = KeyedHash.derivedKey("hexi product secrets, version 1", from: SecretBytes(copying: vaultKey))
        else { return nil }
        self.root = root
    }

    /// 32 bytes.
    func key(_ purpose: Purpose, of product: Identifier) -> SecretBytes {
        // A root of 32 bytes always gives a key.
        KeyedHash.derivedKey("\(purpose.rawValue)\n\(product.text)", from: root) ?? root
    }

    /// The token of a subject: 64 hexadecimal digits that only this node can make, different for every product.
    func token(of subject: String, product: Identifier) -> String {
        Hexadecimal.encode(KeyedHash.hash(Array(subject.utf8), key: key(.subjects, of: product)) ?? [])
    }
}
