import Encoding
import Glibc
import Signing

/// The formats that can be imported.
public enum ImportFormat: String, Sendable, Hashable, CaseIterable {
    /// With a header line; the separator, quotes and column types are found by reading the whole file.
    case csv
    case parquet
}

/// An immutable table, made once from a provider's file.
public struct SnapshotDescription: Sendable, Hashable {
    public struct Column: Sendable, Hashable {
        public var name: String
        /// The DuckDB type.
        public var type: String

        public init(name: String, type: String) {
            self.name = name
            self.type = type
        }
    }

    /// Of the snapshot file.
    public var sha256: SHA256Digest
    public var rows: Int64
    public var columns: [Column]
    /// Size of the snapshot file.
    public var bytes: Int64
}

extension SandboxEngine {
    /// Imports a file as an immutable snapshot: a DuckDB file with one table, readable by its owner only.
    ///
    /// The file is untrusted, so it is read inside the sandbox too. When the call returns, the snapshot is complete, on disk
    /// and under its final name; before that, nothing is there.
    ///
    /// - Parameters:
    ///   - snapshotPath: where to put the snapshot; there must be nothing yet.
    ///   - nullSpellings: which texts of a CSV field mean that the value is missing.
    ///   - limits: `nil` for the configuration's, with an hour and 64 GiB of file.
    /// - Throws: `importFailed` with the engine's reason and the line in the file.
    public func importTable(
        from file: String, format: ImportFormat, to snapshotPath: String, nullSpellings: [String] = ["", "NA"],
        limits: RunLimits? = nil
    ) async throws(SandboxError) -> SnapshotDescription {
        guard access(file, R_OK) == 0 else { throw .importFailed(message: "\(file) cannot be read", line: nil) }
        guard access(snapshotPath, F_OK) != 0 else { throw .importFailed(message: "\(snapshotPath) is there already", line: nil) }
        let work = try makeWorkFolder()
        defer { removeFolder(work) }
        let columns = try await load(file, format, into: work, nullSpellings, limits ?? importLimits)
        let made = work + "/snapshot.duckdb"
        let (hash, bytes) = try Self.hash(made)
        guard chmod(made, 0o400) == 0, Self.makeDurable(made), link(made, snapshotPath) == 0 else {
            throw .importFailed(message: "the snapshot cannot be put at \(snapshotPath): \(String(cString: strerror(errno)))", line: nil)
        }
        return SnapshotDescription(sha256: hash, rows: columns.rows, columns: columns.columns, bytes: bytes)
    }

    private var importLimits: RunLimits {
        var limits = configuration.limits
        limits.wallClockSeconds = 3600
        limits.cpuSeconds = 7200
        return limits
    }

    private static let maximumSnapshotBytes = 64 << 30

    private func load(
        _ file: String, _ format: ImportFormat, into work: String, _ nullSpellings: [String], _ limits: RunLimits
    ) async throws(SandboxError) -> (rows: Int64, columns: [SnapshotDescription.Column]) {
        var script = EngineScript(limits: limits)
        script.add("ATTACH '/output/snapshot.duckdb' AS snapshot")
        script.add("CREATE TABLE snapshot.main.data AS FROM \(Self.source(format, file, nullSpellings))")
        script.add("CHECKPOINT snapshot")
        script.add("SELECT json_array(count(*)) FROM snapshot.main.data")
        script.add(
            "SELECT json_array(column_name, data_type) FROM duckdb_columns() "
                + "WHERE database_name = 'snapshot' AND table_name = 'data' ORDER BY column_index")
        script.add("DETACH snapshot")
        let mounts = [
            Mount(source: file, target: "/data/input"), Mount(source: work, target: "/output", isWritable: true),
        ]
        let outcome = try await execute(script, mounts: mounts, limits: limits, maximumFileBytes: Self.maximumSnapshotBytes)
        guard case .exited(0) = outcome.ending else { throw Self.importFailure(outcome, limits, file, format) }
        var rows: Int64?
        var columns: [SnapshotDescription.Column] = []
        for line in outcome.output.split(separator: 0x0A) {
            let values = (try? JSONValue.parse(line, maximumDepth: 2))?.arrayValue ?? []
            if values.count == 1 { rows = values[0].integerValue }
            if values.count == 2, let name = values[0].stringValue, let type = values[1].stringValue {
                columns.append(.init(name: name, type: type))
            }
        }
        guard let rows, !columns.isEmpty else { throw .importFailed(message: "the engine did not describe the table", line: nil) }
        return (rows, columns)
    }

    private static func source(_ format: ImportFormat, _ file: String, _ nullSpellings: [String]) -> String {
        switch format {
        case .parquet: return "read_parquet('/data/input')"
        case .csv:
            let spellings = nullSpellings.map { EngineScript.literal(Array($0.utf8)) }.joined(separator: ", ")
            // The dialect is told, not guessed (RFC 4180): the engine's guess may take a file with uneven rows for one of a
            // single column, or leave out lines that look like comments, in silence.
            let delimiter = EngineScript.literal([CSVDialect.delimiter(of: file)])
            return "read_csv('/data/input', header=true, sample_size=-1, delim=\(delimiter), quote='\"', escape='\"', "
                + "comment='', nullstr=[\(spellings)])"
        }
    }

    private static func importFailure(
        _ outcome: ChildOutcome, _ limits: RunLimits, _ file: String, _ format: ImportFormat
    ) -> SandboxError {
        let error = EngineMessage(outcome.errorText).error(for: outcome.ending, limits: limits)
        guard case .engineFailed = error else { return error }
        // The engine says that rows are uneven, but not always which.
        if format == .csv, let uneven = CSVDialect.firstUnevenLine(of: file) {
            return .importFailed(
                message: "the header has \(uneven.expected) fields, this line has \(uneven.found)", line: uneven.line)
        }
        let text = outcome.errorText.replacing("/data/input", with: "the file")
        // Such as "CSV Error on Line: 17".
        let digits = text.firstRange(of: "Line: ").map { text[$0.upperBound...].prefix { $0.isNumber } }
        let lines = text.split(separator: "\n").map(String.init).filter { !$0.allSatisfy(\.isWhitespace) }
        return .importFailed(message: lines.prefix(3).joined(separator: " "), line: digits.flatMap { Int($0) })
    }

    // MARK: Files

    func makeWorkFolder() throws(SandboxError) -> String {
        var template = Array((configuration.scratchDirectory + "/import-XXXXXX").utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) } != nil
        }
        guard made else {
            throw .importFailed(
                message: "no folder can be made in \(configuration.scratchDirectory): \(String(cString: strerror(errno)))", line: nil)
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Removes the folder and the files in it; there are no folders in it that matter.
    func removeFolder(_ path: String) {
        if let folder = opendir(path) {
            while let entry = readdir(folder) {
                let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                if name != ".", name != ".." { unlink(path + "/" + name) }
            }
            closedir(folder)
        }
        rmdir(path)
    }

    private static func makeDurable(_ path: String) -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        return fsync(file) == 0
    }

    /// Hash and size of a file, read piece by piece.
    static func hash(_ path: String) throws(SandboxError) -> (SHA256Digest, Int64) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 else { throw .importFailed(message: "\(path) cannot be opened", line: nil) }
        defer { close(file) }
        var hash = SHA256.Incremental()
        var bytes: Int64 = 0
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .importFailed(message: "\(path) cannot be read", line: nil) }
            if count == 0 { return (hash.finish(), bytes) }
            buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
            bytes += Int64(count)
        }
    }
}
