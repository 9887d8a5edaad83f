import Encoding
import HTTPTransport
import Signing

extension NodeClient {
    /// Answers from what came by file, or leaves the request for the next bundle.
    func exchange(
        _ method: String, _ target: RequestTarget, body: HTTPClientRequest.Body, digest: SHA256Digest?, type: String?,
        accept: String, _ offline: OfflineFolder
    ) throws(ClientError) -> HTTPClientResponse {
        let content: BundleContent
        let count: UInt64
        switch body {
        case .none: (content, count) = (.bytes([]), 0)
        case .bytes(let bytes): (content, count) = (.bytes(bytes), UInt64(bytes.count))
        case .file(let path): (content, count) = (.file(path: path), UInt64(clamping: try LocalFiles.size(path)))
        }
        let part = digest.map { BundlePart(count: count, sha256: $0) }
        let request = BundledRequest(method: method, target: target.text, contentType: type, accept: accept, body: part)
        let answer = try offline.exchange(request, content)
        var headers = HTTPHeaders()
        if let wait = answer.retryAfter { headers["Retry-After"] = wait }
        return HTTPClientResponse(status: answer.status, headers: headers, body: answer.body)
    }
}
