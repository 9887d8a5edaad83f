import Encoding
import Exchange
import Foundation
import Glibc
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Node
@testable import Storage

/// What becomes of commands, and of the state, when the disk fails.
@Suite struct SequencerTests {
    /// A disk that fails while it is told to.
    private final class Disk: Sendable {
        let isFailing = Mutex(false)
        let delayMicroseconds = Mutex<UInt32>(0)
        var operations: FileOperations {
            FileOperations(
                write: FileOperations.system.write,
                synchronize: { descriptor in
                    usleep(self.delayMicroseconds.withLock { $0 })
                    return self.isFailing.withLock { $0 } ? -EIO : FileOperations.system.synchronize(descriptor)
                })
        }
    }

    private struct Bench {
        var sequencer: Sequencer
        var ledger: Ledger
        var directory: KeyDirectory
        var projector: Projector
    }

    private func withSequencer(
        clock: @escaping @Sendable () -> Timestamp = { Clock.now() }, _ body: (Bench, Disk) async throws -> Void
    ) async throws {
        let folder = try await TestNode.makeHome()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (home, disk, log) = (try NodeHome(opening: folder), Disk(), StructuredLog(isOn: false))
        let signer = try NoteSigner(
            name: NodeHome.origin(ofSpace: TestNode.prefix), key: try KeyFile.read(home.logKeyPath, passphrase: nil))
        var opening = LedgerOpening(
            directory: home.ledgerDirectory, signer: signer, snapshotKey: try VaultKeyFile.read(home.snapshotKeyPath), log: { _ in })
        opening.operations = disk.operations
        let ledger = try Ledger(opening, .existing)
        let projector = Projector(ledger: ledger, index: try CatalogueIndex.open(home.indexPath), log: log)
        let state = try StateLoader.load(from: ledger, log: log).state
        let directory = KeyDirectory(state)
        let sequencer = Sequencer(
            ledger: ledger, state: state, projector: projector, directory: directory, metrics: Metrics(), log: log,
            maximumWaitingApplications: 100_000, recoveryPause: .milliseconds(2), clock: clock)
        projector.start()
        let bench = Bench(sequencer: sequencer, ledger: ledger, directory: directory, projector: projector)
        try await body(bench, disk)
        await projector.stop()
        ledger.close()
    }

    private func application(_ number: Int) throws -> (command: Command, key: SigningKey) {
        let key = SigningKey.generate()
        let statement = try TestNode.sign(TestMarket.application("Applicant \(number)", [.buyer], key), by: key)
        return (Command(try statement.verified { _ in nil }), key)
    }

