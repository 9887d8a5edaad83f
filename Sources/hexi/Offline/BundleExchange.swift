import Encoding
import Exchange
import HTTPTransport
import Signing

/// Makes bundles of what waits, and takes in what comes back.
struct BundleExchange: Sendable {
    let folder: OfflineFolder
    let profile: Profile
    let time: TimeSource

    /// Writes all that waits into one signed file; what it holds goes on waiting until its answer is here, so that a lost
    /// file does no harm.
    ///
    /// - Returns: how many requests it holds.
    func export(to path: String, days: Int64, key: SigningKey) throws(ClientError) -> Int {
        let waiting = try folder.waiting()
        guard !waiting.isEmpty else {
            throw .refused("nothing waits to be carried to the node", hint: "Run the commands that you want carried out first.")
        }
        let now = time.now()
        let manifest = RequestBundleManifest(
            space: profile.space, bundle: StatementSender.makeNonce(), issuedAt: now,
            validUntil: now.advanced(byMilliseconds: days * 86_400_000), key: key.verificationKey,
            requests: waiting.map(\.request))
        do { try BundleWriter.write(manifest, waiting.map(\.content), key: key, to: path) } catch {
            if case .damagedPart(let number) = error {
                throw .file(
                    path: "\(waiting[number].content)", reason: "has changed since the command that wanted it sent; discard that request and run the command again")
            }
            throw .failed("\(error)")
        }
        let bundle = try reading { () throws(BundleError) in try BundleFile<RequestBundleManifest>(path: path) { _, manifest in manifest.key } }
        let names = JSONValue.array(waiting.map { .string($0.name) })
        try LocalFiles.write(names.serialized(), to: "\(folder.sent)/\(bundle.digest).json")
        return waiting.count
    }

    struct Imported: Sendable {
        var count = 0
        var at: Timestamp
        var isWelcome: Bool
    }

    /// The space and the key that a file of answers names, whoever signed it: for somebody who knows neither yet.
    static func introduction(_ path: String) throws(ClientError) -> (space: String, key: VerificationKey) {
        do throws(BundleError) {
            let manifest = try BundleFile<ResponseBundleManifest>(path: path) { _, manifest in manifest.key }.manifest
            return (manifest.space, manifest.key)
        } catch { throw .failed(error.description) }
    }

    /// Keeps the answers of a file that the node has signed.
    ///
    /// - Parameter fingerprints: key identifiers (RFC 7638) that the user says are the node's, for a profile that does not know any.
    func take(_ path: String, trusting fingerprints: [String]) throws(ClientError) -> Imported {
        let known = folder.hasNodeKeys ? try folder.nodeKeys() : []
        let bundle = try reading { () throws(BundleError) in
            try BundleFile<ResponseBundleManifest>(path: path) { identifier, manifest in
                known.contains(manifest.key) || fingerprints.contains(identifier) ? manifest.key : nil
            }
        }
        guard bundle.manifest.space == profile.space else {
            throw .refused("the answers are of the space \(bundle.manifest.space), this profile belongs to \(profile.space)", hint: "Name the right profile with --profile DIR.")
        }
        let names = try names(for: bundle.manifest)
        guard names.count == bundle.manifest.answers.count else {
            throw .refused("the file answers \(bundle.manifest.answers.count) requests where \(names.count) were sent", hint: "")
        }
        for (number, answer) in bundle.manifest.answers.enumerated() {
            let body = try reading { () throws(BundleError) in try bundle.bytes(number) }
            let kept = OfflineAnswer(status: answer.status, retryAfter: answer.retryAfter, body: body, at: bundle.manifest.issuedAt)
            if let older = try folder.answer(named: names[number]), older.at > kept.at { continue }
            try folder.keep(kept, named: names[number])
            folder.discard(names[number])
        }
        try followKeys()
        return Imported(count: names.count, at: bundle.manifest.issuedAt, isWelcome: bundle.manifest.request == nil)
    }

    private func names(for manifest: ResponseBundleManifest) throws(ClientError) -> [String] {
        guard let request = manifest.request else {
            return manifest.targets.map { OfflineFolder.name(BundledRequest(method: "GET", target: $0, accept: "")) }
        }
        let path = "\(folder.sent)/\(request).json"
        guard LocalFiles.exists(path) else {
            throw .refused("the file answers a bundle that was not made with this profile", hint: "Name the right profile with --profile DIR.")
        }
        let bytes = try LocalFiles.read(path, maximumCount: 1 << 20)
        let names = (try? JSONValue.parse(bytes))?.arrayValue?.compactMap(\.stringValue)
        guard let names else { throw .file(path: path, reason: "does not name the requests of a bundle") }
        return names
    }

    /// The node says, in an answer that one of its keys has signed, which its keys are now.
    private func followKeys() throws(ClientError) {
        let request = BundledRequest(method: "GET", target: "/api/v1/space", accept: "")
        guard let answer = try folder.answer(named: OfflineFolder.name(request)), answer.status == 200,
            let keys = (try? JSONValue.parse(answer.body))?["nodeKeys"]?.arrayValue?.compactMap({ try? VerificationKey(jwk: JSONCursor($0)) }),
            !keys.isEmpty
        else { return }
        try folder.trust(keys)
    }

    private func reading<Value>(_ body: () throws(BundleError) -> Value) throws(ClientError) -> Value {
        do throws(BundleError) { return try body() } catch { throw .failed(error.description) }
    }
}
