import Encoding
import Exchange
import Foundation
import Glibc
import HTTPTransport
import Signing

/// Measures a catalogue of many products: import, memory, search in two languages, resolution, and the start with it.
///
/// The node and its client share the process. Listings are signed and sent in batches, as `hexi catalogue import` does.
public struct CatalogueBenchmark: Sendable {
    /// A folder on the disk to measure; the node's home is made in it and removed.
    public var directory: String
    public var products = 100_000
    /// How many searches of each kind, and resolutions, are timed.
    public var requests = 2_000
    /// Told how many products have been listed.
    public var progress: @Sendable (Int) -> Void = { _ in }

    public init(directory: String) { self.directory = directory }

    /// Times in milliseconds.
    public struct Spread: Sendable {
        public let median: Double
        public let percentile99: Double

        init(_ times: [Double]) {
            let sorted = times.sorted()
            func at(_ share: Double) -> Double { sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))] }
            (median, percentile99) = (at(0.5), at(0.99))
        }
    }

    public struct Report: Sendable {
        public let products: Int
        public let importSeconds: Double
        /// Ed25519 verifications alone, on all processors, in a second: each listing needs one.
        public let verificationBound: Double
        /// Resident memory of the process, in bytes: before the import, after it, and of the state's snapshot file.
        public let memoryBefore: Int
        public let memoryAfter: Int
        public let stateSnapshotBytes: Int
        public let indexBytes: Int
        /// The next start, without and with a snapshot of the state.
        public let startSeconds: Double
        public let chinese: Spread
        public let english: Spread
        /// With counts by every facet.
        public let facets: Spread
        /// The index alone, without HTTP, for the same searches in both languages.
        public let indexAlone: Spread
        public let resolution: Spread
        /// A read of the checkpoint in the same manner: what HTTP costs here.
        public let httpAlone: Spread
    }

    public func run() async throws -> Report {
        var home = try await NodeHome.initialise(directory: "\(directory)/node", prefix: "bench.hexi", name: ["en": "Benchmark"])
        defer { try? FileManager.default.removeItem(atPath: "\(directory)/node") }
        home.configuration.port = 0
        let before = Self.residentBytes()
        let bound = await NodeBenchmark.verifications(seconds: 1)
        let (seconds, identifiers) = try await Self.serving(home) { node in try await list(node) }
        let memory = Self.residentBytes()
        let start = ContinuousClock.now
        return try await Self.serving(home) { node in
            let startSeconds = (ContinuousClock.now - start) / .seconds(1)
            let client = HTTPClient()
            let base = "http://127.0.0.1:\(node.port ?? 0)"
            func timed(_ targets: [String]) async throws -> Spread { try await Self.time(client, base, targets) }
            let (chinese, english) = (CatalogueBenchmarkTexts.chineseQueries, CatalogueBenchmarkTexts.englishQueries)
            // Once each beforehand, so that files are in memory.
            _ = try await timed((chinese + english).map { Self.search($0) })
            let resolved = (0..<requests).map { "/id/\(identifiers[$0 * 7919 % max(1, identifiers.count)])" }
            return Report(
                products: identifiers.count, importSeconds: seconds, verificationBound: bound, memoryBefore: before,
                memoryAfter: memory, stateSnapshotBytes: Self.size("\(home.ledgerDirectory)/state-snapshot"),
                indexBytes: Self.size(home.indexPath), startSeconds: startSeconds,
                chinese: try await timed(repeated(chinese).map { Self.search($0) }),
                english: try await timed(repeated(english).map { Self.search($0) }),
                facets: try await timed(repeated(chinese + english).map { Self.search($0) + "&facets=all" }),
                indexAlone: try Self.timeIndex(node, repeated(chinese + english)), resolution: try await timed(resolved),
                httpAlone: try await timed(Array(repeating: "/ledger/checkpoint", count: requests)))
        }
    }

    private func repeated(_ texts: [String]) -> [String] { (0..<requests).map { texts[$0 % texts.count] } }

    private static func search(_ text: String) -> String { "/api/v1/products?limit=20&q=\(text.percentEncoded)" }

    /// Runs the body on a node that serves, and stops it.
    private static func serving<Value: Sendable>(
        _ home: NodeHome, _ body: (NodeServer) async throws -> Value
    ) async throws -> Value {
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(nowhere) }
        let node = try NodeServer(home: home, log: StructuredLog(isOn: nowhere >= 0, descriptor: nowhere))
        try node.start()
        do {
            let value = try await body(node)
            await node.stop()
            return value
        } catch {
            await node.stop()
            throw error
        }
    }

    private static func time(_ client: HTTPClient, _ base: String, _ targets: [String]) async throws -> Spread {
        var times: [Double] = []
        for target in targets {
            let start = ContinuousClock.now
            let answer = try await client.send(HTTPClientRequest(method: "GET", url: base + target, headers: ["Accept": "application/json"]))
            times.append((ContinuousClock.now - start) / .milliseconds(1))
            guard answer.status == 200 else { throw NodeError.ledgerUnavailable(reason: "\(target) was answered with \(answer.status)") }
        }
        return Spread(times)
    }

    private static func timeIndex(_ node: NodeServer, _ texts: [String]) throws -> Spread {
        var times: [Double] = []
        for text in texts {
            let start = ContinuousClock.now
            _ = try node.services.index.search(.init(text: text, limit: 20))
            times.append((ContinuousClock.now - start) / .milliseconds(1))
        }
        return Spread(times)
    }

    private static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Resident memory of this process, from the kernel's account of it.
    static func residentBytes() -> Int {
        guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else { return 0 }
        let pages = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    // MARK: Import

    private static let batchCount = 200
    private static let batchesUnderWay = 4

    private func list(_ node: NodeServer) async throws -> (seconds: Double, identifiers: [String]) {
        let sender = try await BenchmarkProvider(node)
        let start = ContinuousClock.now
        var identifiers: [String] = []
        identifiers.reserveCapacity(products)
        try await withThrowingTaskGroup(of: [String].self) { group in
            var next = 0
            func add() {
                guard next < products else { return }
                let range = next..<min(next + Self.batchCount, products)
                next = range.upperBound
                group.addTask { try await sender.list(range) }
            }
            for _ in 0..<Self.batchesUnderWay { add() }
            while let done = try await group.next() {
                identifiers += done
                progress(identifiers.count)
                add()
            }
        }
        return ((ContinuousClock.now - start) / .seconds(1), identifiers)
    }
}
