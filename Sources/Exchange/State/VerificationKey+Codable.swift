import Encoding
import Signing

// A key in stored state was checked when it was registered; it is stored as its bytes in base64url.
extension VerificationKey: Codable {
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let bytes = Base64.decodeURL(try container.decode(String.self)), bytes.count == 32 else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a key is 32 bytes in base64url")
        }
        self.init(derived: bytes)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Base64.encodeURL(bytes))
    }
}
