import Glibc

/// The bytes of a table's file as text: UTF-8 with or without a mark at its start, UTF-16 with one, or GB18030, which
/// spreadsheets of Chinese offices still write.
struct TableText: Sendable {
    enum Form: String, Sendable { case utf8 = "UTF-8", utf16 = "UTF-16", gb18030 = "GB18030" }

    let form: Form
    /// UTF-8, without a mark.
    let bytes: [UInt8]

    /// - Parameters:
    ///   - form: `nil` to find it out. Text that is valid UTF-8 is that; GB18030 is tried last.
    init(_ raw: [UInt8], form wanted: Form?, path: String) throws(ClientError) {
        let marks: [(Form, [UInt8], String)] = [(.utf8, [0xEF, 0xBB, 0xBF], "UTF-8"), (.utf16, [0xFF, 0xFE], "UTF-16LE"), (.utf16, [0xFE, 0xFF], "UTF-16BE")]
        if let mark = marks.first(where: { raw.starts(with: $0.1) }) {
            guard wanted == nil || wanted == mark.0 else {
                throw .file(path: path, reason: "begins with the mark of \(mark.0.rawValue), but \(wanted?.rawValue ?? "") was asked for")
            }
            form = mark.0
            bytes = try Self.converted(Array(raw.dropFirst(mark.1.count)), from: mark.2, path)
            return
        }
        if wanted == nil || wanted == .utf8 {
            if let place = Self.firstInvalidUTF8(raw) {
                guard wanted == nil, let text = try? Self.converted(raw, from: "GB18030", path) else {
                    let line = raw[..<place].count { $0 == 0x0A } + 1
                    throw .file(
                        path: path,
                        reason: "line \(line) is neither UTF-8 nor GB18030; save it as \"CSV UTF-8\", or name its form with --encoding")
                }
                (form, bytes) = (.gb18030, text)
            } else {
                (form, bytes) = (.utf8, raw)
            }
            return
        }
        form = wanted ?? .utf8
        bytes = try Self.converted(raw, from: form == .utf16 ? "UTF-16LE" : "GB18030", path)
    }

    private static func firstInvalidUTF8(_ bytes: [UInt8]) -> Int? {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        // The longest valid beginning, to name the line.
        var (low, high) = (0, bytes.count)
        while low + 1 < high {
            let middle = (low + high) / 2
            // A cut within a character is not the text's fault: up to three bytes may be open.
            let isSound = (0...3).contains { back in
                middle >= back && String(validating: bytes[..<(middle - back)], as: UTF8.self) != nil
            }
            if isSound { low = middle } else { high = middle }
        }
        return low
    }

    private static func converted(_ input: [UInt8], from name: String, _ path: String) throws(ClientError) -> [UInt8] {
        if name == "UTF-8" {
            guard String(validating: input, as: UTF8.self) != nil else { throw .file(path: path, reason: "is not the UTF-8 that its mark says") }
            return input
        }
        guard let converter = iconv_open("UTF-8", name), converter != iconv_t(bitPattern: -1) else {
            throw .file(path: path, reason: "this system cannot read \(name); save the file as \"CSV UTF-8\"")
        }
        defer { iconv_close(converter) }
        // A character of two or four bytes becomes at most four.
        var output = [CChar](repeating: 0, count: input.count * 2 + 16)
        var source = input.map { CChar(bitPattern: $0) }
        let capacity = output.count
        let rest: (result: Int, left: Int) = source.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                var (from, to) = (source.baseAddress, target.baseAddress)
                var (sourceLeft, targetLeft) = (source.count, capacity)
                let result = iconv(converter, &from, &sourceLeft, &to, &targetLeft)
                return (result == Int(bitPattern: UInt.max) ? -1 : sourceLeft, targetLeft)
            }
        }
        guard rest.result == 0 else { throw .file(path: path, reason: "is not \(name)") }
        let bytes = output[..<(capacity - rest.left)].map { UInt8(bitPattern: $0) }
        return bytes
    }
}
