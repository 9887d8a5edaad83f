import Encoding
import HTTPTransport
import Signing

@testable import Node

/// A request, sound unless it is told to be otherwise.
struct TestRequest {
    var method: String
    var target: String
    var body: [UInt8]?
    var contentType: String? = "application/json"
    var signer: SigningKey?

    // What can be wrong with its signature.
    /// Seconds from now.
    var created: Int64 = 0
    var lifetime: Int64 = 60
    var nonce: String?
    var tag = "hexi"
    /// Signs for another host, or names one.
    var signedAuthority: String?
    var host: String?
    /// Signs for another method or target.
    var signedMethod: String?
    var signedTarget: String?
    /// Leaves the digest out, or sends another body than was signed.
    var sendsDigest = true
    var signsDigest = true
    var bodySent: [UInt8]?
    /// Says that another key signed.
    var claimedKey: String?

    init(_ method: String, _ target: String, json: JSONValue? = nil, signer: SigningKey? = nil) {
        self.method = method
        self.target = target
        body = json?.serialized()
        self.signer = signer
    }

    func with(_ change: (inout TestRequest) -> Void) -> TestRequest {
        var copy = self
        change(&copy)
        return copy
    }

    func prepared(for authority: String) throws -> PreparedRequest {
        var headers = HTTPHeaders()
        if let host { headers.add("Host", host) }
        if body != nil, let contentType { headers.add("Content-Type", contentType) }
        if let body, sendsDigest, signer != nil { headers.add("Content-Digest", ContentDigest.make(for: body)) }
        if let signer {
            let hasContent = body != nil && sendsDigest && signsDigest
            let fields = headers.fields.filter { signsDigest || $0.name != "Content-Digest" }.map { ($0.name, $0.value) }
            let message = HTTPMessageComponents(
                method: signedMethod ?? method, authority: signedAuthority ?? host ?? authority,
                target: signedTarget ?? target, hasContent: hasContent, fields: fields)
            var policy = HTTPSignaturePolicy()
            policy.tag = tag
            let now = Clock.now().milliseconds / 1000
            var signature = try HTTPMessageSignature.sign(
                message, key: signer, created: now + created, expires: now + created + lifetime, nonce: nonce, policy: policy)
            if let claimedKey {
                signature.signatureInput = signature.signatureInput.replacing(signer.verificationKey.keyIdentifier, with: claimedKey)
            }
            headers.add("Signature-Input", signature.signatureInput)
            headers.add("Signature", signature.signature)
        }
        return PreparedRequest(method: method, target: target, headers: headers, body: bodySent ?? body)
    }
}

struct PreparedRequest {
    var method: String
    var target: String
    var headers: HTTPHeaders
    var body: [UInt8]?
}
