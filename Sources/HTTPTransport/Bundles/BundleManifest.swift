import Encoding
import Signing

/// One body in a bundle: so many bytes with this digest, one after the other in the manifest's order.
public struct BundlePart: Sendable, Hashable {
    public var count: UInt64
    public var sha256: SHA256Digest

    public init(count: UInt64, sha256: SHA256Digest) {
        self.count = count
        self.sha256 = sha256
    }

    static let none = BundlePart(count: 0, sha256: SHA256.hash([UInt8]()))
}

/// A request that travels as part of a file.
public struct BundledRequest: Sendable, Hashable {
    public var method: String
    /// Path and query, as they would stand in the request line.
    public var target: String
    /// The body's media type; `nil` without a body.
    public var contentType: String?
    public var accept: String
    public var body: BundlePart

    public init(method: String, target: String, contentType: String? = nil, accept: String, body: BundlePart? = nil) {
        self.method = method
        self.target = target
        self.contentType = contentType
        self.accept = accept
        self.body = body ?? .none
    }

    public init(_ cursor: JSONCursor) throws(JSONMismatch) {
        try cursor.allowMembers(["method", "target", "contentType", "accept", "count", "sha256"])
        let method = try cursor.member("method")
        self.method = try method.string(minimumCount: 1, maximumCount: 16)
        guard ["GET", "POST", "PUT", "DELETE"].contains(self.method) else { throw method.mismatch("must be GET, POST, PUT or DELETE") }
        let target = try cursor.member("target")
        self.target = try target.string(minimumCount: 1, maximumCount: 4096)
        guard self.target.hasPrefix("/"), self.target.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != 0x23 }) else {
            throw target.mismatch("must be a path, with a query if there is one, as in a request line")
        }
        contentType = try cursor.optionalMember("contentType")?.fieldValue()
        accept = try cursor.member("accept").fieldValue()
        body = try BundlePart(cursor)
    }

    public var json: JSONValue {
        var object: JSONObject = ["method": .string(method), "target": .string(target)]
        object["contentType"] = contentType.map(JSONValue.string)
        object["accept"] = .string(accept)
        body.write(to: &object)
        return .object(object)
    }
}

/// The answer to one of a bundle's requests.
public struct BundledAnswer: Sendable, Hashable {
    public var status: Int
    public var contentType: String?
    public var retryAfter: String?
    public var body: BundlePart

    public init(status: Int, contentType: String?, retryAfter: String?, body: BundlePart) {
        self.status = status
        self.contentType = contentType
        self.retryAfter = retryAfter
        self.body = body
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        try cursor.allowMembers(["status", "contentType", "retryAfter", "count", "sha256"])
        status = Int(try cursor.member("status").integer(in: 200...599))
        contentType = try cursor.optionalMember("contentType")?.fieldValue()
        retryAfter = try cursor.optionalMember("retryAfter")?.fieldValue()
        body = try BundlePart(cursor)
    }

    var json: JSONValue {
        var object: JSONObject = ["status": .integer(Int64(status))]
        object["contentType"] = contentType.map(JSONValue.string)
        object["retryAfter"] = retryAfter.map(JSONValue.string)
        body.write(to: &object)
        return .object(object)
    }
}

/// What a participant signs for a bundle of requests.
public struct RequestBundleManifest: Sendable, Hashable, BundleManifest {
    public static let magic = "hexi-request-bundle/1"
    public static let mediaType = "hexi-request-bundle+jws"

    /// The prefix of the space that it is for.
    public var space: String
    /// Random text that tells it from every other.
    public var bundle: String
    public var issuedAt: Timestamp
    /// After this no node takes it.
    public var validUntil: Timestamp
    /// The key that signs, so that somebody can apply who is not registered yet.
    public var key: VerificationKey
    public var requests: [BundledRequest]

    public init(
        space: String, bundle: String, issuedAt: Timestamp, validUntil: Timestamp, key: VerificationKey, requests: [BundledRequest]
    ) {
        self.space = space
        self.bundle = bundle
        self.issuedAt = issuedAt
        self.validUntil = validUntil
        self.key = key
        self.requests = requests
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        try cursor.allowMembers(["space", "bundle", "issuedAt", "validUntil", "key", "requests"])
        space = try cursor.member("space").string(minimumCount: 1, maximumCount: 63)
        bundle = try cursor.member("bundle").string(minimumCount: 16, maximumCount: 64)
        issuedAt = try cursor.member("issuedAt").time()
        validUntil = try cursor.member("validUntil").time()
        key = try VerificationKey(jwk: cursor.member("key"))
        var requests: [BundledRequest] = []
        for element in try cursor.member("requests").array(minimumCount: 1, maximumCount: Self.maximumPartCount) {
            requests.append(try BundledRequest(element))
        }
        self.requests = requests
    }

    public var parts: [BundlePart] { requests.map(\.body) }

