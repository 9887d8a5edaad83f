import ExchangeTestKit
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

/// One ledger after another is written to by several tasks, loses its process or its power at a random call, and goes on
/// with what is left.
@Suite struct CrashRoundTests {
    private static let rounds = 1000
    /// So many rounds share a ledger; then a new one is begun, because every round reads the whole journal.
    private static let roundsPerLedger = 20

    @Test func throughAThousandCrashesNothingAcknowledgedIsLostAndNoSizeHasTwoRoots() async throws {
        var generator = FixedGenerator(seed: 0x1ED6E2)
        var (counts, acknowledged, unanswered): ([CrashDisk.Fault: Int], Int, Int) = ([:], 0, 0)
        for first in stride(from: 0, to: Self.rounds, by: Self.roundsPerLedger) {
            var disk = CrashDisk(seed: UInt64(first))
            let history = try LedgerHistory("rounds \(first)...")
            var size: UInt64 = 0
            for round in first..<first + Self.roundsPerLedger {
                let fault = CrashDisk.Fault.allCases.randomElement(using: &generator) ?? .powerCut
                disk.fail(at: Int.random(in: 0..<60, using: &generator), with: fault)
                try await live(on: disk, history, round: round, snapshot: Bool.random(using: &generator))
                if disk.failedCall != nil { counts[fault, default: 0] += 1 }
                for note in disk.published { history.add(checkpoint: note) }
                disk = Self.next(disk, &generator)
                size = try check(disk, history, round, wholeScan: Bool.random(using: &generator))
            }
            acknowledged += history.acknowledged
            unanswered += Int(size) - history.acknowledged
        }
        let kinds = CrashDisk.Fault.allCases.map { "\($0) \(counts[$0] ?? 0)" }.joined(separator: ", ")
        print("\(Self.rounds) rounds: \(kinds); \(acknowledged) entries acknowledged, all there; \(unanswered) more were kept")
        #expect(CrashDisk.Fault.allCases.allSatisfy { (counts[$0] ?? 0) > 50 }, "\(kinds)")
        #expect(acknowledged > Self.rounds)
    }

    /// Opens the ledger and lets four tasks write until the disk fails or they have done their share.
    private func live(on disk: CrashDisk, _ history: LedgerHistory, round: Int, snapshot: Bool) async throws {
        guard let ledger = try? CrashScript.open(disk) else { return }
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<4 {
                        let drafts = (0...(number + writer) % 3).map {
                            LedgerSamples.draft(round * 1000 + writer * 100 + number * 10 + $0, padding: writer * 150)
                        }
                        guard let receipts = try? await ledger.append(drafts) else { return }
                        history.add(receipts)
                        history.add(checkpoint: ledger.checkpoint())
                    }
                }
            }
        }
        if ledger.failure != nil {
            disk.makeRoom()
            try? ledger.recover()
            if let receipts = try? await ledger.append([LedgerSamples.draft(round * 1000 + 999)]) { history.add(receipts) }
        }
        if snapshot, let root = try? ledger.root(size: ledger.size) {
            try? ledger.writeSnapshot([1], size: ledger.size, root: root)
        }
        history.add(checkpoint: ledger.checkpoint())
        // Half of the ledgers end without being closed by anybody but the crash.
        if round % 2 == 0 { ledger.close() }
        disk.cutOff()
        ledger.close()
    }

    private static func next(_ disk: CrashDisk, _ generator: inout FixedGenerator) -> CrashDisk {
        let seed = UInt64.random(in: 0...UInt64.max, using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0, 1: return disk.afterKill(seed: seed)
        case 2: return disk.afterPowerCut(.allDropped, seed: seed)
        case 3: return disk.afterPowerCut(.allKept, seed: seed)
        default: return disk.afterPowerCut(.mixed, seed: seed)
        }
    }

    /// Opens what is left, holds every promise against it, and lets nothing but the disk go on. Returns its size.
    private func check(_ disk: CrashDisk, _ history: LedgerHistory, _ round: Int, wholeScan: Bool) throws -> UInt64 {
        do {
            let ledger = try CrashScript.open(disk, wholeScanLimit: wholeScan ? .max : 0)
            try history.check(ledger, journal: disk.content(of: CrashScript.directory + "/journal") ?? [])
            if round % 5 == 0 { try history.checkReading(ledger) }
            history.add(checkpoint: ledger.checkpoint())
            let size = ledger.size
            // It ends without a word, as a second crash in a row.
            disk.cutOff()
            ledger.close()
            disk.restart(seed: UInt64(round))
            return size
        } catch {
            Issue.record("round \(round): \(error)")
            throw error
        }
    }
}
