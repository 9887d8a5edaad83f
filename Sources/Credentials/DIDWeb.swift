import Encoding

/// A decentralised identifier of the method `did:web`: a name on a web server, whose document the server gives out.
///
/// `https://node.example:8620` is `did:web:node.example%3A8620`, and its document is at `/.well-known/did.json`; with a
/// path, `did:web:node.example:id:86.gs.qingyang:P…` is at `/id/86.gs.qingyang/P…/did.json` (the did:web method
/// specification, "Read").
public struct DIDWeb: Sendable, Hashable, CustomStringConvertible {
    /// Host, and port where one is given, as the identifier writes them.
    private let authority: String
    private let path: [String]

    public static let maximumCount = 2048

    /// The identifier of a server, or of something on it.
    ///
    /// - Parameters:
    ///   - base: `https://host` or `https://host:port`, without path. The method is made for `https` only; `http` is
    ///     taken as well, for a trial on one machine, where no resolver goes.
    ///   - path: the segments below the server's root, each of at least one character.
    public init(_ base: String, path: [String] = []) throws(CredentialError) {
        guard let scheme = ["https://", "http://"].first(where: base.hasPrefix) else {
            throw .badIdentifier("\"\(base.prefix(100))\" is no address for an identifier; give one such as https://node.example")
        }
        var authority = String(base.dropFirst(scheme.count)).lowercased()
        if authority.hasSuffix("/") { authority.removeLast() }
        guard !authority.isEmpty, Self.isAuthority(authority), base.utf8.count <= 300 else {
            throw .badIdentifier(
                "\"\(base.prefix(100))\" is no server's address; give a scheme, a host and perhaps a port, such as https://node.example:8620")
        }
        guard path.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 300 && $0 != "." && $0 != ".." }), path.count <= 8 else {
            throw .badIdentifier("the path of an identifier has 1 to 8 parts, none of them empty, \".\" or \"..\"")
        }
        self.authority = Self.escaped(authority)
        self.path = path.map(Self.escaped)
    }

    /// Reads an identifier from its text.
    public init(text: String) throws(CredentialError) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.maximumCount, parts.count >= 3, parts[0] == "did", parts[1] == "web",
            parts.dropFirst(2).allSatisfy({ !$0.isEmpty && Self.isEscaped($0) && $0 != "." && $0 != ".." })
        else { throw .badIdentifier("\"\(text.prefix(200))\" is no identifier of the method did:web") }
        // An escape could otherwise hide a path or a user's name in what must be a host.
        guard Self.isAuthority(Self.unescaped(parts[2])) else {
            throw .badIdentifier("\"\(text.prefix(200))\" names no server")
        }
        authority = parts[2]
        path = Array(parts.dropFirst(3))
    }

    public var description: String { (["did", "web", authority] + path).joined(separator: ":") }

    /// Where the identifier's document is, by the method.
    public var documentURL: String {
        let host = Self.unescaped(authority)
        return path.isEmpty
            ? "https://\(host)/.well-known/did.json" : "https://\(host)/\(path.joined(separator: "/"))/did.json"
    }

    /// The name of one of the identifier's keys: the identifier, and the key's thumbprint as fragment.
    public func keyURL(_ keyIdentifier: String) -> String { "\(self)#\(keyIdentifier)" }

    // MARK: Characters

    /// Letters, digits, `.`, `-` and `_` stand for themselves (DID core, section 3.1: idchar).
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    private static func isAuthority(_ text: String) -> Bool {
        text.utf8.allSatisfy { isPlain($0) || [0x3A, 0x5B, 0x5D].contains($0) }
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            if isPlain(byte) { return String(UnicodeScalar(byte)) }
            let digits = String(byte, radix: 16, uppercase: true)
            return digits.count == 1 ? "%0\(digits)" : "%\(digits)"
        }.joined()
    }

    private static func isEscaped(_ text: String) -> Bool {
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if isPlain(byte) { continue }
            guard byte == 0x25, rest.count >= 2, rest.prefix(2).allSatisfy({ hexadecimal($0) != nil }) else { return false }
            rest = rest.dropFirst(2)
        }
        return true
    }

    private static func unescaped(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == 0x25, let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) {
                bytes.append(high << 4 | low)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x41 + 10
        case 0x61...0x66: byte - 0x61 + 10
        default: nil
        }
    }
}
