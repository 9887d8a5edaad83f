import Encoding
import HTTPTransport
import Signing

/// Speaks a node's HTTP API: signs what must be signed, and turns every answer into JSON or an error.
struct NodeClient: Sendable {
    /// What an answer was: the status tells a new entry (201) from a repeated one (200).
    struct Answer: Sendable {
        let status: Int
        let body: JSONValue
    }

    /// How long the node may take, in seconds.
    enum Patience: Double, Sendable {
        case read = 30
        case write = 60
        /// A run is answered when it has ended, and may have waited for others.
        case run = 900
        /// A file of up to a gibibyte that the node then imports.
        case upload = 3600
    }

    let address: NodeAddress
    let transport: any NodeTransport
    /// Signs requests; without one only public resources can be read.
    let key: SigningKey?
    let time: TimeSource
    /// Where requests go and answers come from while the network is apart from the node's.
    let offline: OfflineFolder?

    init(
        node: String, key: SigningKey?, transport: any NodeTransport, time: TimeSource = .system, offline: OfflineFolder? = nil
    ) throws(ClientError) {
        address = try NodeAddress(node)
        self.transport = transport
        self.key = key
        self.time = time
        self.offline = offline
    }

    private init(_ other: NodeClient, key: SigningKey?) {
        address = other.address
        transport = other.transport
        time = other.time
        offline = other.offline
        self.key = key
    }

    /// The same client, whose requests nobody signs: for what everybody may read.
    func withoutKey() -> NodeClient { NodeClient(self, key: nil) }

    func get(_ target: RequestTarget) async throws(ClientError) -> JSONValue {
        try await send("GET", target, body: .none, digest: nil, type: nil, patience: .read).body
    }

    /// A public resource as it is, not as JSON.
    func fetch(_ target: RequestTarget, maximumCount: Int) async throws(ClientError) -> [UInt8] {
        let request = HTTPClientRequest(
            method: "GET", url: address.base + target.text, headers: ["Accept": "text/plain, text/csv, application/problem+json"],
            timeoutSeconds: Patience.read.rawValue)
        let response: HTTPClientResponse
        if let offline {
            response = try exchange("GET", target, body: .none, digest: nil, type: nil, accept: request.headers["Accept"] ?? "*/*", offline)
        } else {
            do { response = try await transport.send(request) } catch { throw unreachable(error) }
        }
        guard response.status == 200 else {
            _ = try read(response)
            throw .unexpectedAnswer(node: address.base, reason: "status \(response.status) instead of 200")
        }
        guard response.body.count <= maximumCount else {
            throw .unexpectedAnswer(node: address.base, reason: "more than \(maximumCount) bytes")
        }
        return response.body
    }

    /// Hands in bytes that are not JSON, unsigned, and gives the answer.
    func hand(_ bytes: [UInt8], to target: RequestTarget, type: String) async throws(ClientError) -> JSONValue {
        try await withoutKey().send(
            "POST", target, body: .bytes(bytes), digest: nil, type: type, patience: .write).body
    }

    func post(_ target: RequestTarget, _ document: JSONValue, patience: Patience = .write) async throws(ClientError) -> Answer {
        let bytes = document.serialized()
        return try await send(
            "POST", target, body: .bytes(bytes), digest: SHA256.hash(bytes), type: "application/json", patience: patience)
    }

    /// A signed request without a body.
    func post(_ target: RequestTarget, patience: Patience) async throws(ClientError) -> Answer {
        try await send("POST", target, body: .none, digest: nil, type: nil, patience: patience)
    }

    /// Sends a file as it is.
    ///
    /// - Parameters:
    ///   - method: `POST` or `PUT`.
    ///   - digest: the file's SHA-256.
    ///   - progress: is told how many bytes have been sent.
    func upload(
        _ target: RequestTarget, method: String = "POST", file: String, digest: SHA256Digest, type: String,
        progress: @escaping @Sendable (UInt64) -> Void
    ) async throws(ClientError) -> Answer {
        try await send(
            method, target, body: .file(path: file), digest: digest, type: type, patience: .upload, progress: progress)
    }

