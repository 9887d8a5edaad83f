import Encoding
import Exchange
import Glibc
import Signing

/// Which subject a token stands for: the only place where the two meet. One small encrypted file for each token.
struct SubjectStore: Sendable {
    /// The longest name of a subject, in UTF-8 bytes.
    static let maximumCount = 200
    /// How long a subject may be kept that no consent names yet, in seconds: the provider signs it next.
    static let patience = 3600

    let directory: String
    let secrets: ProductSecrets

    /// Keeps a subject of a product, durably, and gives its token. The same subject always has the same token.
    func keep(_ subject: String, of product: Identifier) throws -> String {
        let token = secrets.token(of: subject, product: product)
        let key = secrets.key(.subjectsAtRest, of: product)
        guard let box = SecretBox.close(Array(subject.utf8), context: context(token, product), key: key) else {
            throw NodeError.home(path: directory, reason: "a subject could not be encrypted")
        }
        try PrivateFile.makeDirectory(directory)
        try DurableFile().replace(path(token), with: box)
        return token
    }

    /// The subject behind a token of a product; `nil` where it is not known here.
    func subject(_ token: String, of product: Identifier) -> String? {
        guard Self.isToken(token), let box = try? PrivateFile.read(path(token), maximumCount: Self.maximumCount + SecretBox.overhead),
            let subject = SecretBox.open(box, context: context(token, product), key: secrets.key(.subjectsAtRest, of: product))
        else { return nil }
        return String(decoding: subject, as: UTF8.self)
    }

    /// Forgets the subjects that no consent names, and that have not come a short while ago.
    ///
    /// - Returns: how many.
    @discardableResult
    func purge(keeping tokens: Set<String>, at now: Timestamp) -> Int {
        var count = 0
        for name in PrivateFile.names(in: directory) where !tokens.contains(name) {
            var status = stat()
            guard stat("\(directory)/\(name)", &status) == 0,
                Int64(status.st_mtim.tv_sec) < now.milliseconds / 1000 - Int64(Self.patience)
            else { continue }
            PrivateFile.remove("\(directory)/\(name)")
            count += 1
        }
        return count
    }

    private func path(_ token: String) -> String { "\(directory)/\(token)" }
    private func context(_ token: String, _ product: Identifier) -> [UInt8] { Array("\(product.text)\n\(token)".utf8) }
    private static func isToken(_ text: String) -> Bool { text.utf8.count == 64 && Hexadecimal.isValid(text) }
}
