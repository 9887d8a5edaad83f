import Encoding
import HTTPTransport
import Signing

/// What a profile keeps whose network is apart from the node's: requests that wait to be carried there, and the answers
/// that came back. A profile is offline as long as it has this folder.
struct OfflineFolder: Sendable, Hashable {
    let directory: String

    init(in profileDirectory: String) { directory = "\(profileDirectory)/offline" }

    /// The folder of a profile that is offline.
    static func existing(in profileDirectory: String) -> OfflineFolder? {
        let folder = OfflineFolder(in: profileDirectory)
        return LocalFiles.exists(folder.directory) ? folder : nil
    }

    var queue: String { "\(directory)/queue" }
    var answers: String { "\(directory)/answers" }
    var sent: String { "\(directory)/sent" }
    private var keysPath: String { "\(directory)/node-keys.json" }

    func make() throws(ClientError) {
        for path in [directory, queue, answers, sent] { try LocalFiles.makeFolder(path) }
    }

    /// Names a request by what it asks: the same question has the same name, and so the same answer.
    static func name(_ request: BundledRequest) -> String {
        SHA256.hash(Array("\(request.method) \(request.target) \(request.body.sha256)".utf8)).description
    }

    // MARK: The node's keys

    /// The keys that this profile takes the node's word by.
    func nodeKeys() throws(ClientError) -> [VerificationKey] {
        let bytes = try LocalFiles.read(keysPath, maximumCount: 1 << 16)
        do {
            var keys: [VerificationKey] = []
            for element in try JSONCursor(try JSONValue.parse(bytes)).array(minimumCount: 1, maximumCount: 16) {
                keys.append(try VerificationKey(jwk: element))
            }
            return keys
        } catch { throw .file(path: keysPath, reason: "holds no keys of a node: \(error)") }
    }

    var hasNodeKeys: Bool { LocalFiles.exists(keysPath) }

    func trust(_ keys: [VerificationKey]) throws(ClientError) {
        try LocalFiles.write(JSONValue.array(keys.map(\.jwk)).serialized(), to: keysPath)
    }

    // MARK: Requests that wait

    /// The answer to a request where one has come; else the request is put with those that wait.
    func exchange(_ request: BundledRequest, _ content: BundleContent) throws(ClientError) -> OfflineAnswer {
        let name = Self.name(request)
        // What can only be read may have changed, so it is asked again each time that a bundle goes.
        let answer = try answer(named: name)
        if answer == nil || request.method == "GET" { try enqueue(request, content, name) }
        guard let answer else {
            throw .queued("\(request.method) \(request.target) waits to be carried to the node")
        }
        return answer
    }

    private func enqueue(_ request: BundledRequest, _ content: BundleContent, _ name: String) throws(ClientError) {
        try make()
        var object: JSONObject = ["request": request.json]
        switch content {
        case .bytes(let bytes): if !bytes.isEmpty { try LocalFiles.write(bytes, to: "\(queue)/\(name).body") }
        case .file(let path): object["file"] = .string(LocalFiles.resolved(path))
        }
        try LocalFiles.write(JSONValue.object(object).serialized(), to: "\(queue)/\(name).json")
    }

    /// The requests that wait, those that change something in the order of their statements last.
    func waiting() throws(ClientError) -> [WaitingRequest] {
        var requests: [WaitingRequest] = []
        for file in LocalFiles.names(in: queue) where file.hasSuffix(".json") {
            let path = "\(queue)/\(file)"
            let bytes = try LocalFiles.read(path, maximumCount: 1 << 16)
            let name = String(file.dropLast(5))
            let order = try LocalFiles.modified(path)
            do {
                let cursor = JSONCursor(try JSONValue.parse(bytes))
                let request = try BundledRequest(cursor.member("request"))
                let source = try cursor.optionalMember("file")?.string(maximumCount: 4096)
                let content: BundleContent =
                    request.body.count == 0 ? .bytes([]) : .file(path: source ?? "\(queue)/\(name).body")
                requests.append(WaitingRequest(name: name, request: request, content: content, order: order))
            } catch { throw .file(path: path, reason: "is no request that waits: \(error)") }
        }
        return requests.sorted { ($0.request.method == "GET" ? 1 : 0, $0.order, $0.name) < ($1.request.method == "GET" ? 1 : 0, $1.order, $1.name) }
    }

    func discard(_ name: String) {
        LocalFiles.remove("\(queue)/\(name).json")
        LocalFiles.remove("\(queue)/\(name).body")
    }

    // MARK: Answers

    func answer(named name: String) throws(ClientError) -> OfflineAnswer? {
        let path = "\(answers)/\(name).json"
        guard LocalFiles.exists(path) else { return nil }
        let bytes = try LocalFiles.read(path, maximumCount: 1 << 16)
        do {
            let cursor = JSONCursor(try JSONValue.parse(bytes))
            guard let time = Timestamp(try cursor.member("at").string(maximumCount: 32)) else { return nil }
            return OfflineAnswer(
                status: Int(try cursor.member("status").integer(in: 200...599)),
                retryAfter: try cursor.optionalMember("retryAfter")?.string(maximumCount: 256),
                body: try LocalFiles.read("\(answers)/\(name).body", maximumCount: 256 << 20), at: time)
        } catch let error as ClientError { throw error } catch { throw .file(path: path, reason: "is no kept answer: \(error)") }
    }

    /// Keeps an answer in place of an older one.
    func keep(_ answer: OfflineAnswer, named name: String) throws(ClientError) {
        var object: JSONObject = ["status": .integer(Int64(answer.status)), "at": .string(answer.at.description)]
        object["retryAfter"] = answer.retryAfter.map(JSONValue.string)
        // The body first: without its description it counts for nothing.
        try LocalFiles.write(answer.body, to: "\(answers)/\(name).body")
        try LocalFiles.write(JSONValue.object(object).serialized(), to: "\(answers)/\(name).json")
    }
}

/// A request on its way.
struct WaitingRequest: Sendable {
    let name: String
    let request: BundledRequest
    let content: BundleContent
    /// When it was put there, in nanoseconds; statements are carried out in their order.
    let order: Int64
}

/// An answer that came by file, with the node's time.
struct OfflineAnswer: Sendable, Hashable {
    var status: Int
    var retryAfter: String?
    var body: [UInt8]
    var at: Timestamp
}
