import Encoding
import Exchange
import Foundation
import Glibc
import HTTPTransport
import Signing
import Storage
import TransparencyLog

/// Measures a node end to end, over the loopback network, beside what bounds it.
///
/// The node and the load share the process and the processors. What is written is the operator's approval of an
/// applicant: the request is signed over HTTP and holds a signed statement, so each write verifies two signatures, asks
/// the rules, and is durable before it is answered. Everything is signed before the clock starts.
public struct NodeBenchmark: Sendable {
    /// A folder on the disk to measure; the node's home is made in it and removed.
    public var directory: String
    /// Connections kept open, each with one request under way. Fewer than 128: a thread of libmicrohttpd 0.9.75 that
    /// takes exactly 128 events at once waits for a further one before it looks at them, so that 128 connections with
    /// nobody else about can come to a standstill.
    public var connections = 96
    /// How long each measurement lasts, in seconds.
    public var seconds = 3.0

    public init(directory: String) { self.directory = directory }

    /// One measured load.
    public struct Load: Sendable {
        /// Answers in a second.
        public let perSecond: Double
        /// From when a request was due until its answer was complete, in milliseconds.
        public let median: Double
        public let percentile99: Double
        /// Processor time of the whole process for each answer, the load generator's share included, in milliseconds.
        /// Unlike the rate it hardly changes when other programs work on the machine.
        public let processorTime: Double
        /// Answers that were no success, and connections that broke: not 0 means that the measurement is worth nothing.
        public let failures: Int
    }

    public struct Report: Sendable {
        /// As many writes as the connections allow.
        public let writes: Load
        /// Writes at half that rate, evenly spaced.
        public let halfLoad: Load
        /// Reads of the checkpoint, as many as the connections allow.
        public let reads: Load
        /// Reads of full tiles of hashes, one after the other, as many as the connections allow.
        public let tileReads: Load
        /// Ed25519 verifications alone, on all processors, halved: each write needs two.
        public let verificationBound: Double
        /// Processor time of two Ed25519 verifications, in milliseconds.
        public let verificationTime: Double
        /// Answers of libmicrohttpd alone to the same load as the reads, of the same length.
        public let staticReads: Load
        /// The same, of the length of a tile.
        public let staticTileReads: Load

        /// What of the verifications' own rate is left when each write is decided, durable and answered too.
        public var writeRatio: Double { writes.perSecond / verificationBound }
        public var readRatio: Double { reads.perSecond / staticReads.perSecond }
        public var tileRatio: Double { tileReads.perSecond / staticTileReads.perSecond }
    }

    /// Runs all measurements.
    public func signedWrites() async throws -> Report {
        let before = Clock.processorMilliseconds()
        let bound = await verificationBound()
        let verificationTime = (Clock.processorMilliseconds() - before) / max(1, bound * Self.yardstickSeconds)
        let home = try await NodeHome.initialise(
            directory: "\(directory)/node", prefix: "bench.hexi", name: ["en": "Benchmark"])
        defer { Self.remove("\(directory)/node") }
        // The log's lines are written, to nowhere.
        let nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { close(nowhere) }
        let node = try Self.start(home, StructuredLog(isOn: nowhere >= 0, descriptor: nowhere))
        do {
            let report = try await measure(node, bound, verificationTime)
            await node.stop()
            return report
        } catch {
            await node.stop()
            throw error
        }
    }

    private static func start(_ home: NodeHome, _ log: StructuredLog) throws -> NodeServer {
        var home = home
        home.configuration.port = 0
        home.configuration.waitingApplications = 100_000_000
        let node = try NodeServer(home: home, log: log)
        try node.start()
        return node
    }

    private func measure(_ node: NodeServer, _ bound: Double, _ verificationTime: Double) async throws -> Report {
        let requests = try BenchmarkRequests(node)
        // A short run first: it warms up, and tells how many requests have to be ready.
        let warmUp = min(0.5, seconds / 3)
        let first = try await write(node, requests, count: Int(bound * warmUp * 1.5) + connections, seconds: warmUp)
        let expected = max(first.perSecond, 100) * seconds
        let writes = try await write(node, requests, count: Int(expected * 1.6) + connections, seconds: seconds)
        let half = try await write(
            node, requests, count: Int(writes.perSecond / 2 * seconds * 1.1) + connections, seconds: seconds,
            rate: writes.perSecond / 2)
        let port = node.port ?? 0
        let reads = try await read(port, "/ledger/checkpoint")
        let yardstick = try HTTPYardstickServer(body: node.services.ledger.checkpoint())
        // Without this it may be released, and so stopped, as soon as its port has been read.
        defer { withExtendedLifetime(yardstick) {} }
        let staticReads = try await read(yardstick.port, "/")
        let (tiles, staticTiles) = try await readTiles(node)
        return Report(
            writes: writes, halfLoad: half, reads: reads, tileReads: tiles, verificationBound: bound,
            verificationTime: verificationTime, staticReads: staticReads, staticTileReads: staticTiles)
    }

