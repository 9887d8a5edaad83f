import Encoding
import Exchange
import Signing

/// What a bulk import has done so far, so that it can be stopped at any moment and gone on with.
///
/// One JSON line for each step. Before a batch is sent, each of its listings is noted with the identifier that the node will
/// give it, which the signed bytes alone decide; after the answer, that it is recorded. A line that was cut off by a crash
/// is passed over: what it would have said is asked of the node.
struct ImportJournal: Sendable {
    struct Item: Sendable, Hashable {
        var identifier: String
        var isRecorded: Bool
    }

    let path: String
    /// By the digest of the listing's content.
    private(set) var items: [String: Item] = [:]

    init(path: String) throws(ClientError) {
        self.path = path
        guard LocalFiles.exists(path) else { return }
        let bytes = try LocalFiles.read(path, maximumCount: 1 << 30)
        for line in bytes.split(separator: 0x0A) {
            guard let value = try? JSONValue.parse(line, maximumDepth: 4), let key = value["item"]?.stringValue,
                let identifier = value["identifier"]?.stringValue
            else { continue }
            items[key] = Item(identifier: identifier, isRecorded: value["state"]?.stringValue == "recorded")
        }
        // Whatever stands after the last complete line would garble the next one.
        if let last = bytes.last, last != 0x0A { try LocalFiles.append([0x0A], to: path) }
    }

    mutating func note(_ entries: [(key: String, identifier: String)], isRecorded: Bool) throws(ClientError) {
        var lines: [UInt8] = []
        for (key, identifier) in entries {
            items[key] = Item(identifier: identifier, isRecorded: isRecorded)
            let line: JSONValue = [
                "item": .string(key), "identifier": .string(identifier), "state": .string(isRecorded ? "recorded" : "sent"),
            ]
            lines += line.serialized() + [0x0A]
        }
        if !lines.isEmpty { try LocalFiles.append(lines, to: path) }
    }

    mutating func forget(_ key: String) { items[key] = nil }

    /// Where the journal of a file lies: the same for the same file and node, whatever has been put right in the file.
    static func path(of file: String, _ profile: Profile) throws(ClientError) -> String {
        let directory = "\(profile.directory)/imports"
        try LocalFiles.makeFolder(directory)
        let name = SHA256.hash(Array("\(LocalFiles.resolved(file))\n\(profile.node)\n\(profile.space)".utf8)).description
        return "\(directory)/\(name.prefix(32)).jsonl"
    }

    /// By which a listing is known: the same content is the same item.
    static func key(_ document: ListingDocument) -> String {
        SHA256.hash(JSONValue.object(document.json).serialized()).description
    }
}
