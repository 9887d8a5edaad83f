import Encoding
import Exchange
import Synchronization

/// What a node does on its own while it serves: leaves snapshots of the state, so that a start after a crash is quick,
/// and destroys the results whose time is over.
final class Housekeeping: Sendable {
    struct Schedule: Sendable {
        /// How often it looks at whether there is something to do.
        var tick = Duration.seconds(5)
        /// After so many milliseconds a snapshot is due if anything has been recorded; before `snapshotPause` none is, since
        /// it writes the whole state; between the two, after so many entries.
        var snapshotInterval: Int64 = 600_000
        var snapshotPause: Int64 = 60_000
        var snapshotEntries: UInt64 = 50_000
        var purgeInterval: Int64 = 3_600_000
    }

    private let services: NodeServices
    private let schedule: Schedule
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let lastSnapshot: Mutex<(size: UInt64, time: Int64)>

    private let bundles: BundleService

    init(_ services: NodeServices, bundles: BundleService, schedule: Schedule = Schedule()) {
        self.bundles = bundles
        self.services = services
        self.schedule = schedule
        lastSnapshot = Mutex((services.snapshotSize, Clock.monotonicMilliseconds()))
    }

    func start() {
        task.withLock { $0 = Task { await self.run() } }
    }

    func stop() async {
        let task = task.withLock { $0 }
        task?.cancel()
        await task?.value
    }

    private func run() async {
        await purgeOrphans()
        var lastPurge: Int64?
        while !Task.isCancelled {
            let now = Clock.monotonicMilliseconds()
            if lastPurge.map({ now - $0 >= schedule.purgeInterval }) ?? true {
                await purge(at: Clock.now())
                await bundles.purge(at: Clock.now())
                services.alarms.clean(at: Clock.now())
                lastPurge = now
            }
            if isSnapshotDue(now) { await leaveSnapshot() }
            try? await Task.sleep(for: schedule.tick)
        }
    }

    private func isSnapshotDue(_ now: Int64) -> Bool {
        let last = lastSnapshot.withLock { $0 }
        let (size, age) = (services.ledger.size, now - last.time)
        guard size > last.size, age >= schedule.snapshotPause else { return false }
        return size - last.size >= schedule.snapshotEntries || age >= schedule.snapshotInterval
    }

    /// Leaves a snapshot of the state as of now, and moves the index's position up to here.
    func leaveSnapshot() async {
        let state = await services.sequencer.read { $0 }
        await services.sequencer.markIndex()
        do {
            try await BlockingWork.run { [ledger = services.ledger] in try StateLoader.save(state, to: ledger) }
        } catch {
            services.log.write(
                .warning, "no snapshot of the state was left; the next start reads more of the ledger",
                ["reason": .string("\(error)")])
        }
        lastSnapshot.withLock { $0 = (state.size, Clock.monotonicMilliseconds()) }
    }

    /// Destroys results whose time is over, and forgets subjects without a consent; false if it did not work.
    @discardableResult
    func purge(at time: Timestamp) async -> Bool {
        let (count, isComplete) = await ResultDestroyer(services: services).destroyExpired(at: time)
        if count > 0 {
            services.log.write(.info, "results were destroyed, their time being over", ["count": .integer(Int64(count))])
        }
        let tokens = await services.sequencer.read { Set($0.runs.consents.keys.map(\.token)) }
        do {
            let forgotten = try await BlockingWork.run { [subjects = services.subjects] in subjects.purge(keeping: tokens, at: time) }
            if forgotten > 0 {
                services.log.write(.info, "subjects without a consent were forgotten", ["count": .integer(Int64(forgotten))])
            }
        } catch { services.log.write(.error, "subjects could not be forgotten", ["reason": .string("\(error)")]) }
        return isComplete
    }

    private func purgeOrphans() async {
        guard !services.projector.isBehind else { return }
        do {
            try await services.results.purgeOrphans(at: Clock.now())
            try await services.programs.purge(keeping: await services.sequencer.read { $0.neededArtefacts() })
        } catch {
            services.log.write(.warning, "the vault could not be searched for left results", ["reason": .string("\(error)")])
        }
    }
}
