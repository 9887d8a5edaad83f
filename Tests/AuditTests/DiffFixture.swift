import Signing
import TransparencyLog

@testable import Audit

/// A log whose entries are no ledger entries but lines of text: comparing looks at their bytes alone.
struct PlainLog {
    var writer: JournalWriter
    var signer: NoteSigner

    /// - Parameters:
    ///   - parted: from this entry on the contents are others.
    init(_ count: Int, parted: Int? = nil, name: String = "plain.example/log", key: UInt8 = 2) throws {
        let contents = (0..<count).map { number in
            Array("\"text\":\"\(number)\(number >= parted ?? .max ? " of another history" : "")\"}".utf8)
        }
        writer = JournalWriter(contents: contents, frameSizes: [1, 7, 100])
        signer = try NoteSigner(name: name, key: TestSpace.key(key))
    }

    var options: AuditOptions { AuditOptions(pinnedKeys: [signer.verifier], timeoutSeconds: 20) }

    func folder() throws -> TestFolder { try TestFolder(writer.journal, writer.checkpoint(signer)) }

    /// All that a log serves (C2SP tlog-tiles), by path.
    func files() throws -> [String: [UInt8]] {
        var files = try TileTests.bundles(writer)
        files.merge(Self.hashTiles(writer)) { $1 }
        files["checkpoint"] = try writer.checkpoint(signer)
        return files
    }

    /// The tiles of hashes, made level by level from the leaves.
    static func hashTiles(_ writer: JournalWriter) -> [String: [UInt8]] {
        var files: [String: [UInt8]] = [:]
        var hashes = writer.entries.map { MerkleTree.leafHash($0) }
        var level: UInt8 = 0
        while !hashes.isEmpty {
            var above: [SHA256Digest] = []
            for start in stride(from: 0, to: hashes.count, by: 256) {
                let part = hashes[start..<min(start + 256, hashes.count)]
                if let tile = Tile(.hashes(level: level), index: UInt64(start / 256), width: part.count) {
                    files[tile.path] = part.flatMap(\.bytes)
                }
                if part.count == 256 { above.append(MerkleTree.root(ofLeafHashes: part)) }
            }
            // A complete tree of 256 leaves has as its root what its leaves, taken as hashes, lead to.
            (hashes, level) = (above, level + 1)
        }
        return files
    }

    /// A node without tiles, as an older release serves.
    func oldNode() throws -> TestServer {
        let (entries, checkpoint) = (writer.entries, try writer.checkpoint(signer))
        return try TestServer { target in
            if target == "/ledger/checkpoint" { return .init(body: checkpoint) }
            let numbers = target.split { !$0.isNumber }.compactMap { Int($0) }
            guard target.hasPrefix("/ledger/entries?start="), numbers.count == 2 else { return .init(status: 404) }
            return .init(body: entries.dropFirst(numbers[0]).prefix(min(numbers[1], 1000)).flatMap { $0 + [0x0A] })
        }
    }

    func bundle(_ folder: TestFolder) throws -> String {
        let path = folder.path + "/bundle.tar"
        let key = signer.verifier
        let heading = EvidenceBundleWriter.Heading(
            checkpoint: try writer.checkpoint(signer), policy: Array("log \(key)\nquorum none\n".utf8), verifierKeys: [key],
            time: 1_763_712_000)
        let bundle = try EvidenceBundleWriter(path, heading, isPartial: false)
        for entry in writer.entries { try bundle.append(entry[...]) }
        try bundle.finish()
        return path
    }
}
