import Encoding
import Foundation
import Glibc
import Signing
import Synchronization
import TransparencyLog

/// Measures the ledger beside what bounds it, so that the ratio means the same on any machine.
public struct LedgerBenchmark: Sendable {
    /// A folder on the disk to measure; sub-folders are made in it and removed.
    public var directory: String
    /// Entries of each raw measurement.
    public var entries = 1_000_000
    /// The length of an entry in bytes, at least 128.
    public var entryLength = 300
    /// Tasks that append and wait, each for its own entry.
    public var writers = 2048
    /// Signed statements of the last measurement.
    public var statements = 40_000

    public init(directory: String) { self.directory = directory }

    /// One measured way of appending.
    public struct Rate: Sendable {
        /// Entries in a second.
        public let perSecond: Double
        /// Time from the call until the entry was durable, in milliseconds.
        public let median: Double
        public let percentile99: Double
        /// The largest resident memory of the process meanwhile, in bytes.
        public let peakMemory: Int
        /// Entries whose tiles were not written as files yet when the last append was durable, and how long that took then.
        public let untiledEntries: UInt64
        public let tilingSeconds: Double
    }

    public struct Report: Sendable {
        /// Leaf and node hashing alone, on one core: entries in a second.
        public let hashingPerSecond: Double
        /// The same bytes in frames of the ledger's size, written and synchronised by nothing but `pwrite` and `fdatasync`.
        public let diskPerSecond: Double
        /// Each task appends one entry and waits for it.
        public let waiting: Rate
        /// A few tasks append 64 entries at a time.
        public let batched: Rate
        /// Ed25519 verification alone, on all cores.
        public let verificationPerSecond: Double
        /// Verification and then a durable append of the statement.
        public let statements: Rate
        /// Seconds to open the ledger of the batched measurement without a snapshot, and with one.
        public let openingSeconds: Double
        public let openingFromSnapshotSeconds: Double

        /// What of verification's own rate is left when each statement is made durable too.
        public var statementRatio: Double { statements.perSecond / verificationPerSecond }
        /// What of the slower yardstick's rate the raw append reaches.
        public var rawRatio: Double { batched.perSecond / min(hashingPerSecond, diskPerSecond) }
    }

    /// Runs all measurements, which takes some ten seconds.
    public func run() async throws -> Report {
        let hashing = hashingYardstick()
        let disk = try diskYardstick()
        let waiting = try await measure("waiting") { ledger in try await append(to: ledger, tasks: writers, each: 1) }
        var opening = (0.0, 0.0)
        let batched = try await measure("batched") { ledger in
            try await append(to: ledger, tasks: 48, each: 64)
        } afterwards: { opening = try timeOpening($0) }
        let (verification, signed) = try await statementMeasurement()
        return Report(
            hashingPerSecond: hashing, diskPerSecond: disk, waiting: waiting, batched: batched,
            verificationPerSecond: verification, statements: signed, openingSeconds: opening.0,
            openingFromSnapshotSeconds: opening.1)
    }

    // MARK: Yardsticks

    private func hashingYardstick() -> Double {
        let entry = [UInt8](repeating: 0x61, count: entryLength)
        var frontier = MerkleFrontier()
        let start = monotonicNanoseconds()
        for _ in 0..<entries { frontier.append(MerkleTree.leafHash(entry)) }
        return Self.rate(entries, since: start)
    }

    private func diskYardstick() throws -> Double {
        let path = directory + "/yardstick"
        defer { unlink(path) }
        let file = try LedgerFile(path, flags: O_RDWR | O_CREAT | O_TRUNC)
        let frame = [UInt8](repeating: 0x61, count: OpenFrame.targetLength)
        let total = entries * (entryLength + 2)
        let start = monotonicNanoseconds()
        for offset in stride(from: 0, to: total, by: frame.count) {
            try file.write(frame, at: UInt64(offset))
            try file.synchronize()
        }
        return Self.rate(entries, since: start)
    }

    // MARK: Appending

    private static func opening(_ directory: String) throws -> LedgerOpening {
        LedgerOpening(
            directory: directory,
            signer: try NoteSigner(name: "benchmark.example/ledger", key: SigningKey.generate()),
            snapshotKey: [UInt8](repeating: 0, count: SnapshotFile.keyLength), log: { _ in })
    }

