import Encoding
import Storage
import Synchronization

/// Checks the ledger's files for damage, in the background and without haste: once a day everything is read and compared
/// with the journal. What follows from the journal is mended; what is wrong with the journal itself the operator is told.
final class ScrubService: Sendable {
    struct Schedule: Sendable {
        /// 0 leaves the files unchecked.
        var bytesPerSecond = 8 << 20
        /// From the start of one round to that of the next; the first begins a little after the node's start.
        var interval = Duration.seconds(86_400)
        var firstRound = Duration.seconds(60)
        /// More findings of one round than these are counted, but not logged one by one.
        var loggedFindings = 50
    }

    /// What has come of it since the node's start.
    struct Status: Sendable, Hashable {
        var rounds = 0
        /// Wrong things found, mended ones included.
        var findings = 0
        /// Wrong things that the last round left.
        var unmended = 0
        var lastFinished: Timestamp?

        /// For the operator, if there is something to do.
        var warning: String? {
            guard unmended > 0 else { return nil }
            return "\(unmended) \(unmended == 1 ? "thing is" : "things are") wrong in the ledger's folder and cannot be made anew; the log says what"
        }
    }

    private let ledger: Ledger
    private let log: StructuredLog
    private let schedule: Schedule
    private let state = Mutex(Status())
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let isStopping = Atomic(false)

    var status: Status { state.withLock { $0 } }

    init(_ ledger: Ledger, log: StructuredLog, schedule: Schedule = Schedule()) {
        (self.ledger, self.log, self.schedule) = (ledger, log, schedule)
    }

    func start() {
        guard schedule.bytesPerSecond > 0 else { return }
        task.withLock { $0 = Task { await self.run() } }
    }

    /// Returns when nothing reads the ledger for this any more.
    func stop() async {
        isStopping.store(true, ordering: .releasing)
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    private func run() async {
        var due = ContinuousClock.now + schedule.firstRound
        while true {
            do { try await Task.sleep(until: due, clock: .continuous) } catch { return }
            due = ContinuousClock.now + schedule.interval
            await scrub()
            if isStopping.load(ordering: .acquiring) { return }
        }
    }

    /// One round.
    func scrub() async {
        let (ledger, log, logged) = (ledger, log, schedule.loggedFindings)
        do {
            let report = try await BlockingWork.run { [self] in
                var count = 0
                return try ledger.scrub(
                    bytesPerSecond: schedule.bytesPerSecond, isCancelled: { self.isStopping.load(ordering: .acquiring) }
                ) { finding in
                    count += 1
                    guard count <= logged else { return }
                    log.write(.error, "the ledger's folder holds something wrong", ["file": .string(finding.file), "reason": .string(finding.reason)])
                }
            }
            record(report)
        } catch {
            log.write(.error, "the ledger's files could not be checked", ["reason": .string("\(error)")])
        }
    }

    private func record(_ report: ScrubReport) {
        // A round that the node's end cut short says little.
        if isStopping.load(ordering: .acquiring) { return }
        state.withLock { state in
            state.rounds += 1
            state.findings += report.findings
            state.unmended = report.remaining
            state.lastFinished = Clock.now()
        }
        log.write(
            report.findings == 0 ? .info : .warning, "the ledger's files were checked",
            [
                "entries": .integer(Int64(clamping: report.entries)), "bytes": .integer(Int64(clamping: report.bytes)),
                "findings": .integer(Int64(report.findings)), "mended": .integer(Int64(report.mended)),
            ])
    }
}

extension ScrubService.Schedule {
    init(_ configuration: NodeConfiguration) {
        self.init()
        bytesPerSecond = configuration.scrubBytesPerSecond
        interval = .seconds(3600 * configuration.scrubHours)
    }
}
