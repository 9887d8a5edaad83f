/// Why a file is no bundle that may be used.
public enum BundleError: Error, Sendable, Hashable, CustomStringConvertible {
    case notABundle(expected: String)
    case manifestTooLong(limit: Int)
    case badManifest(String)
    case badSignature(String)
    case unknownSigner(String)
    case tooManyParts(limit: Int)
    /// The parts do not fill the file exactly.
    case wrongLength(expected: UInt64, found: UInt64)
    case damagedPart(number: Int)
    case unreadable(path: String, reason: String)

    public var description: String {
        switch self {
        case .notABundle(let expected): "the file is no bundle: it does not begin with \"\(expected)\""
        case .manifestTooLong(let limit): "the bundle's second line is longer than the \(limit) bytes that a manifest may have"
        case .badManifest(let reason): "the bundle's manifest is wrong: \(reason)"
        case .badSignature(let reason): "the bundle's signature does not hold: \(reason)"
        case .unknownSigner(let key): "the bundle is signed with the key \(key.prefix(64)), which is not known here"
        case .tooManyParts(let limit): "a bundle holds at most \(limit) requests; make several"
        case .wrongLength(let expected, let found):
            "the bundle should have \(expected) bytes by its manifest, it has \(found); copy it again"
        case .damagedPart(let number): "part \(number) of the bundle differs from its digest in the manifest; copy the file again"
        case .unreadable(let path, let reason): "cannot read or write \"\(path)\": \(reason)"
        }
    }
}
