import Encoding
import Foundation
import Signing
import Synchronization
import Testing
import TransparencyLog

@testable import Storage

/// A folder for one test, removed with the last reference.
final class LedgerFolder: Sendable {
    let path: String
    var directory: String { path + "/ledger" }
    var journal: String { directory + "/journal" }

    init() throws {
        path = NSTemporaryDirectory() + "hexi-ledger-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: directory + "/" + name))) }

    func write(_ bytes: some Sequence<UInt8>, to name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: directory + "/" + name))
    }

    func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: directory + "/" + name) }

    /// The state of the folder as a crash at this moment would leave it (without the lock).
    func copy() throws -> LedgerFolder {
        let other = try LedgerFolder()
        try FileManager.default.createDirectory(atPath: other.directory, withIntermediateDirectories: true)
        // A checkpoint on its way to its name may be gone before it is copied; nobody reads it under that name.
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where name != "lock" && !name.hasSuffix(".new") {
            try FileManager.default.copyItem(atPath: directory + "/" + name, toPath: other.directory + "/" + name)
        }
        return other
    }
}

/// What a ledger told its operator.
final class LedgerLog: Sendable {
    private let lines = Mutex<[String]>([])
    var text: String { lines.withLock { $0.joined(separator: "\n") } }
    var write: @Sendable (String) -> Void { { line in self.lines.withLock { $0.append(line) } } }
}

enum LedgerSamples {
    static let snapshotKey = [UInt8](repeating: 7, count: 32)

    static func signer(_ seed: UInt8 = 1, name: String = "log.example/test") throws -> NoteSigner {
        try NoteSigner(name: name, key: try SigningKey(seed: [UInt8](repeating: seed, count: 32)))
    }

    /// A draft whose entry says which one it is; `padding` makes it longer.
    static func draft(_ number: Int, padding: Int = 0) -> EntryDraft {
        let time = Timestamp(milliseconds: 1_795_248_000_000 + Int64(number))
        let filler = String(repeating: "x", count: padding)
        return EntryDraft(
            time: time,
            content: Array(#""time":"\#(time)","type":"test","body":{"number":\#(number),"filler":"\#(filler)"}}"#.utf8))
    }

    static func open(
        _ folder: LedgerFolder, log: LedgerLog = LedgerLog(), operations: FileOperations = .system, key: UInt8 = 1,
        mode: LedgerOpening.Mode = .either, wholeScanLimit: UInt64 = 0
    ) throws -> Ledger {
        var opening = LedgerOpening(
            directory: folder.directory, signer: try signer(key), snapshotKey: snapshotKey, log: log.write)
        opening.operations = operations
        opening.wholeScanLimit = wholeScanLimit
        return try Ledger(opening, mode)
    }

    /// A closed ledger with as many frames as there are counts.
    static func fill(_ folder: LedgerFolder, frames counts: [Int]) async throws {
        let ledger = try open(folder)
        var number = 0
        for count in counts {
            _ = try await ledger.append((number..<number + count).map { draft($0) })
            number += count
        }
        ledger.close()
    }

    /// Checks a journal without any of the module's reading code: frames, chain, tree. Returns its entries.
    static func check(_ journal: [UInt8], root: SHA256Digest) throws -> [[UInt8]] {
        var entries: [[UInt8]] = []
        var position = 16
        #expect(Array(journal.prefix(16)) == Array("HEXIJRN1".utf8) + [UInt8](repeating: 0, count: 8))
        while position < journal.count {
            let length = (0..<4).reduce(0) { $0 | Int(journal[position + $1]) << (8 * $1) }
            entries += try EntryBundle.decode(Array(journal[position + 8..<position + 8 + length]))
            position += 8 + length
        }
        var previous = SHA256Digest.zero
        for (number, entry) in entries.enumerated() {
            let head = #"{"prev":"\#(previous)","seq":\#(number),"#
            #expect(entry.starts(with: Array(head.utf8)))
            _ = try JSONValue.parse(entry)
            previous = MerkleTree.leafHash(entry)
        }
        #expect(MerkleTree.root(ofLeafHashes: entries.map { MerkleTree.leafHash($0) }) == root)
        return entries
    }
}
