import Exchange
import Signing

/// The files of the node's own keys in a home: `keys/node.pem`, made with the home, and `keys/node-<8 digits>.pem` for
/// each key since. With one of them the node signs credentials, quality reports and alarms.
public struct NodeKeyFiles: Sendable {
    public struct File: Sendable {
        public let path: String
        public let key: SigningKey
    }

    /// Those that could be read, in the order of their names.
    public let files: [File]
    /// Why the others could not.
    public let failures: [String]

    public init(_ home: NodeHome) {
        var files: [File] = []
        var failures: [String] = []
        for name in PrivateFile.names(in: home.keyDirectory).filter(Self.isName).sorted() {
            let path = "\(home.keyDirectory)/\(name)"
            do throws(KeyFileError) { files.append(File(path: path, key: try KeyFile.read(path, passphrase: nil))) } catch {
                failures.append("\(error)")
            }
        }
        self.files = files
        self.failures = failures
    }

    /// The files in a home, of which nothing else is needed.
    public init(opening directory: String) throws { self.init(try NodeHome(opening: directory)) }

    /// Makes a key and its file (mode 0600), durably.
    public static func make(inHome directory: String) throws -> File {
        let home = try NodeHome(opening: directory)
        let key = SigningKey.generate()
        let first = "\(home.keyDirectory)/\(Self.firstName)"
        let isFirst = !PrivateFile.names(in: home.keyDirectory).contains(Self.firstName)
        let digits = SHA256.hash(key.verificationKey.bytes).description.prefix(8)
        let path = isFirst ? first : "\(home.keyDirectory)/node-\(digits).pem"
        try KeyFile.write(key, to: path, passphrase: nil)
        return File(path: path, key: key)
    }

    static let firstName = "node.pem"

    private static func isName(_ name: String) -> Bool {
        if name == firstName { return true }
        guard name.hasPrefix("node-"), name.hasSuffix(".pem"), name.utf8.count == 17 else { return false }
        return name.dropFirst(5).dropLast(4).utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