    private func readTiles(_ node: NodeServer) async throws -> (tiles: Load, yardstick: Load) {
        let ledger = node.services.ledger
        // The writes have just ended; the last tiles are on their way.
        for _ in 0..<1000 where ledger.tiledSize < ledger.size / UInt64(Tile.fullWidth) * UInt64(Tile.fullWidth) {
            try await Task.sleep(for: .milliseconds(10))
        }
        // After very few writes there is only a partial tile, which is computed for every answer.
        let count = max(1, Tile.fullCount(of: .hashes(level: 0), treeSize: ledger.tiledSize))
        let tiles = (0..<count).compactMap { Tile(.hashes(level: 0), index: $0, treeSize: ledger.size) }
        guard let first = tiles.first else { throw NodeError.ledgerUnavailable(reason: "it has no entries to be read") }
        let requests = tiles.map { Array("GET /ledger/\($0) HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8) }
        var plan = HTTPBenchmarkPlan(port: node.port ?? 0) { requests[$0 % requests.count] }
        plan.connections = connections
        plan.seconds = seconds
        let load = try await Self.load(plan)
        let yardstick = try HTTPYardstickServer(body: try ledger.tile(first))
        let bound = try await read(yardstick.port, "/")
        return withExtendedLifetime(yardstick) { (load, bound) }
    }

    private func write(
        _ node: NodeServer, _ requests: BenchmarkRequests, count: Int, seconds: Double, rate: Double? = nil
    ) async throws -> Load {
        let prepared = try await requests.prepare(count)
        // Should they not suffice, because the first run was slowed by something, the measurement ends early.
        var plan = HTTPBenchmarkPlan(port: node.port ?? 0) { $0 < prepared.count ? prepared[$0] : nil }
        plan.connections = connections
        plan.seconds = seconds
        plan.requestsPerSecond = rate
        return try await Self.load(plan)
    }

    private func read(_ port: UInt16, _ path: String) async throws -> Load {
        var plan = HTTPBenchmarkPlan(port: port, path: path)
        plan.connections = connections
        plan.seconds = seconds
        return try await Self.load(plan)
    }

    private static func load(_ plan: HTTPBenchmarkPlan) async throws -> Load {
        let before = Clock.processorMilliseconds()
        let report = try await HTTPBenchmark.run(plan)
        let spent = Clock.processorMilliseconds() - before
        return Load(
            perSecond: report.requestsPerSecond, median: report.p50Milliseconds, percentile99: report.p99Milliseconds,
            processorTime: spent / Double(max(1, report.succeeded + report.refused)),
            failures: report.refused + report.broken)
    }

    // MARK: The yardstick of writes

    private static let yardstickSeconds = 1.0

    private func verificationBound() async -> Double { await Self.verifications(seconds: Self.yardstickSeconds) / 2 }

    /// Ed25519 verifications alone, on all processors, in a second.
    static func verifications(seconds: Double) async -> Double {
        let key = SigningKey.generate()
        let (message, processors) = ([UInt8](repeating: 0x61, count: 400), max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        let (signature, verifier) = (key.sign(message), key.verificationKey)
        let milliseconds = Int64(seconds * 1000)
        let count = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<processors {
                group.addTask {
                    let end = Clock.monotonicMilliseconds() + milliseconds
                    var count = 0
                    while Clock.monotonicMilliseconds() < end, verifier.isValid(signature: signature, for: message) { count += 1 }
                    return count
                }
            }
            return await group.reduce(0, +)
        }
        return Double(count) * 1000 / Double(max(1, milliseconds))
    }

    /// The benchmark's own home and what is in it.
    private static func remove(_ directory: String) {
        try? FileManager.default.removeItem(atPath: directory)
    }
}
