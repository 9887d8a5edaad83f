import CJansson

/// Why a text is not acceptable JSON, with the place.
public enum JSONError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The text breaks RFC 8259, repeats a member name, is not UTF-8 or holds a number out of range.
    case malformed(reason: String, line: Int, column: Int, offset: Int)
    /// Arrays and objects nest more deeply than allowed.
    case tooDeep(limit: Int)
    /// The text is longer than allowed, in bytes.
    case tooLong(count: Int, limit: Int)

    public var description: String {
        switch self {
        case .malformed(let reason, let line, let column, _):
            "not valid JSON at line \(line), column \(column): \(reason)"
        case .tooDeep(let limit): "JSON nests more than \(limit) levels deep"
        case .tooLong(let count, let limit): "JSON of \(count) bytes is longer than the \(limit) allowed"
        }
    }
}

extension JSONValue {
    /// Parses one JSON text: UTF-8, no duplicate member names, no NUL in strings, nothing after the value.
    ///
    /// - Parameters:
    ///   - maximumDepth: how deep arrays and objects may nest; 1 to 1,000.
    ///   - maximumCount: how many bytes the text may have.
    public static func parse(
        _ bytes: some Collection<UInt8>, maximumDepth: Int = 32, maximumCount: Int = 16 << 20
    ) throws(JSONError) -> JSONValue {
        if bytes.count > maximumCount { throw .tooLong(count: bytes.count, limit: maximumCount) }
        let contiguous = bytes.withContiguousStorageIfAvailable { parseBuffer($0, maximumDepth) }
        let result = contiguous ?? Array(bytes).withUnsafeBufferPointer { parseBuffer($0, maximumDepth) }
        return try result.get()
    }

    /// The same for an array, which is what nearly every caller has: generic code of another module costs more calls.
    public static func parse(
        _ bytes: [UInt8], maximumDepth: Int = 32, maximumCount: Int = 16 << 20
    ) throws(JSONError) -> JSONValue {
        if bytes.count > maximumCount { throw .tooLong(count: bytes.count, limit: maximumCount) }
        return try bytes.withUnsafeBufferPointer { parseBuffer($0, maximumDepth) }.get()
    }

    public static func parse(_ text: String, maximumDepth: Int = 32) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), maximumDepth: maximumDepth)
    }

    /// Parses a text that is written exactly as ``serialized()`` writes it; `nil` for every other, which is to be parsed,
    /// written again and compared where it matters. (A few rare ones that are written so give `nil` too.)
    package static func parseCanonical(_ bytes: [UInt8], maximumDepth: Int) -> JSONValue? {
        bytes.withUnsafeBufferPointer { CanonicalJSONReader.read($0, maximumDepth: maximumDepth) }
    }

    private static func parseBuffer(
        _ buffer: UnsafeBufferPointer<UInt8>, _ maximumDepth: Int
    ) -> Result<JSONValue, JSONError> {
        if let value = CanonicalJSONReader.read(buffer, maximumDepth: maximumDepth) { return .success(value) }
        return parseWithLibrary(buffer, maximumDepth)
    }

    /// Parses any JSON, and says what is wrong with what is none.
    static func parseWithLibrary(
        _ buffer: UnsafeBufferPointer<UInt8>, _ maximumDepth: Int
    ) -> Result<JSONValue, JSONError> {
        if buffer.allSatisfy({ $0 == 0x20 || $0 == 0x0A || $0 == 0x0D || $0 == 0x09 }) {
            return .failure(.malformed(reason: "the text is empty", line: 1, column: 1, offset: 0))
        }
        // jansson itself stops at 2,048 levels; ours is a tighter bound, checked before any value is built.
        if exceedsDepth(buffer, maximumDepth) { return .failure(.tooDeep(limit: maximumDepth)) }
        var error = json_error_t()
        let flags = Int(JSON_REJECT_DUPLICATES) | Int(JSON_DECODE_ANY)
        let parsed = buffer.withMemoryRebound(to: CChar.self) {
            json_loadb($0.baseAddress, $0.count, flags, &error)
        }
        guard let parsed else {
            let reason = withUnsafeBytes(of: &error.text) { text in
                String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
            }
            return .failure(
                .malformed(
                    reason: reason.isEmpty ? "unreadable" : reason, line: Int(error.line), column: Int(error.column),
                    offset: Int(error.position)))
        }
        defer { hexi_json_release(parsed) }
        return .success(convert(parsed))
    }

    /// Whether brackets outside strings nest deeper than the limit.
    private static func exceedsDepth(_ buffer: UnsafeBufferPointer<UInt8>, _ limit: Int) -> Bool {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in buffer {
            if inString {
                if escaped { escaped = false } else if byte == 0x5C { escaped = true } else if byte == 0x22 { inString = false }
                continue
            }
            switch byte {
            case 0x22: inString = true
            case 0x5B, 0x7B:
                depth += 1
                if depth > limit { return true }
            case 0x5D, 0x7D: depth -= 1
            default: break
            }
        }
        return false
    }

    /// Recursion is bounded by the depth that was checked before.
    private static func convert(_ value: UnsafeMutablePointer<json_t>) -> JSONValue {
        switch json_type(UInt32(hexi_json_type(value))) {
        case JSON_OBJECT:
            var object = JSONObject()
            object.reserveCapacity(json_object_size(value))
            var iterator = json_object_iter(value)
            while let current = iterator {
                let nameCount = json_object_iter_key_len(current)
                if let name = json_object_iter_key(current), let member = json_object_iter_value(current) {
                    object.appendUnchecked(text(name, nameCount), convert(member))
                }
                iterator = json_object_iter_next(value, current)
            }
            return .object(object)
        case JSON_ARRAY:
            let count = json_array_size(value)
            var elements: [JSONValue] = []
            elements.reserveCapacity(count)
            for index in 0..<count {
                if let element = json_array_get(value, index) { elements.append(convert(element)) }
            }
            return .array(elements)
        case JSON_STRING:
            guard let bytes = json_string_value(value) else { return .string("") }
            return .string(text(bytes, json_string_length(value)))
        case JSON_INTEGER: return .integer(Int64(json_integer_value(value)))
        case JSON_REAL: return .number(json_real_value(value))
        case JSON_TRUE: return .bool(true)
        case JSON_FALSE: return .bool(false)
        default: return .null
        }
    }

    private static func text(_ bytes: UnsafePointer<CChar>, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
    }
}
