import Encoding
import HTTPTransport

/// A certificate as a program or a browser's form hands it in.
enum SubmittedCertificate {
    /// The name of the form's field.
    static let field = "certificate"

    /// The text, from a body that is the certificate itself, a form's field, or a file chosen in a form.
    static func text(_ request: HTTPRequest) throws -> String {
        let type = request.headers["Content-Type"] ?? "text/plain"
        let name = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        let bytes: [UInt8]
        switch name {
        case "application/vc+jwt", "application/jwt", "application/octet-stream", "text/plain": bytes = request.body.bytes
        case "application/x-www-form-urlencoded": return try field(of: request.body.bytes)
        case "multipart/form-data": bytes = try file(in: request.body.bytes, type: type)
        default:
            throw Problem(
                code: "unsupported-media-type", status: 415, title: "This is no certificate",
                detail: "the Content-Type is \"\(type.prefix(100))\"",
                hint: "Send the certificate itself as application/vc+jwt, or a form with the field \"\(field)\".")
        }
        guard let text = String(validating: bytes, as: UTF8.self), !text.isEmpty else { throw missing }
        return text
    }

    private static var missing: Problem {
        Problem(
            code: "certificate-missing", status: 400, title: "There is no certificate in the request",
            detail: "the body holds no text of a certificate",
            hint: "Paste the certificate, or choose its file; it begins with \"eyJ\" and has two dots in it.")
    }

    private static func field(of body: [UInt8]) throws -> String {
        guard let form = String(validating: body, as: UTF8.self) else { throw missing }
        // A form's value may hold line breaks, which a target may not.
        for pair in form.split(separator: "&").prefix(8) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0] == field else { continue }
            let text = parts[1].replacing("%0D", with: "").replacing("%0A", with: "").replacing("%0d", with: "").replacing("%0a", with: "")
                .replacing("+", with: "").replacing("%2E", with: ".")
            guard !text.isEmpty, text.utf8.allSatisfy(isPlain) else { throw missing }
            return String(text)
        }
        throw missing
    }

    /// The letters of base64url and the dots between a credential's parts.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    /// The content of the first part (RFC 7578) that is not empty; what a form's other parts say does not matter here.
    private static func file(in body: [UInt8], type: String) throws -> [UInt8] {
        guard let mark = type.firstRange(of: "boundary="), case let boundary = type[mark.upperBound...].filter({ $0 != "\"" }),
            (1...70).contains(boundary.utf8.count), boundary.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3B })
        else { throw missing }
        let delimiter = Array("--\(boundary)".utf8)
        for part in split(body, by: delimiter).dropFirst().prefix(8) {
            guard let end = firstIndex(of: [0x0D, 0x0A, 0x0D, 0x0A], in: part) else { continue }
            var content = part[(end + 4)...]
            if content.suffix(2).elementsEqual([0x0D, 0x0A]) { content = content.dropLast(2) }
            if !content.isEmpty { return Array(content) }
        }
        throw missing
    }

    private static func split(_ bytes: [UInt8], by delimiter: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var rest = bytes[...]
        while parts.count < 16, let index = firstIndex(of: delimiter, in: rest) {
            parts.append(rest[..<index])
            rest = rest[(index + delimiter.count)...]
        }
        return parts + [rest]
    }

    private static func firstIndex(of pattern: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
        guard let first = pattern.first, bytes.count >= pattern.count else { return nil }
        var start = bytes.startIndex
        while let index = bytes[start...].firstIndex(of: first), index + pattern.count <= bytes.endIndex {
            if bytes[index..<(index + pattern.count)].elementsEqual(pattern) { return index }
            start = index + 1
        }
        return nil
    }
}
