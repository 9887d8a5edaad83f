import Credentials
import Exchange
import HTTPTransport
import Signing
import Synchronization

/// Under which address others know the node: the settings' `publicURL`, else the one that it listens on.
final class PublicAddress: Sendable {
    private let configuration: NodeConfiguration
    private let port = Mutex<UInt16?>(nil)

    init(_ configuration: NodeConfiguration) { self.configuration = configuration }

    /// Called when the server listens, which may be on a port that the system chose.
    func listens(on port: UInt16) { self.port.withLock { $0 = port } }

    /// Scheme, host and perhaps port, without a slash at the end.
    var base: String {
        if !configuration.publicURL.isEmpty { return configuration.publicURL }
        let host = configuration.address.contains(":") ? "[\(configuration.address)]" : configuration.address
        return "http://\(host):\(port.withLock { $0 } ?? configuration.port)"
    }

    /// The node's own identifier.
    func identifier() throws -> DIDWeb { try DIDWeb(base) }

    /// The identifier of something in the space that the node gives out documents of.
    func identifier(of thing: Identifier) throws -> DIDWeb {
        try DIDWeb(base, path: ["id"] + thing.text.split(separator: "/").map(String.init))
    }

    func url(_ target: String) -> String { base + target }
}
