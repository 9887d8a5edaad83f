import Encoding
import Signing
import TransparencyLog

/// A small log with a fixed key, and the proofs' files as lines.
struct ProofLog {
    static let origin = "log.example/test"

    let signer: NoteSigner
    let entries: [[UInt8]]
    let collector: ProofCollector

    init(_ count: Int) throws {
        signer = try NoteSigner(name: Self.origin, key: try SigningKey(seed: [UInt8](repeating: 7, count: 32)))
        entries = (0..<count).map { Array("{\"entry\":\($0)}".utf8) }
        var collector = try ProofCollector(size: UInt64(count))
        for entry in entries { collector.append(MerkleTree.leafHash(entry), isTarget: true) }
        self.collector = collector
    }

    var root: SHA256Digest { MerkleTree.root(ofLeafHashes: entries.map { MerkleTree.leafHash($0) }) }

    func note(extensionLines: String = "") throws -> SignedNote {
        let text = "\(Self.origin)\n\(entries.count)\n\(Base64.encode(root.bytes))\n" + extensionLines
        return try SignedNote(text: text, signers: [signer])
    }

    func proof(_ index: Int, extra: [UInt8]? = nil) throws -> LogProof {
        guard let inclusion = collector.proof(of: UInt64(index)) else {
            throw MerkleProofError.indexOutsideTree(index: UInt64(index), size: UInt64(entries.count))
        }
        return LogProof(extra: extra ?? entries[index], index: inclusion.index, path: inclusion.path, note: try note())
    }
}

extension [UInt8] {
    /// The file with one line replaced; lines count from 1, and `nil` takes the line out.
    func replacingLine(_ number: Int, with text: String?) -> [UInt8] {
        var lines = String(decoding: self, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        if let text { lines[number - 1] = Substring(text) } else { lines.remove(at: number - 1) }
        return Array(lines.joined(separator: "\n").utf8)
    }

    func insertingLine(_ number: Int, _ text: String) -> [UInt8] {
        var lines = String(decoding: self, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        lines.insert(Substring(text), at: number - 1)
        return Array(lines.joined(separator: "\n").utf8)
    }
}
