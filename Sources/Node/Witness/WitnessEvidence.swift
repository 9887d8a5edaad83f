import Encoding
import Glibc
import Signing
import TransparencyLog

/// Keeps what a log signed against its own word, for whoever has to judge it: the request as it came, and the note that
/// had been cosigned before.
struct WitnessEvidence: Sendable {
    let directory: String
    let file: DurableFile

    /// How many files of a kind are kept of one log. Anybody can send a log's own checkpoint with a wrong proof, so
    /// without a limit anybody could fill the disk.
    static let maximumCount = 32

    /// Keeps a refused request; the same checkpoint only once.
    ///
    /// - Returns: the file's path; `nil` if it was there already or there are enough.
    func keep(
        _ request: AddCheckpointRequest, refusal: WitnessRefusal, known: SignedNote?, log: WitnessedLog, at time: Timestamp
    ) throws -> String? {
        let kind = refusal.status == 409 ? "fork" : "proof"
        let prefix = "\(kind)-\(Hexadecimal.encode(SHA256.hash(log.origin.utf8).bytes.prefix(8)))-"
        let name = "\(prefix)\(Hexadecimal.encode(SHA256.hash(request.note.text.utf8).bytes.prefix(16))).json"
        try PrivateFile.makeDirectory(directory)
        let names = Self.names(in: directory)
        guard !names.contains(name), names.count(where: { $0.hasPrefix(prefix) }) < Self.maximumCount else { return nil }
        var document: JSONObject = [
            "origin": .string(log.origin), "time": .string(time.description), "reason": .string(refusal.description),
            "logKeys": .array(log.verifiers.map { .string($0.description) }),
        ]
        document["cosignedBefore"] = known.map { .string(String(decoding: $0.bytes, as: UTF8.self)) }
        document["request"] = .string(String(decoding: request.bytes, as: UTF8.self))
        let path = "\(directory)/\(name)"
        try file.replace(path, with: Array(JSONValue.object(document).prettyString().utf8) + [0x0A])
        return path
    }

    private static func names(in directory: String) -> Set<String> {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var names: Set<String> = []
        while let item = readdir(handle) {
            names.insert(
                withUnsafeBytes(of: item.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names
    }
}
