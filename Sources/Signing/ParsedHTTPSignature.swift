import Encoding

/// One signature of a request as its `Signature-Input` and `Signature` fields say, **not yet verified**.
public struct ParsedHTTPSignature: Sendable, Hashable {
    static let maximumInputCount = 4096
    static let maximumSignatureCount = 2048
    static let maximumLabelCount = 4
    static let maximumComponentCount = 32

    public let label: String
    /// The covered components' names, in order.
    public let components: [String]
    /// 64 bytes.
    public let signature: [UInt8]
    private let input: StructuredField.InnerList

    /// Takes the two fields apart.
    ///
    /// - Returns: the signatures in the order of `Signature-Input`; at least one.
    public static func parse(
        signatureInput: String, signature: String
    ) throws(HTTPMessageSignatureError) -> [ParsedHTTPSignature] {
        let inputs = try dictionary("Signature-Input", signatureInput, maximumInputCount)
        let signatures = try dictionary("Signature", signature, maximumSignatureCount)
        var parsed: [ParsedHTTPSignature] = []
        for (label, member) in inputs {
            guard case .innerList(let list) = member else {
                throw .malformedField(name: "Signature-Input", reason: "\"\(label)\" must be a list in parentheses", offset: 0)
            }
            guard let found = signatures.first(where: { $0.name == label }) else { throw .missingSignature(label: label) }
            guard case .item(let item) = found.member, case .bytes(let bytes) = item.value else {
                throw .malformedField(name: "Signature", reason: "\"\(label)\" must be a byte sequence :…:", offset: 0)
            }
            parsed.append(try ParsedHTTPSignature(label: label, input: list, signature: bytes))
        }
        return parsed
    }

    private static func dictionary(
        _ name: String, _ text: String, _ limit: Int
    ) throws(HTTPMessageSignatureError) -> StructuredField.Dictionary {
        guard text.utf8.count <= limit else { throw .fieldTooLong(name: name, count: text.utf8.count, limit: limit) }
        do {
            return try StructuredFieldParser.dictionary(text, maximumMemberCount: maximumLabelCount)
        } catch {
            throw .malformedField(name: name, reason: error.reason, offset: error.offset)
        }
    }

    private init(
        label: String, input: StructuredField.InnerList, signature: [UInt8]
    ) throws(HTTPMessageSignatureError) {
        guard signature.count == 64 else { throw .wrongSignatureCount(signature.count) }
        guard input.items.count <= Self.maximumComponentCount else { throw .tooManyComponents(limit: Self.maximumComponentCount) }
        var components: [String] = []
        for item in input.items {
            guard case .string(let name) = item.value else {
                throw .malformedField(name: "Signature-Input", reason: "component names must be in quotes", offset: 0)
            }
            // Parameters (;sf, ;key, ;req, …) would change a component's value.
            guard item.parameters.isEmpty, name == name.lowercased(), name != "@signature-params", !name.isEmpty else {
                throw .unsupportedComponent(item.serialized)
            }
            guard !components.contains(name) else { throw .repeatedComponent(name) }
            components.append(name)
        }
        self.label = label
        self.components = components
        self.signature = signature
        self.input = input
    }

    /// The signature base (RFC 9421 section 2.5): what was signed.
    public func signatureBase(of message: HTTPMessageComponents) throws(HTTPMessageSignatureError) -> [UInt8] {
        try Self.signatureBase(of: message, components: components, input: input)
    }

    static func signatureBase(
        of message: HTTPMessageComponents, components: [String], input: StructuredField.InnerList
    ) throws(HTTPMessageSignatureError) -> [UInt8] {
        var base: [UInt8] = []
        base.reserveCapacity(1024)
        for name in components {
            base.append(UInt8(ascii: "\""))
            base.append(contentsOf: name.utf8)
            base.append(contentsOf: "\": ".utf8)
            base.append(contentsOf: try message.value(of: name).utf8)
            base.append(0x0A)
        }
        base.append(contentsOf: "\"@signature-params\": ".utf8)
        input.write(to: &base)
        return base
    }

    /// Returns if the signature holds for the request, **whatever it covers**: the caller decides whether that suffices
    /// (``HTTPSignaturePolicy``).
    public func verifySignature(
        of message: HTTPMessageComponents, with key: VerificationKey
    ) throws(HTTPMessageSignatureError) {
        guard key.isValid(signature: signature, for: try signatureBase(of: message)) else {
            throw .invalidSignature(keyIdentifier: text("keyid") ?? key.keyIdentifier)
        }
    }

    /// `keyid`, if there is one.
    public var keyIdentifier: String? { text("keyid") }
    /// `tag`, if there is one.
    public var tag: String? { text("tag") }

    private func parameter(_ name: String) -> StructuredField.BareItem? {
        input.parameters.first { $0.name == name }?.value
    }

    private func text(_ name: String) -> String? {
        guard case .string(let text)? = parameter(name) else { return nil }
        return text
    }

    /// The parameters, all of which must be there, with none besides.
    func completeParameters() throws(HTTPMessageSignatureError) -> HTTPSignatureParameters {
        let known = ["created", "expires", "nonce", "keyid", "alg", "tag"]
        if let stranger = input.parameters.first(where: { !known.contains($0.name) }) { throw .unknownParameter(stranger.name) }
        let algorithm = try requiredText("alg")
        guard algorithm == "ed25519" else { throw .unsupportedAlgorithm(algorithm) }
        return HTTPSignatureParameters(
            created: try requiredTime("created"), expires: try requiredTime("expires"), nonce: try requiredText("nonce"),
            keyIdentifier: try requiredText("keyid"), tag: try requiredText("tag"))
    }

    private func requiredText(_ name: String) throws(HTTPMessageSignatureError) -> String {
        guard let value = parameter(name) else { throw .missingParameter(name) }
        guard case .string(let text) = value else { throw .wrongParameterType(name: name, expected: "a string in quotes") }
        return text
    }

    private func requiredTime(_ name: String) throws(HTTPMessageSignatureError) -> Int64 {
        guard let value = parameter(name) else { throw .missingParameter(name) }
        guard case .integer(let seconds) = value else {
            throw .wrongParameterType(name: name, expected: "an integer: seconds since 1970")
        }
        return seconds
    }
}
