import Encoding
import Exchange
import Foundation
import HTTPTransport
import Signing
import Storage
import Synchronization
import Testing
import TransparencyLog

@testable import Node

/// What becomes of entries and statements when the machine's clock is wrong.
@Suite struct ClockFaultTests {
    /// A clock that is set forwards and back.
    private final class WanderingClock: Sendable {
        private let offset = Mutex<Int64>(0)

        func set(offByMinutes minutes: Int64) { offset.withLock { $0 = minutes * 60_000 } }

        func now() -> Timestamp { Timestamp(milliseconds: Clock.now().milliseconds + offset.withLock { $0 }) }
    }

    private func withSequencer(_ clock: WanderingClock, _ body: (Sequencer, Ledger) async throws -> Void) async throws {
        let folder = try await TestNode.makeHome()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (home, log) = (try NodeHome(opening: folder), StructuredLog(isOn: false))
        let signer = try NoteSigner(
            name: NodeHome.origin(ofSpace: TestNode.prefix), key: try KeyFile.read(home.logKeyPath, passphrase: nil))
        let ledger = try Ledger.open(
            directory: home.ledgerDirectory, signer: signer, snapshotKey: try VaultKeyFile.read(home.snapshotKeyPath))
        let projector = Projector(ledger: ledger, index: try CatalogueIndex.open(home.indexPath), log: log)
        let state = try StateLoader.load(from: ledger, log: log).state
        let sequencer = Sequencer(
            ledger: ledger, state: state, projector: projector, directory: KeyDirectory(state), metrics: Metrics(),
            log: log, maximumWaitingApplications: 100, clock: { clock.now() })
        projector.start()
        try await body(sequencer, ledger)
        await projector.stop()
        ledger.close()
    }

    /// Somebody's application, signed at an instant.
    private func application(_ number: Int, at time: Timestamp) throws -> Command {
        let key = SigningKey.generate()
        let statement = try TestNode.sign(
            TestMarket.application("Applicant \(number)", [.buyer], key), by: key, issuedAt: time)
        return Command(try statement.verified { _ in nil })
    }

    private func refusal(_ sequencer: Sequencer, _ command: Command) async -> RefusalCode? {
        do {
            _ = try await sequencer.submit(command)
            return nil
        } catch { return (error as? Refusal)?.code }
    }

    @Test func aClockSetBackNeverMakesAnEntryOlderThanTheOneBefore() async throws {
        let clock = WanderingClock()
        try await withSequencer(clock) { sequencer, ledger in
            var last = try await sequencer.submit(try application(1, at: clock.now())).time
            for (number, minutes) in [Int64(-1), -60, -100_000, -5].enumerated() {
                clock.set(offByMinutes: minutes)
                let recorded = try await sequencer.submit(try application(10 + number, at: Clock.now()))
                #expect(recorded.time >= last, "the clock was off by \(minutes) minutes")
                last = recorded.time
            }
            clock.set(offByMinutes: 0)
            let recorded = try await sequencer.submit(try application(20, at: Clock.now()))
            #expect(recorded.time >= last)
            // A replay of the ledger, as an auditor does it, comes to the same.
            let replayed = try StateLoader.load(from: ledger, log: StructuredLog(isOn: false)).state
            #expect(await sequencer.read { $0 } == replayed)
        }
    }

    @Test func statementsOfAClockSetFarBackAreRefusedAsOldAndOthersAreNot() async throws {
        let clock = WanderingClock()
        try await withSequencer(clock) { sequencer, ledger in
            _ = try await sequencer.submit(try application(1, at: clock.now()))
            clock.set(offByMinutes: -60)
            let size = ledger.size
            #expect(await refusal(sequencer, try application(2, at: clock.now())) == .statementTooOld)
            #expect(ledger.size == size)
            #expect(await refusal(sequencer, try application(3, at: Clock.now())) == nil)
        }
    }

    @Test func aClockThatJumpsAheadRecordsNothingOfThoseWhoseClocksAreRightAndDoesNoLastingHarm() async throws {
        let clock = WanderingClock()
        try await withSequencer(clock) { sequencer, ledger in
            _ = try await sequencer.submit(try application(1, at: clock.now()))
            let size = ledger.size
            clock.set(offByMinutes: 365 * 24 * 60)
            #expect(await refusal(sequencer, try application(2, at: Clock.now())) == .statementTooOld)
            #expect(ledger.size == size)
            clock.set(offByMinutes: 0)
            #expect(await refusal(sequencer, try application(3, at: Clock.now())) == nil)
            // One from the future is not taken either.
            let future = Timestamp(milliseconds: Clock.now().milliseconds + 3_600_000)
            #expect(await refusal(sequencer, try application(4, at: future)) == .statementFromFuture)
        }
    }

    @Test func aFullOrReadOnlyDiskIsNotCalledAFaultOfTheNode() {
        #expect(VaultError.system(operation: "write", path: "x", number: ENOSPC).problem.status == 507)
        #expect(VaultError.system(operation: "write", path: "x", number: EDQUOT).problem.status == 507)
        #expect(VaultError.system(operation: "open", path: "x", number: EROFS).problem.status == 503)
        #expect(VaultError.system(operation: "open", path: "x", number: EIO).problem.status == 500)
    }
}
