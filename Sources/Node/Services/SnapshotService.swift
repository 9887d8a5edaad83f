import Encoding
import Exchange
import Glibc
import HTTPTransport
import Sandbox
import Signing
import Storage

/// What the node knows of an uploaded snapshot.
struct SnapshotRecord: Sendable {
    var sha256: String
    var provider: Identifier
    var rows: Int64
    var bytes: Int64
    var columns: [(name: String, type: String)]

    var json: JSONValue {
        [
            "sha256": .string(sha256), "provider": .string(provider.text), "rows": .integer(rows),
            "bytes": .integer(bytes),
            "columns": .array(columns.map { ["name": .string($0.name), "type": .string($0.type)] }),
        ]
    }

    init(sha256: String, provider: Identifier, rows: Int64, bytes: Int64, columns: [(name: String, type: String)]) {
        self.sha256 = sha256
        self.provider = provider
        self.rows = rows
        self.bytes = bytes
        self.columns = columns
    }

    init(_ cursor: JSONCursor) throws {
        sha256 = try cursor.member("sha256").string(maximumCount: 64)
        provider = try Identifier(cursor.member("provider").string(maximumCount: 128), kind: .participant)
        rows = try cursor.member("rows").integer(in: 0...Int64.max)
        bytes = try cursor.member("bytes").integer(in: 0...Int64.max)
        columns = []
        for element in try cursor.member("columns").array(maximumCount: 1000) {
            columns.append((try element.member("name").string(), try element.member("type").string()))
        }
    }
}

/// Brings providers' files in as immutable snapshots, and lays them out for runs.
///
/// At rest a snapshot is encrypted in the vault. A run needs it as a plain file; that copy lies in the work folder while
/// the node serves, readable by its owner alone, and is made anew, its content hash checked, after every start.
actor SnapshotService {
    private let home: NodeHome
    private let vault: Vault
    private let engine: SandboxEngine
    private let metrics: Metrics
    private var workingCopies: [String: Task<String, any Error>] = [:]

    nonisolated var uploadDirectory: String { "\(home.workDirectory)/uploads" }
    private nonisolated var copyDirectory: String { "\(home.workDirectory)/snapshots" }

    init(home: NodeHome, vault: Vault, engine: SandboxEngine, metrics: Metrics) {
        self.home = home
        self.vault = vault
        self.engine = engine
        self.metrics = metrics
    }

    /// Makes the work folders, empty.
    nonisolated func prepare() throws {
        for path in [uploadDirectory, copyDirectory] {
            try PrivateFile.makeDirectory(path)
            PrivateFile.empty(path)
        }
    }

    nonisolated func cleanUp() {
        for path in [uploadDirectory, copyDirectory] { PrivateFile.empty(path) }
    }

    /// Imports an uploaded file. The engine reads it inside the sandbox: a file from outside may be hostile.
    nonisolated func importFile(_ path: String, format: ImportFormat, provider: Identifier) async throws -> SnapshotRecord {
        let target = "\(uploadDirectory)/\(Nonce.make()).duckdb"
        defer { unlink(target) }
        let description: SnapshotDescription
        do {
            description = try await engine.importTable(from: path, format: format, to: target)
        } catch {
            if DiskRoom.isExhausted(at: uploadDirectory) { throw DiskRoom.problem("the node's disk became full") }
            throw SandboxProblem.problem(error)
        }
        let record = try await BlockingWork.run { [vault] in
            let digest = try vault.store(file: target, kind: .snapshot)
            let record = SnapshotRecord(
                sha256: digest.description, provider: provider, rows: description.rows, bytes: description.bytes,
                columns: description.columns.map { ($0.name, $0.type) })
            try PrivateFile.write(record.json.serialized(), to: self.recordPath(record.sha256, provider))
            return record
        }
        metrics.countUpload(bytes: Int(record.bytes))
        return record
    }

    /// Each provider has a record of its own: two can bring in the same public data.
    private nonisolated func recordPath(_ sha256: String, _ provider: Identifier) -> String {
        "\(home.snapshotDirectory)/\(sha256)-\(provider.text.drop { $0 != "/" }.dropFirst()).json"
    }

    /// What is known of a provider's snapshot, or `nil` if the node does not have it.
    nonisolated func record(_ sha256: String, of provider: Identifier) throws -> SnapshotRecord? {
        // The name becomes a path, so it must be a digest and nothing else.
        guard sha256.utf8.count == 64, Hexadecimal.decode(sha256) != nil else { return nil }
        let path = recordPath(sha256, provider)
        guard access(path, F_OK) == 0 else { return nil }
        return try SnapshotRecord(JSONCursor(JSONValue.parse(PrivateFile.read(path, maximumCount: 1 << 20))))
    }

    /// Refuses a listing that does not describe a snapshot which its provider brought to this node. An entry of the
    /// catalogue only describes none.
    nonisolated func check(_ listing: ProductListing) throws {
        func problem(_ detail: String, _ pointer: String, hint: String) -> Problem {
            Problem(
                code: "snapshot-differs", status: 422, title: "The listing does not describe the snapshot",
                detail: detail, pointer: pointer, hint: hint)
        }
        guard let data = listing.data else { return }
        guard let record = try record(data.snapshot, of: listing.provider), record.provider == listing.provider else {
            throw problem(
                "this node holds no snapshot \(data.snapshot) of this provider", "/snapshot/sha256",
                hint: "Import the file first, with `hexi product import`.")
        }
        guard record.rows == data.rowCount else {
            throw problem(
                "the snapshot has \(record.rows) rows, the listing says \(data.rowCount)", "/snapshot/rows",
                hint: "Take the number from the import's answer.")
        }
        guard record.columns.map(\.name) == data.columns.map(\.name),
            record.columns.map(\.type) == data.columns.map(\.type)
        else {
            throw problem(
                "the snapshot's columns are \(record.columns.map { "\($0.name) \($0.type)" }.joined(separator: ", "))",
                "/snapshot/columns", hint: "List exactly these, in this order, each with its role.")
        }
    }

    /// The path of a snapshot's plain working copy, made if need be.
    func workingCopy(_ sha256: String) async throws -> String {
        if let task = workingCopies[sha256] { return try await task.value }
        guard let bytes = Hexadecimal.decode(sha256), let digest = SHA256Digest(bytes) else {
            throw NodeError.home(path: sha256, reason: "is not a snapshot's digest")
        }
        let path = "\(copyDirectory)/\(sha256).duckdb"
        let vault = vault
        // Decrypting a large snapshot takes a while: not on this actor, and only once however many runs ask.
        let task = Task {
            try await BlockingWork.run {
                try vault.materialise(digest, to: path, mode: 0o400)
                return path
            }
        }
        workingCopies[sha256] = task
        do { return try await task.value } catch {
            workingCopies[sha256] = nil
            throw error
        }
    }
}
