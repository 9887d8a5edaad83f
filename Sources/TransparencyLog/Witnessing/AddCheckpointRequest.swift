import Encoding
import Signing

/// What a log asks a witness to cosign (C2SP tlog-witness, the body of `add-checkpoint`):
///
///     old <the size that the witness has cosigned last, in decimal>
///     <base64 of one hash of the consistency proof>  (at most 63 lines)
///
///     <signed note: the checkpoint>
public struct AddCheckpointRequest: Sendable, Hashable {
    /// The longest request that is read, in bytes: room for every proof and for a note with many signatures.
    public static let maximumLength = 128 << 10
    /// The most hashes of a proof.
    public static let maximumProofCount = 63
    public static let path = "add-checkpoint"
    /// The media type of a 409 answer's body: the size that the witness knows, in decimal, and a line feed.
    public static let sizeMediaType = "text/x.tlog.size"

    /// The size of the tree that the proof starts from; 0 if the witness has cosigned none.
    public let oldSize: UInt64
    /// The consistency proof from the old size to the checkpoint's (RFC 6962 section 2.1.2).
    public let proof: [SHA256Digest]
    public let note: SignedNote

    public init(oldSize: UInt64, proof: [SHA256Digest], note: SignedNote) {
        self.oldSize = oldSize
        self.proof = proof
        self.note = note
    }

    /// Reads a body; throws what is wrong with it and in which line.
    public init(_ bytes: [UInt8]) throws(AddCheckpointError) {
        guard bytes.count <= Self.maximumLength else { throw .tooLong(count: bytes.count) }
        var rest = bytes[...]
        guard let first = Self.line(&rest) else { throw .badOldSize(line: "") }
        guard first.starts(with: "old ".utf8), let size = Self.decimal(first.dropFirst(4)) else {
            throw .badOldSize(line: String(decoding: first.prefix(40), as: UTF8.self))
        }
        var proof: [SHA256Digest] = []
        while true {
            let number = proof.count + 2
            guard let line = Self.line(&rest) else { throw .noEmptyLine(line: number) }
            if line.isEmpty { break }
            guard let hash = String(validating: line, as: UTF8.self).flatMap(Base64.decode).flatMap({ SHA256Digest($0) }) else {
                throw .badHash(line: number)
            }
            guard proof.count < Self.maximumProofCount else { throw .tooManyHashes }
            proof.append(hash)
        }
        do throws(SignedNoteError) { note = try SignedNote(Array(rest)) } catch { throw .badNote(error) }
        oldSize = size
        self.proof = proof
    }

    /// The body.
    public var bytes: [UInt8] {
        var lines = "old \(oldSize)\n"
        for hash in proof { lines += Base64.encode(hash.bytes) + "\n" }
        return Array(lines.utf8) + [0x0A] + note.bytes
    }

    /// The size in the body of a 409 answer; `nil` unless it is one in the form of the specification.
    public static func size(inConflictBody bytes: [UInt8]) -> UInt64? {
        guard bytes.last == 0x0A else { return nil }
        return decimal(bytes.dropLast())
    }

    /// A number in ASCII decimal without leading zeros.
    private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard (1...20).contains(digits.count), digits.allSatisfy({ (0x30...0x39).contains($0) }),
            digits.count == 1 || digits.first != 0x30
        else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    /// Takes a line, without its line feed, from the front; `nil` if there is no line feed any more.
    private static func line(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard let end = rest.firstIndex(of: 0x0A) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }
}

/// Why the body of an `add-checkpoint` request cannot be read.
public enum AddCheckpointError: Error, Equatable, CustomStringConvertible {
    case tooLong(count: Int)
    case badOldSize(line: String)
    case badHash(line: Int)
    case tooManyHashes
    case noEmptyLine(line: Int)
    case badNote(SignedNoteError)

    public var description: String {
        switch self {
        case .tooLong(let count):
            "the request has \(count) bytes; at most \(AddCheckpointRequest.maximumLength) are read"
        case .badOldSize(let line):
            "line 1 is \"\(line)\"; it must be \"old\", a space and a tree size in decimal without leading zeros"
        case .badHash(let line): "line \(line) is neither the base64 of a 32-byte hash nor empty"
        case .tooManyHashes:
            "the consistency proof has more than \(AddCheckpointRequest.maximumProofCount) hashes"
        case .noEmptyLine(let line): "the request ends at line \(line), before the empty line that parts proof and checkpoint"
        case .badNote(let error): "the checkpoint behind the empty line: \(error)"
        }
    }
}