    public var json: JSONValue {
        [
            "space": .string(space), "bundle": .string(bundle), "issuedAt": .string(issuedAt.description),
            "validUntil": .string(validUntil.description), "key": key.jwk, "requests": .array(requests.map(\.json)),
        ]
    }
}

/// What a node signs for a bundle of answers.
public struct ResponseBundleManifest: Sendable, Hashable, BundleManifest {
    public static let magic = "hexi-response-bundle/1"
    public static let mediaType = "hexi-response-bundle+jws"

    public var space: String
    /// SHA-256 of the signed manifest of the requests, as it stands in their bundle; `nil` for a welcome, which answers
    /// what somebody new asks first.
    public var request: SHA256Digest?
    public var issuedAt: Timestamp
    /// The node's key, which signs; whether it is to be believed is for the reader to know.
    public var key: VerificationKey
    /// In the order of the requests.
    public var answers: [BundledAnswer]
    /// What the answers are to, for a welcome; empty otherwise.
    public var targets: [String]

    public init(
        space: String, request: SHA256Digest?, issuedAt: Timestamp, key: VerificationKey, answers: [BundledAnswer],
        targets: [String] = []
    ) {
        self.space = space
        self.request = request
        self.issuedAt = issuedAt
        self.key = key
        self.answers = answers
        self.targets = targets
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        try cursor.allowMembers(["space", "request", "issuedAt", "key", "answers", "targets"])
        space = try cursor.member("space").string(minimumCount: 1, maximumCount: 63)
        request = try cursor.optionalMember("request")?.digest()
        issuedAt = try cursor.member("issuedAt").time()
        key = try VerificationKey(jwk: cursor.member("key"))
        var answers: [BundledAnswer] = []
        for element in try cursor.member("answers").array(minimumCount: 0, maximumCount: Self.maximumPartCount) {
            answers.append(try BundledAnswer(element))
        }
        self.answers = answers
        var targets: [String] = []
        for element in try cursor.optionalMember("targets")?.array(maximumCount: Self.maximumPartCount) ?? [] {
            targets.append(try element.string(minimumCount: 1, maximumCount: 4096))
        }
        self.targets = targets
        guard request != nil ? targets.isEmpty : targets.count == answers.count else {
            throw cursor.mismatch("names either the requests that it answers, or one target for each answer")
        }
    }

    public var parts: [BundlePart] { answers.map(\.body) }

    public var json: JSONValue {
        var object: JSONObject = ["space": .string(space)]
        object["request"] = request.map { .string($0.description) }
        object["issuedAt"] = .string(issuedAt.description)
        object["key"] = key.jwk
        object["answers"] = .array(answers.map(\.json))
        if request == nil { object["targets"] = .array(targets.map(JSONValue.string)) }
        return .object(object)
    }
}

/// What stands, signed, at the head of a bundle.
public protocol BundleManifest: Sendable {
    /// The file's first line.
    static var magic: String { get }
    /// The `typ` of its JWS.
    static var mediaType: String { get }
    var parts: [BundlePart] { get }
    var json: JSONValue { get }
    static func read(_ cursor: JSONCursor) throws(JSONMismatch) -> Self
}

extension BundleManifest {
    /// How many requests or answers one bundle holds at most.
    public static var maximumPartCount: Int { 2000 }
    /// The longest signed manifest, in bytes.
    static var maximumManifestCount: Int { 4 << 20 }
}

extension RequestBundleManifest {
    public static func read(_ cursor: JSONCursor) throws(JSONMismatch) -> Self { try Self(cursor) }
}

extension ResponseBundleManifest {
    public static func read(_ cursor: JSONCursor) throws(JSONMismatch) -> Self { try Self(cursor) }
}

extension BundlePart {
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        count = UInt64(try cursor.member("count").integer(in: 0...(Int64(1) << 40)))
        sha256 = try cursor.member("sha256").digest()
    }

    func write(to object: inout JSONObject) {
        object["count"] = .integer(Int64(clamping: count))
        object["sha256"] = .string(sha256.description)
    }
}

extension JSONCursor {
    fileprivate func digest() throws(JSONMismatch) -> SHA256Digest {
        guard let bytes = Hexadecimal.decode(try string(maximumCount: 64)), let digest = SHA256Digest(bytes) else {
            throw mismatch("must be a SHA-256 in lower-case hexadecimal")
        }
        return digest
    }

    fileprivate func time() throws(JSONMismatch) -> Timestamp {
        guard let time = Timestamp(try string(maximumCount: 32)) else {
            throw mismatch("must be a UTC time with milliseconds such as 2026-11-21T08:30:00.000Z")
        }
        return time
    }

    /// The value of a header field: printable ASCII.
    fileprivate func fieldValue() throws(JSONMismatch) -> String {
        let text = try string(maximumCount: 256)
        guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else { throw mismatch("must be printable ASCII") }
        return text
    }
}