    /// Measures on a new ledger. `body` returns how many entries it appended and how long each append took, in nanoseconds.
    private func measure(
        _ name: String, _ body: (Ledger) async throws -> (entries: Int, latencies: [UInt64]),
        afterwards: (LedgerOpening) throws -> Void = { _ in }
    ) async throws -> Rate {
        let folder = directory + "/" + name
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let opening = try Self.opening(folder)
        let ledger = try Ledger(opening, .new)
        Self.forgetPeakMemory()
        let start = monotonicNanoseconds()
        let (count, latencies) = try await body(ledger)
        let perSecond = Self.rate(count, since: start)
        let peak = Self.peakMemory()
        let untiled = ledger.size - ledger.tiledSize
        let tiling = await Self.secondsUntilTiled(ledger)
        ledger.close()
        try afterwards(opening)
        let sorted = latencies.sorted()
        func percentile(_ part: Int) -> Double {
            sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, sorted.count * part / 100)]) / 1e6
        }
        return Rate(perSecond: perSecond, median: percentile(50), percentile99: percentile(99), peakMemory: peak,
            untiledEntries: untiled, tilingSeconds: tiling)
    }

    /// Waits until all full tiles are written, for a minute at most.
    private static func secondsUntilTiled(_ ledger: Ledger) async -> Double {
        let start = monotonicNanoseconds()
        func seconds() -> Double { Double(monotonicNanoseconds() - start) / 1e9 }
        while ledger.size - ledger.tiledSize >= UInt64(Tile.fullWidth), seconds() < 60 {
            try? await Task.sleep(for: .milliseconds(2))
        }
        return seconds()
    }

    private func append(
        to ledger: Ledger, tasks: Int, each: Int
    ) async throws -> (entries: Int, latencies: [UInt64]) {
        let drafts = [EntryDraft](repeating: draft(), count: each)
        let rounds = max(1, entries / tasks / each)
        let latencies = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<tasks {
                group.addTask {
                    var latencies: [UInt64] = []
                    latencies.reserveCapacity(rounds)
                    for _ in 0..<rounds {
                        let start = monotonicNanoseconds()
                        _ = try await ledger.append(drafts)
                        latencies.append(monotonicNanoseconds() - start)
                    }
                    return latencies
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        return (rounds * tasks * each, latencies)
    }

    private func draft() -> EntryDraft {
        let time = Timestamp(milliseconds: 1_795_248_000_000)
        let start = #""time":"\#(time)","type":"benchmark","body":""#
        let padding = max(0, entryLength - ChainedEntry.headLength(sequence: 100_000) - start.utf8.count - 2)
        return EntryDraft(
            time: time, content: Array((start + String(repeating: "x", count: padding) + "\"}").utf8))
    }

    private func timeOpening(_ opening: LedgerOpening) throws -> (Double, Double) {
        func open() throws -> (Ledger, Double) {
            let start = monotonicNanoseconds()
            let ledger = try Ledger(opening, .existing)
            return (ledger, Double(monotonicNanoseconds() - start) / 1e9)
        }
        let (ledger, plain) = try open()
        try ledger.writeSnapshot([1], size: ledger.size, root: ledger.root)
        ledger.close()
        let (again, quick) = try open()
        again.close()
        return (plain, quick)
    }

    // MARK: Signed statements

    private func statementMeasurement() async throws -> (verification: Double, statements: Rate) {
        let key = SigningKey.generate()
        let content = draft().content
        let signature = key.sign(content)
        let verifier = key.verificationKey
        let cores = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        let perCore = statements / cores
        let start = monotonicNanoseconds()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<cores {
                group.addTask { for _ in 0..<perCore { _ = verifier.isValid(signature: signature, for: content) } }
            }
        }
        let verification = Self.rate(perCore * cores, since: start)
        let (tasks, time) = (256, Timestamp(milliseconds: 0))
        let rounds = max(1, statements / tasks)
        let rate = try await measure("statements") { ledger in
            let latencies = try await withThrowingTaskGroup(of: [UInt64].self) { group in
                for _ in 0..<tasks {
                    group.addTask {
                        var latencies: [UInt64] = []
                        for _ in 0..<rounds where verifier.isValid(signature: signature, for: content) {
                            let start = monotonicNanoseconds()
                            _ = try await ledger.append([EntryDraft(time: time, content: content)])
                            latencies.append(monotonicNanoseconds() - start)
                        }
                        return latencies
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            return (latencies.count, latencies)
        }
        return (verification, rate)
    }

    // MARK: The process

    private static func rate(_ count: Int, since start: UInt64) -> Double {
        Double(count) * 1e9 / Double(max(1, monotonicNanoseconds() - start))
    }

    /// Makes the kernel forget the largest resident memory so far (proc(5), `clear_refs`).
    private static func forgetPeakMemory() {
        if let file = try? LedgerFile("/proc/self/clear_refs", flags: O_WRONLY) { try? file.write(Array("5".utf8), at: 0) }
    }

    /// The largest resident memory, in bytes (proc(5), `VmHWM`).
    private static func peakMemory() -> Int {
        guard let file = try? LedgerFile("/proc/self/status", flags: O_RDONLY),
            let bytes = try? file.read(1 << 14, at: 0)
        else { return 0 }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix("VmHWM:") }) else { return 0 }
        return (Int(line.filter(\.isNumber)) ?? 0) * 1024
    }
}
