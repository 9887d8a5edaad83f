import Encoding
import Exchange
import Glibc
import Signing

/// What a node said of a statement that it recorded.
struct KeptReceipt: Sendable, Hashable {
    let seq: UInt64
    /// The entry's leaf hash, lower-case hexadecimal.
    let leafHash: String
    /// SHA-256 of the bytes that were signed, lower-case hexadecimal.
    let payload: String
}

/// The receipts of a profile, one line of JSON for each.
///
/// A receipt is the node's word, given at once. It is kept so that the proof that comes later can be held against it: a node
/// that recorded something else than it said is found out.
struct ReceiptBook: Sendable {
    /// About half a million receipts.
    private static let maximumCount = 256 << 20

    let path: String

    /// Writes down a receipt as the node sent it; what is no receipt is passed over.
    func add(_ receipt: JSONValue, of statement: SignedStatement) throws(ClientError) {
        guard let object = receipt.objectValue, let seq = object["seq"]?.integerValue, seq >= 0, object["leafHash"]?.stringValue != nil
        else { return }
        var line: JSONObject = ["seq": .integer(seq), "leafHash": object["leafHash"] ?? .null]
        line["payload"] = .string(SHA256.hash(statement.payload).description)
        for name in ["time", "type", "subject"] { line[name] = object[name] }
        try LocalFiles.append(JSONValue.object(line).serialized() + [0x0A], to: path)
    }

    /// The receipt of an entry, if it was kept. Refused if the node gave two that differ.
    func find(_ seq: UInt64) throws(ClientError) -> KeptReceipt? {
        guard LocalFiles.exists(path) else { return nil }
        let start = Array("{\"seq\":\(seq),".utf8)
        var found: KeptReceipt?
        for line in try LocalFiles.read(path, maximumCount: Self.maximumCount).split(separator: 0x0A) where line.starts(with: start) {
            let receipt = try read(Array(line), seq)
            if let earlier = found, earlier.leafHash != receipt.leafHash {
                throw .refused(
                    "the node gave two receipts for entry \(seq), with the leaf hashes \(earlier.leafHash) and \(receipt.leafHash)",
                    hint: "Keep \(path): a sound ledger has one entry in each place.")
            }
            found = receipt
        }
        return found
    }

    private func read(_ line: [UInt8], _ seq: UInt64) throws(ClientError) -> KeptReceipt {
        do {
            let cursor = JSONCursor(try JSONValue.parse(line))
            return KeptReceipt(
                seq: seq, leafHash: try cursor.member("leafHash").string(minimumCount: 64, maximumCount: 64),
                payload: try cursor.member("payload").string(minimumCount: 64, maximumCount: 64))
        } catch { throw .file(path: path, reason: "the line of entry \(seq) is no receipt: \(error)") }
    }
}
