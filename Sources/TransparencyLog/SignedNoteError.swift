/// Why a signed note, a note key or a checkpoint was refused.
public enum SignedNoteError: Error, Equatable, CustomStringConvertible {
    case badName(String)
    case badVerifierKey(String, reason: String)
    case malformed(reason: String)
    case badText(reason: String)
    /// A signature by a known key does not fit the text.
    case wrongSignature(keyName: String, keyIdentifier: UInt32)
    /// None of the known keys has signed.
    case noKnownSignature(signers: [String], known: [String])
    case badCheckpoint(line: Int, reason: String)

    public var description: String {
        switch self {
        case .badName(let name):
            "\"\(name)\" cannot name a note key: a name is not empty and has no spaces, plus signs or control characters"
        case .badVerifierKey(let text, let reason):
            "\"\(text)\" is not a verifier key (name+key identifier in hexadecimal+base64): \(reason)"
        case .malformed(let reason):
            "the signed note is malformed: \(reason)"
        case .badText(let reason):
            "this text cannot be signed as a note: \(reason)"
        case .wrongSignature(let name, let identifier):
            "the note's signature by \(name)+\(VerifierKeyText.hexadecimal(identifier)) does not fit its text"
        case .noKnownSignature(let signers, let known):
            "the note is signed by \(Self.list(signers)), but by none of the keys known here: \(Self.list(known))"
        case .badCheckpoint(let line, let reason):
            "line \(line) of the checkpoint: \(reason)"
        }
    }

    private static func list(_ names: [String]) -> String { names.isEmpty ? "none" : names.joined(separator: ", ") }
}