    /// A signed read of something that is not JSON.
    func download(_ target: RequestTarget, maximumCount: Int) async throws(ClientError) -> [UInt8] {
        try await bytes("GET", target, body: .none, digest: nil, type: nil, maximumCount: maximumCount)
    }

    /// Sends a bundle, and gives the file with its answers.
    func deliver(_ target: RequestTarget, file: String, digest: SHA256Digest) async throws(ClientError) -> [UInt8] {
        try await bytes(
            "POST", target, body: .file(path: file), digest: digest, type: "application/octet-stream", maximumCount: 1 << 30)
    }

    private func bytes(
        _ method: String, _ target: RequestTarget, body: HTTPClientRequest.Body, digest: SHA256Digest?, type: String?,
        maximumCount: Int
    ) async throws(ClientError) -> [UInt8] {
        guard offline == nil else {
            throw .refused("this profile is offline, and the node must be reached for this", hint: "Name a profile with --profile DIR that is not.")
        }
        var request = HTTPClientRequest(
            method: method, url: address.base + target.text, headers: ["Accept": "application/octet-stream, application/problem+json"],
            body: body, timeoutSeconds: Patience.upload.rawValue, maximumResponseBytes: maximumCount)
        if let type { request.headers["Content-Type"] = type }
        if let digest { request.headers["Content-Digest"] = ContentDigest.make(for: digest) }
        if let key {
            try RequestSigner(key: key, authority: address.authority, time: time).sign(&request, target: target, hasContent: digest != nil)
        }
        let response: HTTPClientResponse
        do { response = try await transport.send(request) } catch { throw unreachable(error) }
        guard response.status == 200 else {
            _ = try read(response)
            throw .unexpectedAnswer(node: address.base, reason: "status \(response.status) instead of 200")
        }
        return response.body
    }

    private func send(
        _ method: String, _ target: RequestTarget, body: HTTPClientRequest.Body, digest: SHA256Digest?, type: String?,
        patience: Patience, progress: (@Sendable (UInt64) -> Void)? = nil
    ) async throws(ClientError) -> Answer {
        if let offline {
            return try read(
                exchange(method, target, body: body, digest: digest, type: type, accept: "application/json, application/problem+json", offline))
        }
        var request = HTTPClientRequest(
            method: method, url: address.base + target.text,
            headers: ["Accept": "application/json, application/problem+json"], body: body,
            timeoutSeconds: patience.rawValue, uploadProgress: progress)
        if let type { request.headers["Content-Type"] = type }
        if let digest { request.headers["Content-Digest"] = ContentDigest.make(for: digest) }
        if let key {
            let signer = RequestSigner(key: key, authority: address.authority, time: time)
            try signer.sign(&request, target: target, hasContent: digest != nil)
        }
        let response: HTTPClientResponse
        do { response = try await transport.send(request) } catch { throw unreachable(error) }
        return try read(response)
    }

    private func unreachable(_ error: HTTPClientError) -> ClientError {
        switch error {
        case .unreadableFile(let path, let reason): return .file(path: path, reason: reason)
        case .cannotConnect(_, let reason):
            return .unreachable(
                node: address.base, reason: reason,
                hint: "Start the node with \"hexi serve DIR\", or name another with --node URL.")
        default: return .unreachable(node: address.base, reason: "\(error)", hint: "")
        }
    }

    private func read(_ response: HTTPClientResponse) throws(ClientError) -> Answer {
        let body: JSONValue
        do { body = try JSONValue.parse(response.body, maximumDepth: 64, maximumCount: 256 << 20) } catch {
            throw .unexpectedAnswer(node: address.base, reason: "status \(response.status), and the body is \(error)")
        }
        if (200..<300).contains(response.status) { return Answer(status: response.status, body: body) }
        guard var problem = Problem(json: body) else {
            throw .unexpectedAnswer(node: address.base, reason: "status \(response.status) without a problem document")
        }
        if let wait = response.headers["Retry-After"] { problem.headers["Retry-After"] = wait }
        throw .problem(problem)
    }
}
