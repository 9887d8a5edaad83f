import Compression
import Encoding

/// What a set bit of a status list says of a credential (W3C Bitstring Status List v1.0, section 2.2).
public enum StatusPurpose: String, Sendable, Hashable, CaseIterable {
    /// For good.
    case revocation
    /// For a time.
    case suspension
}

/// A status list: one bit for each credential, so many that to ask for it tells nobody which credential is looked at
/// (W3C Bitstring Status List v1.0, section 3).
public struct StatusList: Sendable, Hashable {
    /// The fewest bits of a list: 16 KiB (section 3.2).
    public static let minimumCount = 131_072
    /// The most bytes, unpacked, of a list that is read.
    public static let maximumByteCount = 4 << 20

    /// Index 0 is the first byte's highest bit.
    private var bytes: [UInt8]

    /// A list of which no bit is set.
    public init() { bytes = [UInt8](repeating: 0, count: Self.minimumCount / 8) }

    /// The number of bits.
    public var count: Int { bytes.count * 8 }

    /// Whether a bit is set; `nil` where the list has no such bit.
    public func isSet(_ index: Int) -> Bool? {
        guard index >= 0, index < count else { return nil }
        return bytes[index / 8] & (0x80 >> UInt8(index % 8)) != 0
    }

    /// Sets a bit; false where the list has no such bit.
    @discardableResult
    public mutating func set(_ index: Int) -> Bool {
        guard index >= 0, index < count else { return false }
        bytes[index / 8] |= 0x80 >> UInt8(index % 8)
        return true
    }

    /// Multibase's letter for base64url without padding, and then the bits as packed by gzip.
    public func encoded() throws(CredentialError) -> String {
        do { return "u" + Base64.encodeURL(try GzipFormat.compress(bytes, level: .small)) } catch {
            throw .badStatusList(error.description)
        }
    }

    public init(encoded text: String) throws(CredentialError) {
        guard text.hasPrefix("u"), let packed = Base64.decodeURL(String(text.dropFirst())) else {
            throw .badStatusList("\"encodedList\" must be \"u\" and base64url without padding")
        }
        do { bytes = try GzipFormat.decompress(packed, maximumCount: Self.maximumByteCount) } catch {
            throw .badStatusList(error.description)
        }
        guard bytes.count * 8 >= Self.minimumCount else {
            throw .badStatusList("it has \(bytes.count * 8) bits; a list has at least \(Self.minimumCount)")
        }
    }
}

/// Where a credential's status stands (section 2.1, `BitstringStatusListEntry`).
public struct StatusListEntry: Sendable, Hashable {
    /// The address of the credential that holds the list.
    public var list: String
    public var purpose: StatusPurpose
    public var index: Int

    public init(list: String, purpose: StatusPurpose, index: Int) {
        self.list = list
        self.purpose = purpose
        self.index = index
    }

    public var json: JSONValue {
        [
            "id": .string("\(list)#\(index)"), "type": "BitstringStatusListEntry", "statusPurpose": .string(purpose.rawValue),
            "statusListIndex": .string(String(index)), "statusListCredential": .string(list),
        ]
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        let type = try cursor.member("type")
        guard try type.string() == "BitstringStatusListEntry" else { throw type.mismatch("must be \"BitstringStatusListEntry\"") }
        purpose = try cursor.member("statusPurpose").oneOf(StatusPurpose.self)
        let member = try cursor.member("statusListIndex")
        guard let number = Int(try member.string(minimumCount: 1, maximumCount: 12)), number >= 0 else {
            throw member.mismatch("must be a number from 0 in decimal digits, as a string")
        }
        index = number
        list = try cursor.member("statusListCredential").string(minimumCount: 1, maximumCount: 2048)
    }
}
