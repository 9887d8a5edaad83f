import Glibc

/// What can be told of a CSV file (RFC 4180) without reading its values: which character divides the fields, and which
/// line breaks the shape. Only for choosing the engine's settings and for messages; the engine reads the data.
enum CSVDialect {
    private static let candidates = Array(",;\t|".utf8)
    private static let quote = UInt8(ascii: "\"")

    /// Of comma, semicolon, tab and bar, the one that stands most often in the first line outside quotes; the comma
    /// where none does.
    static func delimiter(of file: String) -> UInt8 {
        var counts = [Int](repeating: 0, count: candidates.count)
        var isQuoted = false
        forEachByte(of: file) { byte in
            if byte == quote { isQuoted.toggle() }
            if isQuoted { return true }
            if let index = candidates.firstIndex(of: byte) { counts[index] += 1 }
            return byte != 0x0A && byte != 0x0D
        }
        let most = counts.max() ?? 0
        return most == 0 ? candidates[0] : candidates[counts.firstIndex(of: most) ?? 0]
    }

    /// The first line that has not as many fields as the header, counted from 1 by line breaks.
    static func firstUnevenLine(of file: String) -> (line: Int, expected: Int, found: Int)? {
        let delimiter = delimiter(of: file)
        var (line, start, fields, isQuoted, isEmpty) = (1, 1, 1, false, true)
        var expected: Int?
        var uneven: (line: Int, expected: Int, found: Int)?
        func endRecord() -> Bool {
            defer { (fields, isEmpty) = (1, true) }
            if isEmpty { return true }
            guard let width = expected else {
                expected = fields
                return true
            }
            if fields != width { uneven = (start, width, fields) }
            return uneven == nil
        }
        let isComplete = forEachByte(of: file) { byte in
            if byte == 0x0A { line += 1 }
            if byte == quote { isQuoted.toggle() }
            if byte == 0x0A, !isQuoted {
                defer { start = line }
                return endRecord()
            }
            if byte == delimiter, !isQuoted { fields += 1 }
            if byte != 0x0D { isEmpty = false }
            return true
        }
        if isComplete { _ = endRecord() }
        return uneven
    }

    /// Calls the body with each byte until it answers false. Whether the end was reached.
    @discardableResult
    private static func forEachByte(of path: String, _ body: (UInt8) -> Bool) -> Bool {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 }
            for byte in buffer.prefix(count) where !body(byte) { return false }
        }
    }
}
