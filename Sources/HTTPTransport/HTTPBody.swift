import Signing

/// What came with a request after its headers.
public enum HTTPBody: Sendable {
    case none
    case bytes([UInt8])
    /// A file that the server wrote while the body came in, with its length and the digest of its content. It is
    /// removed once the request has been answered; a handler that wants to keep it renames it.
    case file(path: String, count: Int, sha256: SHA256Digest)

    /// The bytes in memory; empty if there are none, or if the body is in a file.
    public var bytes: [UInt8] { if case .bytes(let bytes) = self { bytes } else { [] } }

    /// How long the body is, in bytes.
    public var count: Int {
        switch self {
        case .none: 0
        case .bytes(let bytes): bytes.count
        case .file(_, let count, _): count
        }
    }
}

/// What is decided on a request's body when only its headers have come.
public struct BodyDecision: Sendable {
    public var policy: BodyPolicy
    /// Given to the handler with the request.
    public var admission: (any Sendable)?

    public init(_ policy: BodyPolicy, admission: (any Sendable)? = nil) {
        self.policy = policy
        self.admission = admission
    }
}

/// What the server does with the body of a request, decided when only its headers have come.
public enum BodyPolicy: Sendable {
    /// Answers with the problem. The body is not kept; unless it is short the connection is closed.
    case refuse(Problem)
    /// Keeps the body in memory. A body of more than so many bytes gets status 413.
    case memory(limitBytes: Int)
    /// Writes the body to a new file (mode 0600) in the folder. A body of more than so many bytes gets status 413.
    case file(directory: String, limitBytes: Int)
}
