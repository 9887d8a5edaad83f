/// A text with signatures, as transparency logs publish them (C2SP signed-note). The text means nothing before
/// ``verify(with:)`` has returned.
public struct SignedNote: Sendable, Hashable {
    /// The largest note that is read, in bytes.
    public static let maximumLength = 1 << 20
    /// The most signatures that are read; the specification asks for at least 16.
    public static let maximumSignatures = 100

    /// What is signed; ends with a line feed.
    public let text: String
    public private(set) var signatures: [NoteSignature]

    /// Signs a text, which must end with a line feed and hold no other control characters.
    /// Throws ``SignedNoteError/badText(reason:)``.
    public init(text: String, signers: [NoteSigner]) throws(SignedNoteError) {
        if let reason = Self.problem(in: Array(text.utf8)) { throw .badText(reason: reason) }
        guard text.utf8.last == 0x0A else { throw .badText(reason: "it does not end with a line feed") }
        self.text = text
        signatures = signers.map { $0.signature(of: text) }
    }

    /// Reads a note; throws ``SignedNoteError/malformed(reason:)``.
    public init(_ bytes: [UInt8]) throws(SignedNoteError) {
        guard bytes.count <= Self.maximumLength else {
            throw .malformed(reason: "it has \(bytes.count) bytes, more than \(Self.maximumLength)")
        }
        if let reason = Self.problem(in: bytes) { throw .malformed(reason: reason) }
        guard bytes.last == 0x0A else { throw .malformed(reason: "it does not end with a line feed") }
        // The last empty line separates: the text itself may have empty lines.
        guard let blank = bytes.indices.dropFirst().last(where: { bytes[$0] == 0x0A && bytes[$0 - 1] == 0x0A }) else {
            throw .malformed(reason: "no empty line separates the text from the signatures")
        }
        text = String(decoding: bytes[..<blank], as: UTF8.self)
        let lines = String(decoding: bytes[(blank + 1)...].dropLast(), as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count <= Self.maximumSignatures else {
            throw .malformed(reason: "it has \(lines.count) signatures, more than \(Self.maximumSignatures)")
        }
        var signatures: [NoteSignature] = []
        for (index, line) in lines.enumerated() {
            guard let signature = NoteSignature(line: line) else {
                throw .malformed(
                    reason: "signature line \(index + 1) is not \"\u{2014} name base64(key identifier and signature)\"")
            }
            signatures.append(signature)
        }
        self.signatures = signatures
    }

    /// The note as it is written.
    public var bytes: [UInt8] {
        Array(text.utf8) + [0x0A] + signatures.flatMap { Array($0.line.utf8) + [0x0A] }
    }

    /// Adds a signature; one by the same key is replaced.
    public mutating func add(_ signer: NoteSigner) { add(signer.signature(of: text)) }

    /// Adds a signature line as it is, verified or not; one by the same key (name and identifier) is replaced in its place.
    ///
    /// - Returns: false, with nothing added, if the note has ``maximumSignatures`` already.
    @discardableResult
    public mutating func add(_ signature: NoteSignature) -> Bool {
        let isSameKey = { (other: NoteSignature) in
            other.keyIdentifier == signature.keyIdentifier && other.keyName.utf8.elementsEqual(signature.keyName.utf8)
        }
        if let place = signatures.firstIndex(where: isSameKey) {
            signatures[place] = signature
            let rest = signatures[(place + 1)...].filter { !isSameKey($0) }
            signatures.replaceSubrange((place + 1)..., with: rest)
            return true
        }
        guard signatures.count < Self.maximumSignatures else { return false }
        signatures.append(signature)
        return true
    }

    /// The known keys that have signed, in the order of the signatures. Signatures by other keys are ignored.
    ///
    /// Throws ``SignedNoteError/wrongSignature(keyName:keyIdentifier:)`` if a signature by a known key is wrong, and
    /// ``SignedNoteError/noKnownSignature(signers:known:)`` if there is none by a known key.
    @discardableResult
    public func verify(with verifiers: [NoteVerifier]) throws(SignedNoteError) -> [NoteVerifier] {
        let message = Array(text.utf8)
        var verified: [NoteVerifier] = []
        for signature in signatures {
            let matching = verifiers.filter {
                $0.name == signature.keyName && $0.keyIdentifier == signature.keyIdentifier
            }
            guard !matching.isEmpty else { continue }
            guard let verifier = matching.first(where: { $0.key.isValid(signature: signature.signature, for: message) })
            else { throw .wrongSignature(keyName: signature.keyName, keyIdentifier: signature.keyIdentifier) }
            if !verified.contains(verifier) { verified.append(verifier) }
        }
        guard !verified.isEmpty else {
            throw .noKnownSignature(signers: signatures.map(\.keyName), known: verifiers.map(\.name))
        }
        return verified
    }

    private static func problem(in bytes: [UInt8]) -> String? {
        if let position = bytes.firstIndex(where: { $0 < 0x20 && $0 != 0x0A }) {
            return "byte \(position) is a control character other than a line feed"
        }
        return String(validating: bytes, as: UTF8.self) == nil ? "it is not UTF-8" : nil
    }
}
