import Encoding
import Exchange

/// What a provider keeps of an imported snapshot, so that a listing can be made from it later.
struct SnapshotRecord: Sendable, Hashable {
    /// SHA-256 of the snapshot, lower-case hexadecimal.
    let digest: String
    let rowCount: Int64
    let columns: [(name: String, type: String)]
    /// As the node described it.
    let json: JSONValue

    static func == (left: SnapshotRecord, right: SnapshotRecord) -> Bool { left.json == right.json }
    func hash(into hasher: inout Hasher) { hasher.combine(json) }

    /// Reads the answer to an import, `{"snapshot": {…}}`, or its inner object.
    init(_ document: JSONValue) throws(JSONMismatch) {
        json = document["snapshot"] ?? document
        let cursor = JSONCursor(json)
        digest = try cursor.member("sha256").string(minimumCount: 64, maximumCount: 64)
        guard Hexadecimal.decode(digest) != nil else {
            throw try cursor.member("sha256").mismatch("must be a SHA-256 digest of 64 lower-case hexadecimal digits")
        }
        rowCount = try cursor.member("rows").integer(in: 0...Int64.max)
        var columns: [(name: String, type: String)] = []
        for element in try cursor.member("columns").array(minimumCount: 1, maximumCount: 1000) {
            columns.append(
                (try element.member("name").string(maximumCount: 128), try element.member("type").string(maximumCount: 256)))
        }
        self.columns = columns
    }

    /// Keeps the record in a profile.
    func save(in directory: String) throws(ClientError) {
        try LocalFiles.makeFolder(directory)
        try LocalFiles.write(Array((json.prettyString() + "\n").utf8), to: "\(directory)/\(digest).json")
    }

    /// Reads a record: a file, `-` for standard input, or a kept snapshot by at least eight digits of its SHA-256.
    static func find(_ text: String, in directory: String?) throws(ClientError) -> SnapshotRecord {
        var path = text
        if let directory, text.count >= 8, text.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }) {
            let found = LocalFiles.names(in: directory).filter { $0.hasPrefix(text) }
            guard found.count <= 1 else {
                throw .refused("\(found.count) snapshots begin with \(text)", hint: "Give more digits.")
            }
            if let name = found.first { path = "\(directory)/\(name)" }
        }
        let bytes = try LocalFiles.read(path, maximumCount: 4 << 20)
        do { return try SnapshotRecord(JSONValue.parse(bytes)) } catch {
            throw .file(path: path, reason: "is no description of a snapshot as \"hexi product import --json\" prints it: \(error)")
        }
    }
}
