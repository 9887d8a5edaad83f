/// A table in comma-separated values (RFC 4180), read whole: with a header, quotes that may hold line breaks, lines ended
/// by LF or CR LF, and comma, semicolon or tabulator between the fields.
struct CSVTable: Sendable {
    struct Record: Sendable, Hashable {
        /// Where the record starts in the file, from 1.
        var line: Int
        var fields: [String]
    }

    /// What breaks the form of a line.
    struct Fault: Sendable, Hashable {
        var line: Int
        var reason: String
    }

    static let maximumFields = 200
    static let maximumFieldBytes = 64 << 10
    static let maximumRecords = 1_000_000

    private(set) var header: [String] = []
    private(set) var records: [Record] = []
    private(set) var faults: [Fault] = []
    let delimiter: UInt8

    /// - Parameter bytes: UTF-8.
    init(_ bytes: [UInt8]) {
        delimiter = Self.delimiter(bytes)
        var reader = Reader(bytes: bytes, delimiter: delimiter)
        while let (record, fault) = reader.next() {
            if let fault { faults.append(fault) }
            // An empty line is no record.
            if record.fields.count == 1, record.fields[0].isEmpty { continue }
            if header.isEmpty {
                header = record.fields.map { $0.trimmed }
                continue
            }
            guard fault == nil else { continue }
            guard record.fields.count == header.count else {
                faults.append(
                    Fault(line: record.line, reason: "has \(record.fields.count) fields, the header has \(header.count); is a quote or a separator missing?"))
                continue
            }
            guard records.count < Self.maximumRecords else {
                faults.append(Fault(line: record.line, reason: "is beyond the \(Self.maximumRecords) lines that are read at once; split the file"))
                break
            }
            records.append(record)
        }
    }

    /// Of comma, semicolon and tabulator the one that stands most often in the first line outside quotes.
    private static func delimiter(_ bytes: [UInt8]) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var isQuoted = false
        for byte in bytes.prefix(1 << 16) {
            if byte == 0x22 { isQuoted.toggle() }
            if isQuoted { continue }
            if byte == 0x0A { break }
            if [0x2C, 0x3B, 0x09].contains(byte) { counts[byte, default: 0] += 1 }
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? 0x2C
    }

    private struct Reader {
        let bytes: [UInt8]
        let delimiter: UInt8
        var position = 0
        var line = 1

        init(bytes: [UInt8], delimiter: UInt8) {
            self.bytes = bytes
            self.delimiter = delimiter
        }

        mutating func next() -> (Record, Fault?)? {
            guard position < bytes.count else { return nil }
            let start = line
            var fields: [String] = []
            var fault: Fault?
            while true {
                let (field, end, reason) = self.field()
                if let reason, fault == nil { fault = Fault(line: start, reason: reason) }
                if fields.count < CSVTable.maximumFields {
                    fields.append(field)
                } else if fault == nil {
                    fault = Fault(line: start, reason: "has more than \(CSVTable.maximumFields) fields")
                }
                if end { return (Record(line: start, fields: fields), fault) }
            }
        }

        /// The next field, whether the record ends with it, and what is wrong with it.
        private mutating func field() -> (text: String, endsRecord: Bool, fault: String?) {
            var content: [UInt8] = []
            var reason: String?
            if position < bytes.count, bytes[position] == 0x22 {
                position += 1
                var isClosed = false
                while position < bytes.count {
                    let byte = bytes[position]
                    position += 1
                    if byte == 0x0A { line += 1 }
                    guard byte == 0x22 else {
                        content.append(byte)
                        continue
                    }
                    guard position < bytes.count, bytes[position] == 0x22 else {
                        isClosed = true
                        break
                    }
                    content.append(0x22)
                    position += 1
                }
                if !isClosed { reason = "a quote is opened and never closed" }
            }
            while position < bytes.count {
                let byte = bytes[position]
                position += 1
                if byte == delimiter { return (text(content, &reason), false, reason) }
                if byte == 0x0A {
                    line += 1
                    return (text(content, &reason), true, reason)
                }
                if byte == 0x0D, position == bytes.count || bytes[position] == 0x0A { continue }
                if reason == nil, byte == 0x22 { reason = "a quote stands in the middle of a field; write it twice, and the field in quotes" }
                content.append(byte)
            }
            return (text(content, &reason), true, reason)
        }

        private func text(_ content: [UInt8], _ reason: inout String?) -> String {
            if content.count > CSVTable.maximumFieldBytes {
                reason = reason ?? "a field has more than \(CSVTable.maximumFieldBytes) bytes"
                return ""
            }
            return String(decoding: content, as: UTF8.self)
        }
    }
}

extension String {
    /// Without white space at its ends, the ideographic space included.
    var trimmed: String {
        guard let start = firstIndex(where: { !$0.isWhitespace }), let end = lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(self[start...end])
    }
}
