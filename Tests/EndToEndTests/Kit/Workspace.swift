import Encoding
import Foundation
import Glibc
import Synchronization

/// What a program printed, and how it ended.
struct Output: Sendable {
    var status: Int32
    var output: String
    var error: String

    /// Both streams, for looking for a phrase that may stand in either.
    var all: String { output + error }

    func json() throws -> JSONValue { try JSONValue.parse(Array(output.utf8), maximumCount: 64 << 20) }
}

/// A folder of a test's own, in which it starts programs; afterwards nothing of either is left.
final class Workspace: Sendable {
    let folder: String
    private let children = Mutex<[ChildProcess]>([])
    private let counter = Atomic<Int>(0)

    private init() throws {
        var template = Array("\(NSTemporaryDirectory())/hexi-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw ChildProcess.Failure(description: "no temporary folder: \(String(cString: strerror(errno)))")
        }
        folder = URL(fileURLWithPath: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
            .standardizedFileURL.path
    }

    /// Gives a test a workspace, and cleans up after it, whichever way it ends.
    static func with<Result>(_ body: (Workspace) async throws -> Result) async throws -> Result {
        let workspace = try Workspace()
        do {
            let result = try await body(workspace)
            await workspace.cleanUp()
            return result
        } catch {
            await workspace.cleanUp()
            throw error
        }
    }

    private func cleanUp() async {
        for child in children.withLock({ $0 }) where child.poll() == nil {
            child.signal(SIGKILL)
            _ = try? await child.wait(seconds: 5)
        }
        try? FileManager.default.removeItem(atPath: folder)
    }

    func make(folder name: String) async throws {
        try FileManager.default.createDirectory(atPath: path(name), withIntermediateDirectories: true)
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path(name), atomically: true, encoding: .utf8)
    }

    func read(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    /// Starts a program in this folder; its streams go to files there.
    func start(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], streams: String
    ) throws -> ChildProcess {
        var all = ProcessInfo.processInfo.environment
        // What the person who runs the tests has set must not decide how they end.
        for name in ["HEXI_PROFILE", "HEXI_PASSPHRASE", "HEXI_CA_FILE"] { all[name] = nil }
        all["HOME"] = folder
        all["HEXI_DUCKDB"] = BuiltPrograms.duckdb
        all["COLUMNS"] = "200"
        all.merge(environment) { $1 }
        let child = try ChildProcess(
            path: program, arguments: arguments, directory: folder, environment: all,
            output: path("\(streams).out"), error: path("\(streams).err"))
        children.withLock { $0.append(child) }
        return child
    }

    /// Runs a program to its end.
    func run(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], seconds: Double = 120
    ) async throws -> Output {
        let streams = "stream-\(counter.wrappingAdd(1, ordering: .relaxed).newValue)"
        let child = try start(program, arguments, environment: environment, streams: streams)
        let status = try await child.wait(seconds: seconds)
        children.withLock { $0.removeAll { $0 === child } }
        defer { for ending in ["out", "err"] { unlink(path("\(streams).\(ending)")) } }
        return Output(status: status, output: try read("\(streams).out"), error: try read("\(streams).err"))
    }

    /// Runs `hexi`, as somebody whose profile lies in this folder.
    func hexi(_ arguments: [String], profile: String? = nil, seconds: Double = 120) async throws -> Output {
        try await run(
            BuiltPrograms.hexi, arguments, environment: profile.map { ["HEXI_PROFILE": path($0)] } ?? [:], seconds: seconds)
    }

    func audit(_ arguments: [String]) async throws -> Output { try await run(BuiltPrograms.audit, arguments) }

    /// Bytes of what lies in a file of the folder.
    func bytes(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: URL(fileURLWithPath: path(name)))) }

    func write(_ bytes: [UInt8], to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    }
}
