import Encoding
import Exchange
import Glibc
import HTTPTransport
import Signing

/// Carries out what comes as a file, for participants whose network is apart from the node's.
///
/// A bundle is carried out once. Its answers are kept until it is no longer valid, so that whoever delivers it again gets the
/// very same file. A node that stops in the midst carries it out again: every statement in it is recorded at most once
/// (`acceptUntil`), and the rest only reads or stores what is the same again.
actor BundleService {
    private let services: NodeServices
    private let router: Router
    /// Bundles that are being carried out: whoever brings one of them again waits for the same answers.
    private var underWay: [SHA256Digest: Task<String, any Error>] = [:]
    /// Answers longer than this stay with the node; a problem document goes in their place.
    private static let maximumAnswerCount = 256 << 20
    private static let maximumTotalCount: UInt64 = 1 << 30

    /// - Parameter router: with all routes but those of bundles.
    init(_ services: NodeServices, router: Router) {
        self.services = services
        self.router = router
    }

    private var directory: String { services.home.bundleDirectory }

    /// Answers a bundle of requests with the path of the answers' file.
    ///
    /// - Throws: `Problem` where the bundle as a whole is refused; then nothing of it was carried out.
    func answer(_ path: String) async throws -> String {
        let bundle = try open(path)
        if let task = underWay[bundle.digest] { return try await task.value }
        // Of its own, so that a carrier who hangs up does not cut it off.
        let task = Task { try await carryOut(bundle) }
        underWay[bundle.digest] = task
        defer { underWay[bundle.digest] = nil }
        return try await task.value
    }

    private func carryOut(_ bundle: BundleFile<RequestBundleManifest>) async throws -> String {
        let stored = "\(directory)/\(bundle.digest).response"
        if access(stored, F_OK) == 0 { return stored }
        try await check(bundle.manifest)
        // Before anything is done: the answers to a damaged copy would be kept as those to the sound one.
        do {
            try await BlockingWork.run { try bundle.checkParts() }
        } catch { throw Self.invalid("\(error)") }
        let count = bundle.manifest.requests.count
        try await write(stored, answering: bundle.digest, count: count) { await self.response(bundle, $0) }
        services.log.write(
            .info, "a bundle was carried out",
            ["bundle": .string(bundle.digest.description), "requests": .integer(Int64(count)), "key": .string(bundle.keyIdentifier)])
        return stored
    }

    /// A file with what somebody new needs to know of the space, signed by the node.
    func welcome() async throws -> String {
        let targets = ["/api/v1/space", "/api/v1/products?limit=200", "/ledger/checkpoint", "/ledger/vkey"]
        let path = "\(directory)/welcome-\(Nonce.make())"
        try await write(path, answering: nil, count: targets.count, targets: targets) { [router] number in
            let request = BundledRequest(method: "GET", target: targets[number], accept: "*/*")
            return await router.handle(Self.head(request, keyIdentifier: nil))
        }
        return path
    }

    /// Writes a file of answers, signed by the node. What is too long for the memory lies in a folder of the file's own
    /// meanwhile.
    private func write(
        _ path: String, answering request: SHA256Digest?, count: Int, targets: [String] = [],
        response: (_ number: Int) async -> HTTPResponse
    ) async throws {
        let key = try await services.voice()
        let place = "\(path).work"
        try PrivateFile.makeDirectory(place)
        defer {
            PrivateFile.empty(place)
            rmdir(place)
        }
        var answers: [BundledAnswer] = []
        var contents: [BundleContent] = []
        var total: UInt64 = 0
        for number in 0..<count {
            // What says that an answer did not fit comes on top.
            let budget = Self.maximumTotalCount - min(total, Self.maximumTotalCount)
            let (answer, content) = try Self.part(await response(number), place, number, budget: budget)
            total += answer.body.count
            answers.append(answer)
            contents.append(content)
        }
        let manifest = ResponseBundleManifest(
            space: services.home.configuration.space, request: request, issuedAt: Clock.now(), key: key.verificationKey,
            answers: answers, targets: targets)
        try BundleWriter.write(manifest, contents, key: key, to: path)
    }

    /// Removes the answers to bundles that no node takes any more.
    func purge(at time: Timestamp) {
        for name in PrivateFile.names(in: directory) {
            let path = "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            let days: Int64 = name.hasSuffix(".response") ? OfflinePolicy.longestDays + 1 : 1
            if (Int64(status.st_mtim.tv_sec) + days * 86_400) * 1000 < time.milliseconds { unlink(path) }
        }
    }

    // MARK: One bundle

    private func open(_ path: String) throws -> BundleFile<RequestBundleManifest> {
        do throws(BundleError) {
            return try BundleFile<RequestBundleManifest>(path: path) { identifier, manifest in
                // A key that is registered counts as registered; any other speaks for itself alone, as somebody who applies.
                services.directory.key(identifier) ?? (manifest.key.keyIdentifier == identifier ? manifest.key : nil)
            }
        } catch {
            throw Self.invalid(error.description)
        }
    }

    private static func invalid(_ reason: String) -> Problem {
        Problem(code: "bundle-invalid", status: 422, title: "The bundle cannot be used", detail: reason)
    }

    private func check(_ manifest: RequestBundleManifest) async throws(Problem) {
        func refuse(_ detail: String, _ hint: String) -> Problem {
            Problem(code: "bundle-refused", status: 422, title: "The bundle is not accepted", detail: detail, hint: hint)
        }
        let space = services.home.configuration.space
        guard manifest.space == space else {
            throw refuse("the bundle is for the space \(manifest.space), this is \(space)", "Deliver it to that space's node.")
        }
        let (now, days) = (Clock.now(), await services.sequencer.read { $0.space?.policy.offline.maximumDays ?? 0 })
        guard manifest.validUntil <= manifest.issuedAt.advanced(byMilliseconds: days * 86_400_000) else {
            throw refuse("a bundle may be valid for \(days) days here", "Export it again with --valid-days \(days) or fewer.")
        }
        guard manifest.issuedAt <= now.advanced(byMilliseconds: ExchangeState.maximumStatementLead) else {
            throw refuse("the bundle was made at \(manifest.issuedAt), which is still to come", "Set the clock of the computer that made it.")
        }
        guard now <= manifest.validUntil else {
            throw refuse("the bundle was valid until \(manifest.validUntil)", "Export what is still wanted again.")
        }
    }

    private func response(_ bundle: BundleFile<RequestBundleManifest>, _ number: Int) async -> HTTPResponse {
        let request = bundle.manifest.requests[number]
        do {
            let isKnown = services.directory.key(bundle.keyIdentifier) != nil
            var head = Self.head(request, keyIdentifier: isKnown ? bundle.keyIdentifier : nil)
            if request.body.count > 0 {
                let decision = router.bodyDecision(head)
                head.body = try Self.body(bundle, number, decision.policy)
                if let admission = decision.admission { head.admission = admission }
            }
            defer { if case .file(let path, _, _) = head.body { unlink(path) } }
            return await router.handle(head)
        } catch let problem as Problem {
            return .problem(problem)
        } catch {
            return .problem(Problem(code: "bundle-invalid", status: 422, title: "A part of the bundle cannot be used", detail: "\(error)"))
        }
    }

    private static func head(_ request: BundledRequest, keyIdentifier: String?) -> HTTPRequest {
        let mark = request.target.firstIndex(of: "?")
        var head = HTTPRequest(
            method: request.method, path: String(request.target[..<(mark ?? request.target.endIndex)]),
            query: mark.map { String(request.target[request.target.index(after: $0)...]) }, remoteAddress: "bundle",
            requestIdentifier: Nonce.make())
        head.headers["Accept"] = request.accept
        if let type = request.contentType { head.headers["Content-Type"] = type }
        if request.body.count > 0 {
            head.headers["Content-Length"] = "\(request.body.count)"
            head.headers["Content-Digest"] = ContentDigest.make(for: request.body.sha256)
        }
        if let keyIdentifier { head.admission = BundleCaller(keyIdentifier: keyIdentifier) }
        return head
    }

    /// A request's body, kept as its route wants it.
    private static func body(
        _ bundle: BundleFile<RequestBundleManifest>, _ number: Int, _ policy: BodyPolicy
    ) throws -> HTTPBody {
        let part = bundle.manifest.requests[number].body
        func check(_ limit: Int) throws(Problem) {
            guard part.count <= UInt64(limit) else {
                throw Problem(
                    code: "body-too-large", status: 413, title: "The body is too large",
                    detail: "the body has \(part.count) bytes, at most \(limit) are taken")
            }
        }
        switch policy {
        case .refuse(let problem): throw problem
        case .memory(let limit):
            try check(limit)
            return .bytes(try bundle.bytes(number))
        case .file(let directory, let limit):
            try check(limit)
            let path = "\(directory)/bundle-\(Nonce.make())"
            try bundle.copy(number, to: path)
            return .file(path: path, count: Int(part.count), sha256: part.sha256)
        }
    }

    private static func part(
        _ response: HTTPResponse, _ place: String, _ number: Int, budget: UInt64
    ) throws -> (BundledAnswer, BundleContent) {
        let bytes: [UInt8]
        switch response.body {
        case .none: bytes = []
        case .bytes(let content): bytes = content
        case .file(let file):
            guard file.count <= maximumAnswerCount, let content = try file.bytes() else {
                return try part(tooLong(file.count), place, number, budget: budget)
            }
            bytes = content
        }
        guard UInt64(bytes.count) <= budget else { return try part(tooLong(bytes.count), place, number, budget: .max) }
        let answer = BundledAnswer(
            status: response.status, contentType: response.headers["Content-Type"], retryAfter: response.headers["Retry-After"],
            body: BundlePart(count: UInt64(bytes.count), sha256: SHA256.hash(bytes)))
        // Many large answers at once must not fill the memory.
        guard bytes.count > 1 << 20 else { return (answer, .bytes(bytes)) }
        let path = "\(place)/\(number)"
        try PrivateFile.write(bytes, to: path)
        return (answer, .file(path: path))
    }

    private static func tooLong(_ count: Int) -> HTTPResponse {
        .problem(
            Problem(
                code: "answer-too-large", status: 413, title: "The answer does not fit into the bundle",
                detail: "the answer has \(count) bytes", hint: "Ask for less at a time."))
    }
}
