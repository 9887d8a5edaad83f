import HTTPTransport
import Signing

/// Signs requests as the node expects them (RFC 9421, RFC 9530).
struct RequestSigner: Sendable {
    let key: SigningKey
    /// The node's host and port.
    let authority: String
    let time: TimeSource

    /// Adds `Signature-Input` and `Signature`. The fields that are covered (`Content-Digest`) must be there already.
    ///
    /// Each sending is signed anew, also of a statement that was sent before: the node takes a nonce once.
    func sign(_ request: inout HTTPClientRequest, target: RequestTarget, hasContent: Bool) throws(ClientError) {
        let message = HTTPMessageComponents(
            method: request.method, authority: authority, target: target.text, hasContent: hasContent,
            fields: request.headers.fields.map { ($0.name, $0.value) })
        do {
            let created = time.now().milliseconds / 1000
            let fields = try HTTPMessageSignature.sign(message, key: key, created: created)
            request.headers["Signature-Input"] = fields.signatureInput
            request.headers["Signature"] = fields.signature
        } catch {
            throw .refused("the request cannot be signed: \(error)", hint: "")
        }
    }
}
