import Signing
import Testing
import TransparencyLog

@testable import Storage

/// What a ledger does in its life, in an order that makes every kind of call on the disk happen: it is made, grows by
/// appends of several sizes, one at a time and several at once, is published, snapshotted, closed and opened again.
struct CrashScript: Sendable {
    let disk: CrashDisk
    let history: LedgerHistory

    static let directory = CrashDisk.root + "/ledger"

    static func open(_ disk: CrashDisk, log: LedgerLog = LedgerLog(), wholeScanLimit: UInt64 = 0) throws(LedgerError) -> Ledger {
        let signer: NoteSigner
        do { signer = try LedgerSamples.signer() } catch { throw .badCheckpoint(path: "test", reason: "\(error)") }
        var opening = LedgerOpening(
            directory: directory, signer: signer, snapshotKey: LedgerSamples.snapshotKey, log: log.write)
        opening.operations = disk.operations
        opening.publicationInterval = 100_000
        opening.wholeScanLimit = wholeScanLimit
        return try Ledger(opening, .either)
    }

    /// Runs to the end, or to the first failure of which the ledger does not recover by itself.
    func run() async throws {
        var number = 1000
        for life in 0..<2 {
            let ledger = try Self.open(disk)
            for round in 0..<3 {
                // One number is never used twice, so an entry that is there twice shows.
                let sizes = [[1], [3, 1], [1, 2, 5]][round]
                let appends = try sizes.map { count in
                    defer { number += count }
                    return try ledger.enqueue((number..<number + count).map { LedgerSamples.draft($0, padding: 200 * round) })
                }
                await settle(appends, ledger)
                await waitForPublication(ledger)
                if ledger.failure != nil {
                    disk.makeRoom()
                    try ledger.recover()
                }
            }
            if life == 0 || ledger.size > 4 {
                try ledger.writeSnapshot([1, 2, 3], size: ledger.size / 2, root: try ledger.root(size: ledger.size / 2))
            }
            try history.checkReading(ledger)
            ledger.close()
        }
    }

    private func settle(_ appends: [PendingAppend], _ ledger: Ledger) async {
        for append in appends {
            if let receipts = try? await append.value() { history.add(receipts) }
            history.add(checkpoint: ledger.checkpoint())
            let head = ledger.head
            history.add(size: head.size, root: head.root)
        }
    }

    /// Publication happens on another thread; waiting for it makes the calls come in the same order every time.
    private func waitForPublication(_ ledger: Ledger) async {
        while !disk.isDown, ledger.failure == nil, disk.content(of: Self.directory + "/checkpoint") != ledger.checkpoint(),
            disk.failedCall == nil
        {
            await Task.yield()
        }
    }
}