    /// Submits many commands at once; how many were recorded.
    private func submit(_ commands: [Command], _ sequencer: Sequencer) async -> Int {
        await withTaskGroup(of: Bool.self) { group in
            for command in commands { group.addTask { (try? await sequencer.submit(command)) != nil } }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
    }

    private func writable(_ sequencer: Sequencer) async throws {
        for _ in 0..<1000 {
            if await sequencer.failureReason() == nil { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("the ledger did not come back")
    }

    @Test func afterAFailedWriteTheStateIsThatOfTheLedgerAndCommandsAreTakenAgain() async throws {
        try await withSequencer { bench, disk in
            var acknowledged = 0
            for round in 0..<6 {
                let commands = try (0..<40).map { try application(round * 100 + $0).command }
                disk.isFailing.withLock { $0 = round % 2 == 1 }
                acknowledged += await submit(commands, bench.sequencer)
                disk.isFailing.withLock { $0 = false }
                try await writable(bench.sequencer)
                let state = await bench.sequencer.read { $0 }
                #expect(state.size == bench.ledger.size, "round \(round)")
                #expect(state == (try StateLoader.load(from: bench.ledger, log: StructuredLog(isOn: false)).state), "round \(round)")
            }
            #expect(acknowledged >= 120)
            #expect(bench.ledger.size == UInt64(acknowledged) + 1, "what was acknowledged, and nothing else, is there")
            try check(bench.ledger)
        }
    }

    @Test func aBatchIsRecordedInItsOrderOrAsAWholeNotAtAllWhenTheDiskFails() async throws {
        try await withSequencer { bench, disk in
            let commands = try (0..<30).map { try application($0).command }
            disk.isFailing.withLock { $0 = true }
            let failed = await bench.sequencer.submit(batch: commands)
            #expect(failed.count == 30 && failed.allSatisfy { (try? $0.get()) == nil })
            disk.isFailing.withLock { $0 = false }
            try await writable(bench.sequencer)
            #expect(bench.ledger.size == 1)

            // The same again, with one that repeats another of the batch.
            let outcomes = await bench.sequencer.submit(batch: commands + [commands[3]])
            let numbers = outcomes.compactMap { try? $0.get().seq }
            #expect(numbers == Array(1...30))
            #expect(throws: Refusal.self) { try outcomes[30].get() }
            #expect(await bench.sequencer.read { $0.size } == 31)
            try check(bench.ledger)
        }
    }

    /// Commands that fail late meet others that were decided after the recovery: neither may undo the other.
    @Test func aDiskThatFailsNowAndThenUnderLoadLosesNothingThatWasAcknowledged() async throws {
        try await withSequencer { bench, disk in
            let commands = try (0..<1200).map { try application($0).command }
            let toggling = Task {
                while !Task.isCancelled {
                    disk.isFailing.withLock { $0.toggle() }
                    try? await Task.sleep(for: .milliseconds(2))
                }
                disk.isFailing.withLock { $0 = false }
            }
            let acknowledged = await withTaskGroup(of: Int.self) { group in
                for worker in 0..<24 {
                    group.addTask {
                        var count = 0
                        for command in commands[(worker * 50)..<(worker * 50 + 50)] {
                            if (try? await bench.sequencer.submit(command)) != nil { count += 1 }
                            while await bench.sequencer.failureReason() != nil { try? await Task.sleep(for: .milliseconds(1)) }
                        }
                        return count
                    }
                }
                return await group.reduce(0, +)
            }
            toggling.cancel()
            await toggling.value
            try await writable(bench.sequencer)
            #expect(acknowledged > 0)
            #expect(bench.ledger.size == UInt64(acknowledged) + 1)
            #expect(await bench.sequencer.read { $0 } == (try StateLoader.load(from: bench.ledger, log: StructuredLog(isOn: false)).state))
            try check(bench.ledger)
        }
    }

    @Test func aFailureThatIsToldLateDoesNotUndoWhatCameAfterTheRecovery() async throws {
        try await withSequencer { bench, disk in
            disk.isFailing.withLock { $0 = true }
            _ = try? await bench.sequencer.submit(try application(1).command)
            disk.isFailing.withLock { $0 = false }
            try await writable(bench.sequencer)
            disk.delayMicroseconds.withLock { $0 = 50_000 }
            let command = try application(2).command
            async let recorded = bench.sequencer.submit(command)
            try await Task.sleep(for: .milliseconds(10))
            await bench.sequencer.fail("an echo of the first failure", 0)
            #expect(await bench.sequencer.failureReason() == nil)
            #expect(try await recorded.seq == 1)
            #expect(await bench.sequencer.read { $0.size } == 2)
        }
    }

    @Test func whatIsNotDurableIsShownToNobody() async throws {
        try await withSequencer { bench, disk in
            disk.delayMicroseconds.withLock { $0 = 50_000 }
            disk.isFailing.withLock { $0 = true }
            let command = try application(1).command
            async let recorded = try? bench.sequencer.submit(command)
            // Reads that begin while the write is under way see the state without it, since it fails.
            try await Task.sleep(for: .milliseconds(10))
            #expect(await bench.sequencer.read { $0.participants.count } == 0)
            #expect(await recorded == nil)
            disk.isFailing.withLock { $0 = false }
            disk.delayMicroseconds.withLock { $0 = 0 }
            try await writable(bench.sequencer)
            #expect(try await bench.sequencer.submit(command).seq == 1)
        }
    }

    @Test func aKeyWhoseApplicationWasNotRecordedIsNotKnown() async throws {
        try await withSequencer { bench, disk in
            let (command, key) = try application(1)
            disk.isFailing.withLock { $0 = true }
            _ = try? await bench.sequencer.submit(command)
            disk.isFailing.withLock { $0 = false }
            try await writable(bench.sequencer)
            #expect(bench.directory.key(key.verificationKey.keyIdentifier) == nil)
            #expect(bench.directory.waitingApplications == 0)
            _ = try await bench.sequencer.submit(command)
            #expect(bench.directory.key(key.verificationKey.keyIdentifier) != nil)
            #expect(throws: Refusal.self) { try bench.directory.caller(key.verificationKey.keyIdentifier) }
        }
    }

    @Test func aClosedLedgerRefusesAndIsNotWaitedFor() async throws {
        try await withSequencer { bench, _ in
            bench.ledger.close()
            let command = try application(1).command
            await #expect(throws: NodeError.self) { try await bench.sequencer.submit(command) }
            #expect(await bench.sequencer.read { $0.size } == 1)
        }
    }

    private func check(_ ledger: Ledger) throws {
        var previous = ChainedEntry.firstPreviousHash
        try ledger.forEachEntry { _, line in
            #expect(ChainedEntry.previousHash(of: line) == previous)
            previous = MerkleTree.leafHash(line)
        }
    }
}
