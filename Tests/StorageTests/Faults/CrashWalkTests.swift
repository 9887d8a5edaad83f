import ExchangeTestKit
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

/// Lets a ledger's life fail at every call it makes on the disk, in every way in which the call can fail.
@Suite struct CrashWalkTests {
    @Test(arguments: CrashDisk.Fault.allCases)
    func whateverCallFailsNothingAcknowledgedOrSignedIsLost(_ fault: CrashDisk.Fault) async throws {
        var step = 0
        var failed: [String: Int] = [:]
        while true {
            let disk = CrashDisk(seed: UInt64(step))
            disk.fail(at: step, with: fault)
            let history = try LedgerHistory("\(fault) at call \(step)")
            // What a script that is cut short throws does not matter here; what it leaves behind does.
            try? await CrashScript(disk: disk, history: history).run()
            guard let call = disk.failedCall else { break }
            failed[String(call.prefix { $0 != " " }), default: 0] += 1
            for note in disk.published { history.add(checkpoint: note) }
            for (index, next) in Self.successors(disk, fault, call, step).enumerated() {
                try await survive(next, history, "\(fault) at call \(step), \(call), variant \(index)")
            }
            step += 1
        }
        #expect(step > 100 && failed.count >= 8, "\(step) calls of the kinds \(failed)")
        print("\(fault): \(step) calls failed: \(failed.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))")
    }

    /// What the next process may find. Where a call that changes nothing failed, fewer variants are worth their time.
    private static func successors(_ disk: CrashDisk, _ fault: CrashDisk.Fault, _ call: String, _ step: Int) -> [CrashDisk] {
        func cut(_ number: Int) -> CrashDisk { disk.afterPowerCut(.mixed, seed: UInt64(step * 100 + number)) }
        let isReading = call.hasPrefix("read") || call.hasPrefix("size")
        switch fault {
        case .powerCut where !isReading:
            return [disk.afterPowerCut(.allKept, seed: 1), disk.afterPowerCut(.allDropped, seed: 1), cut(0), cut(1), cut(2)]
        case .kill where !isReading: return [disk.afterKill(seed: 1), cut(0)]
        case .error where isReading, .short where isReading, .torn where isReading: return [disk.afterKill(seed: 1)]
        default: return step % 2 == 0 ? [disk.afterKill(seed: 1), cut(0)] : [cut(0), cut(1)]
        }
    }

    /// The ledger opens, keeps all its promises, goes on, and keeps them through another power cut as well.
    private func survive(_ disk: CrashDisk, _ history: LedgerHistory, _ name: String) async throws {
        let ledger: Ledger
        let log = LedgerLog()
        do { ledger = try CrashScript.open(disk, log: log) } catch {
            Issue.record("\(name): the ledger does not open: \(error)")
            return
        }
        try history.check(ledger, journal: disk.content(of: CrashScript.directory + "/journal") ?? [])
        // What this life promises, the next has to keep; what another variant promises, it need not.
        let own = try LedgerHistory(name)
        own.add(checkpoint: ledger.checkpoint())
        own.add(try await ledger.append([LedgerSamples.draft(5000), LedgerSamples.draft(5001)]))
        own.add(checkpoint: ledger.checkpoint())
        let after = disk.afterPowerCut(.allDropped, seed: 2)
        ledger.close()
        let reopened: Ledger
        do { reopened = try CrashScript.open(after) } catch {
            Issue.record("\(name): the ledger does not open after a second power cut: \(error)")
            return
        }
        try own.check(reopened, journal: after.content(of: CrashScript.directory + "/journal") ?? [])
        try own.checkReading(reopened)
        reopened.close()
    }
}
