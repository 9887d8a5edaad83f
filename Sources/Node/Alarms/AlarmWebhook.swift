import Encoding
import Exchange
import HTTPTransport
import Signing
import Storage
import Synchronization

/// Sends each alarm on the ledger to one address, in order, signed with the node's key (RFC 9421), until it is taken.
///
/// How far it has come is kept in a file, so that an alarm raised while the other side was away is sent later. An alarm may
/// come twice, when the answer to the first time was lost: its `seq` tells.
final class AlarmWebhook: Sendable {
    /// Of a receiver that does not answer, in milliseconds.
    struct Pauses: Sendable {
        var first: Int64 = 1000
        var longest: Int64 = 300_000
    }

    private let url: String
    private let services: AlarmContext
    private let path: String
    private let client: HTTPClient
    private let pauses: Pauses
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let task = Mutex<Task<Void, Never>?>(nil)

    private static let secondsToAnswer = 10.0

    init(url: String, _ services: AlarmContext, home: NodeHome, pauses: Pauses = Pauses()) {
        self.url = url
        self.services = services
        self.pauses = pauses
        path = "\(home.directory)/alarms-sent"
        client = HTTPClient()
        (wakes, waker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func start() {
        // The first time, what was raised before is not sent: nobody had asked for it.
        if (try? PrivateFile.read(path, maximumCount: 64)) == nil { keep(services.ledger.size) }
        wake()
        task.withLock { $0 = Task { await run() } }
    }

    func wake() { waker.yield() }

    func stop() async {
        waker.finish()
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    private func run() async {
        for await _ in wakes {
            var pause = pauses.first
            while !Task.isCancelled {
                do {
                    if try await sendNext() { pause = pauses.first } else { break }
                } catch {
                    services.log.write(
                        .warning, "an alarm could not be sent; it is tried again", ["to": .string(url), "reason": .string("\(error)")])
                    try? await Task.sleep(for: .milliseconds(pause))
                    pause = min(pause * 2, pauses.longest)
                }
            }
        }
    }

    private struct NotTaken: Error, CustomStringConvertible {
        var description: String
    }

    /// Sends the earliest alarm that has not been sent; false where there is none.
    private func sendNext() async throws -> Bool {
        guard let alarm = try next() else { return false }
        let body = AlarmRoutes.view(alarm).serialized()
        let target = HTTPTarget(url)
        var request = HTTPClientRequest(
            method: "POST", url: url,
            headers: ["Content-Type": "application/json", "Content-Digest": ContentDigest.make(for: body)], body: .bytes(body),
            timeoutSeconds: Self.secondsToAnswer, maximumResponseBytes: 64 << 10)
        guard let space = await services.sequencer.read({ $0.space }) else { return false }
        let fields = try HTTPMessageSignature.sign(
            HTTPMessageComponents(
                method: "POST", authority: target.authority, target: target.path, hasContent: true,
                fields: request.headers.fields.map { ($0.name, $0.value) }),
            key: try services.nodeKeys.signer(for: space.nodeKeys), created: Clock.now().milliseconds / 1000)
        request.headers["Signature-Input"] = fields.signatureInput
        request.headers["Signature"] = fields.signature
        let answer = try await client.send(request)
        guard (200..<300).contains(answer.status) else { throw NotTaken(description: "the answer was \(answer.status)") }
        keep(alarm.seq + 1)
        return true
    }

    private func next() throws -> AlarmRecord? {
        let text = String(decoding: try PrivateFile.read(path, maximumCount: 64), as: UTF8.self)
        guard let start = UInt64(text.filter { $0 != "\n" }) else { throw NotTaken(description: "\(path) holds no number") }
        return try services.index.firstAlarm(from: start)
    }

    private func keep(_ next: UInt64) {
        do { try DurableFile().replace(path, with: Array("\(next)\n".utf8)) } catch {
            services.log.write(.warning, "which alarms were sent could not be kept", ["reason": .string("\(error)")])
        }
    }
}

/// The parts of an address that a signature covers.
private struct HTTPTarget {
    var authority: String
    var path: String

    init(_ url: String) {
        let rest = url.drop { $0 != "/" }.dropFirst(2)
        authority = String(rest.prefix { $0 != "/" && $0 != "?" })
        let path = rest.dropFirst(authority.count)
        self.path = path.isEmpty ? "/" : path.hasPrefix("?") ? "/\(path)" : String(path)
    }
}
