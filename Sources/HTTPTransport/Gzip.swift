import Compression

/// The content coding `gzip` (RFC 1952, RFC 9110 section 8.4.1.3), for answers that gain by it.
public enum Gzip {
    /// The bytes in the gzip form; `nil` if memory has run out. The same bytes always give the same.
    ///
    /// Fast rather than small: text with many repetitions becomes nearly as short as with more effort.
    public static func compress(_ bytes: [UInt8]) -> [UInt8]? { try? GzipFormat.compress(bytes, level: .fast) }

    /// Whether an answer in this coding suits whoever sent these header fields: `Accept-Encoding` (RFC 9110 section 12.5.3)
    /// names `gzip`, and does not like the plain form better.
    public static func isAccepted(by headers: HTTPHeaders) -> Bool {
        guard let field = headers.combined("Accept-Encoding"), field.utf8.count <= 1024 else { return false }
        var weights: [String: Int] = [:]
        for item in field.split(separator: ",") {
            let parts = item.split(separator: ";", omittingEmptySubsequences: false).map { trimmed($0).lowercased() }
            guard parts.count <= 2, let weight = parts.count == 1 ? 1000 : weight(parts[1]) else { continue }
            weights[parts[0]] = weight
        }
        guard let gzip = weights["gzip"] ?? weights["x-gzip"], gzip > 0 else { return false }
        return gzip >= weights["identity"] ?? 0
    }

    /// The thousandths of a weight such as `q=0.5`; `nil` if it is none.
    private static func weight(_ text: String) -> Int? {
        guard text.hasPrefix("q="), text.utf8.count <= 7 else { return nil }
        let parts = text.dropFirst(2).split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts[0] == "0" || parts[0] == "1", parts.count == 1 || parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let fraction = parts.count == 2 ? parts[1].prefix(3) : ""
        let thousandths = Int(fraction + String(repeating: "0", count: 3 - fraction.count)) ?? 0
        let total = (parts[0] == "1" ? 1000 : 0) + thousandths
        return total <= 1000 ? total : nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first == " " || first == "\t" { text.removeFirst() }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
