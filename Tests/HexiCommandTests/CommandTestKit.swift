import CommandLineInterface
import Encoding
import Exchange
import Glibc
import HTTPTransport
import Signing
import Synchronization

@testable import hexi

/// A node in a script: answers requests by a closure and keeps what it was sent.
final class ScriptedNode: NodeTransport {
    typealias Script = @Sendable (HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse

    private let script: Script
    private let received = Mutex<[HTTPClientRequest]>([])

    init(_ script: @escaping Script) { self.script = script }

    var requests: [HTTPClientRequest] { received.withLock { $0 } }

    func send(_ request: HTTPClientRequest) async throws(HTTPClientError) -> HTTPClientResponse {
        received.withLock { $0.append(request) }
        return try script(request)
    }

    static func json(_ status: Int, _ document: JSONValue, headers: HTTPHeaders = [:]) -> HTTPClientResponse {
        HTTPClientResponse(status: status, headers: headers, body: document.serialized())
    }

    static func problem(_ code: String, _ status: Int, _ extensions: JSONObject = [:], headers: HTTPHeaders = [:]) -> HTTPClientResponse {
        json(
            status,
            Problem(code: code, status: status, title: "Refused", detail: "for a test", extensions: extensions).json,
            headers: headers)
    }

    static let space: JSONValue = ["prefix": "86.gs.test", "currency": "CNY"]
}

extension HTTPClientRequest {
    /// The request's target without scheme and host.
    var target: String { String(url.dropFirst("http://127.0.0.1:8620".count)) }
    var bytes: [UInt8] { if case .bytes(let bytes) = body { bytes } else { [] } }
    /// The statement that the request hands in.
    var statement: JSONValue { ((try? JSONValue.parse(bytes)) ?? .null)["statement"] ?? .null }
}

/// A fresh folder that goes with the test.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("/tmp/hexi-command-tests-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nowhere"
    }

    deinit { Self.remove(path) }

    private static func remove(_ path: String) {
        for name in LocalFiles.names(in: path) {
            if unlink("\(path)/\(name)") != 0 { remove("\(path)/\(name)") }
        }
        rmdir(path)
    }
}

/// A profile with a key, a scripted node, and a console that keeps what is printed.
final class CommandBench {
    let folder = TemporaryFolder()
    let node: ScriptedNode
    let key: SigningKey
    let participant: Identifier
    private let printed = Recorder()
    static let now = Timestamp(milliseconds: 1_795_249_800_000)

    final class Recorder: Sendable {
        let texts = Mutex<(output: String, error: String)>(("", ""))
    }

    init(answers: Bool = true, _ script: @escaping ScriptedNode.Script) throws {
        node = ScriptedNode(script)
        key = try SigningKey(seed: [UInt8](repeating: 7, count: 32))
        participant = Identifier(kind: .participant, prefix: "86.gs.test", payload: [1])
        isConfirming = answers
        try Profile(
            directory: folder.path, node: "http://127.0.0.1:8620", space: "86.gs.test", name: "Insurer", participant: participant
        ).save()
        try KeyFile.write(key, to: Profile.keyPath(in: folder.path), passphrase: nil)
    }

    private let isConfirming: Bool

    var environment: CommandEnvironment {
        let (printed, node, isConfirming) = (printed, node, isConfirming)
        return CommandEnvironment(
            console: Console { stream, text in
                printed.texts.withLock { if stream == .output { $0.output += text } else { $0.error += text } }
            },
            makeTransport: { node }, time: TimeSource { Self.now }, pause: { _ in }, confirm: { _ in isConfirming })
    }

    /// Runs a command line in the bench's profile.
    func run(_ words: String...) async -> ExitCode {
        await HexiProgram.program(environment).run(words + ["--profile", folder.path])
    }

    var output: String { printed.texts.withLock { $0.output } }
    var error: String { printed.texts.withLock { $0.error } }

    func sender(_ node: ScriptedNode) throws -> StatementSender {
        let profile = try Profile(directory: folder.path)
        let client = try NodeClient(node: profile.node, key: key, transport: node, time: TimeSource { Self.now })
        return StatementSender(
            profile: profile, key: key, client: client, time: TimeSource { Self.now }, note: { _ in }, pause: { _ in })
    }
}

func identifier(_ kind: IdentifierKind, _ number: UInt8) -> Identifier {
    Identifier(kind: kind, prefix: "86.gs.test", payload: [number])
}
