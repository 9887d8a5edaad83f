import Encoding
import Foundation
import Signing
import Storage
import TransparencyLog

/// A ledger with made-up entries, and a folder with its resources as a static web server would hold them.
final class StaticMirror {
    let folder: String
    let ledger: Ledger
    var key: String { ledger.verifiers.map(\.description).joined() }
    /// What tests read and tamper with.
    var site: String { "\(folder)/site" }

    init() throws {
        folder = NSTemporaryDirectory() + "hexi-mirror-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder + "/site", withIntermediateDirectories: true)
        ledger = try Ledger.create(
            directory: folder + "/ledger",
            signer: try NoteSigner(name: "log.example/interop", key: try SigningKey(seed: [UInt8](repeating: 5, count: 32))),
            snapshotKey: [UInt8](repeating: 7, count: 32))
    }

    deinit {
        ledger.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Appends entries of different lengths until there are so many.
    func grow(to size: UInt64, type: String = "test") async throws {
        while ledger.size < size {
            let drafts = (ledger.size..<min(size, ledger.size + 5000)).map { number in
                let time = Timestamp(milliseconds: 1_795_248_000_000 + Int64(number))
                let filler = String(repeating: "x", count: Int(number % 67))
                return EntryDraft(
                    time: time, content: Array(#""time":"\#(time)","type":"\#(type)","body":{"filler":"\#(filler)"}}"#.utf8))
            }
            _ = try await ledger.append(drafts)
        }
    }

    /// Writes the checkpoint, and every tile that the tree of its size has and the folder has not.
    func publish() throws {
        let size = ledger.size
        try write(ledger.checkpoint(), to: "checkpoint")
        var contents: [Tile.Content] = [.entries]
        for level in 0...Tile.maximumLevel { contents.append(.hashes(level: level)) }
        for content in contents {
            for index in 0...Tile.fullCount(of: content, treeSize: size) {
                guard let tile = Tile(content, index: index, treeSize: size) else { continue }
                guard !FileManager.default.fileExists(atPath: "\(site)/\(tile.path)") else { continue }
                try write(try ledger.tile(tile), to: tile.path)
            }
        }
    }

    func write(_ bytes: [UInt8], to path: String) throws {
        let url = URL(fileURLWithPath: "\(site)/\(path)")
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: url)
    }

    func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: "\(site)/\(path)"))) }

    /// The entries as a text file, one a line; its path.
    func dump() throws -> String {
        let path = folder + "/entries.jsonl"
        var bytes: [UInt8] = []
        try ledger.forEachEntry { bytes += $1 + [0x0A] }
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }
}
