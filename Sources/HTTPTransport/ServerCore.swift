import Synchronization

/// What all connections of a server share.
final class ServerCore: Sendable {
    let configuration: HTTPServerConfiguration
    let log: HTTPServerLog
    let handler: HTTPServer.Handler
    let bodyPolicy: HTTPServer.BodyPolicyChoice
    let table = ConnectionTable()

    private let isStoppingFlag = Atomic<Bool>(false)
    private let requestCount = Atomic<UInt64>(0)
    private let identifierPrefix: UInt32

    init(
        _ configuration: HTTPServerConfiguration, _ log: HTTPServerLog, _ handler: @escaping HTTPServer.Handler,
        _ bodyPolicy: @escaping HTTPServer.BodyPolicyChoice
    ) {
        self.configuration = configuration
        self.log = log
        self.handler = handler
        self.bodyPolicy = bodyPolicy
        identifierPrefix = UInt32.random(in: 0...UInt32.max)
    }

    /// Whether answers should tell clients to close their connections.
    var isStopping: Bool { isStoppingFlag.load(ordering: .relaxed) }
    func beginStopping() { isStoppingFlag.store(true, ordering: .relaxed) }

    /// A name that no other request of this server has: six characters drawn at the start, then a running number, in
    /// Crockford's base 32. Short enough (15 bytes) that a Swift string holds it without allocation.
    func nextRequestIdentifier() -> String {
        var number = requestCount.wrappingAdd(1, ordering: .relaxed).newValue
        var prefix = identifierPrefix
        return String(unsafeUninitializedCapacity: 15) { output in
            for index in 0..<6 {
                output[index] = Self.digits[Int(prefix & 31)]
                prefix >>= 5
            }
            output[6] = 0x2D
            for index in stride(from: 14, through: 7, by: -1) {
                output[index] = Self.digits[Int(number & 31)]
                number >>= 5
            }
            return 15
        }
    }

    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}
