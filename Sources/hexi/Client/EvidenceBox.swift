import CommandLineInterface
import Encoding
import Exchange
import Glibc
import HTTPTransport
import Signing

/// A file that proves something, ready to be named in a statement and sent to the node.
struct EvidenceFile: Sendable, Hashable {
    let reference: EvidenceReference
    /// Where the bytes lie that are uploaded: 32 random bytes, and then the file's own.
    let path: String
}

/// The evidence of a profile that the node does not have yet.
///
/// A statement names a file by the digest of its salted bytes, and the node takes the file only once the statement is on
/// the ledger. Until then the salted bytes lie here: should the upload fail, it is repeated with the very same bytes.
struct EvidenceBox: Sendable {
    let directory: String

    init(_ profile: Profile) { directory = "\(profile.directory)/evidence" }

    /// How `--evidence` is written.
    static let option = CommandOption.value(
        "evidence", "KIND=FILE", about: "a file that proves it, such as contract=agreement.pdf; it is sent to the node, and only its salted hash is public",
        isRepeated: true, completion: .file)

    /// Salts the files that `--evidence` names, and keeps them here.
    func prepare(_ texts: [String]) throws -> [EvidenceFile] {
        guard texts.count <= EvidenceReference.maximumCount else {
            throw UsageError.badValue(
                of: "--evidence", value: "\(texts.count) files", reason: "give at most \(EvidenceReference.maximumCount)")
        }
        return try texts.map { text in
            let (kind, file) = try Notation.pair(text, of: "--evidence", form: "KIND=FILE, such as contract=agreement.pdf")
            guard Self.isKind(kind) else {
                throw UsageError.badValue(
                    of: "--evidence", value: text, reason: "before the = write what the file is, in 1 to 32 lower-case letters, digits and inner hyphens, such as business-licence")
            }
            return try prepare(kind: kind, file: file)
        }
    }

    private func prepare(kind: String, file: String) throws(ClientError) -> EvidenceFile {
        let content = try LocalFiles.read(file, maximumCount: Int(EvidenceReference.maximumSize))
        guard !content.isEmpty else { throw .file(path: file, reason: "is empty; evidence needs content") }
        let salted = RandomBytes.generate(EvidenceReference.saltCount) + content
        let digest = SHA256.hash(salted).description
        let reference = EvidenceReference(
            kind: kind, name: Self.name(of: file), mediaType: Self.mediaType(of: file, content), size: Int64(content.count),
            sha256: digest)
        try LocalFiles.makeFolder(directory)
        let path = "\(directory)/\(digest)"
        try LocalFiles.write(salted, to: path)
        return EvidenceFile(reference: reference, path: path)
    }

    /// Sends files that a recorded statement names; each is forgotten here once the node has it.
    func upload(_ digests: [String], _ client: NodeClient, progress: @escaping @Sendable (UInt64) -> Void) async throws(ClientError) {
        for digest in digests {
            let path = "\(directory)/\(digest)"
            let found = try FileDigest.compute(path) { _ in }
            guard found.description == digest else {
                throw .file(path: path, reason: "was changed: its SHA-256 is \(found), not what it is named after")
            }
            _ = try await client.upload(
                RequestTarget("/api/v1/evidence/\(digest)"), method: "PUT", file: path, digest: found, type: "application/octet-stream",
                progress: progress)
            LocalFiles.remove(path)
        }
    }

    /// The digests of the files that wait here.
    var waiting: [String] { LocalFiles.names(in: directory).filter { $0.utf8.count == 64 } }

    /// Forgets files of a statement that was refused.
    func discard(_ files: [EvidenceFile]) {
        for file in files { LocalFiles.remove(file.path) }
    }

    // MARK: What a file is

    private static func isKind(_ text: String) -> Bool {
        let bytes = Array(text.utf8)
        return (1...32).contains(bytes.count) && bytes.first != 0x2D && bytes.last != 0x2D
            && bytes.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
    }

    /// The file's own name, without folders, as a title.
    private static func name(of file: String) -> String {
        let last = file.split(separator: "/").last.map(String.init) ?? file
        let plain = String(String.UnicodeScalarView(last.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(200)))
        return plain.isEmpty ? "file" : plain
    }

    /// By the first bytes where they tell, else by the name's ending.
    private static func mediaType(of file: String, _ content: [UInt8]) -> String {
        let marks: [([UInt8], String)] = [
            (Array("%PDF-".utf8), "application/pdf"), ([0x89, 0x50, 0x4E, 0x47], "image/png"), ([0xFF, 0xD8, 0xFF], "image/jpeg"),
        ]
        if let found = marks.first(where: { content.starts(with: $0.0) }) { return found.1 }
        let endings = ["txt": "text/plain", "csv": "text/csv", "json": "application/json", "xml": "application/xml", "zip": "application/zip"]
        return file.split(separator: ".").last.flatMap { endings[$0.lowercased()] } ?? "application/octet-stream"
    }
}
