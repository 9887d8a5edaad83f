import Encoding

/// The part of HTTP Structured Fields (RFC 9651, RFC 8941) that signatures and digests use: a dictionary whose members
/// are items or inner lists, with parameters. Decimals, dates and display strings do not occur there and are refused.
enum StructuredField {
    enum BareItem: Sendable, Hashable {
        /// At most fifteen digits.
        case integer(Int64)
        /// Printable ASCII.
        case string(String)
        case token(String)
        case bytes([UInt8])
        case boolean(Bool)

        var serialized: String {
            var output: [UInt8] = []
            write(to: &output)
            return String(decoding: output, as: UTF8.self)
        }

        fileprivate func write(to output: inout [UInt8]) {
            switch self {
            case .integer(let value): output.append(contentsOf: String(value).utf8)
            case .string(let text):
                output.append(UInt8(ascii: "\""))
                for character in text.utf8 {
                    if character == UInt8(ascii: "\"") || character == UInt8(ascii: "\\") { output.append(UInt8(ascii: "\\")) }
                    output.append(character)
                }
                output.append(UInt8(ascii: "\""))
            case .token(let text): output.append(contentsOf: text.utf8)
            case .bytes(let bytes): output.append(contentsOf: ":\(Base64.encode(bytes)):".utf8)
            case .boolean(let value): output.append(contentsOf: (value ? "?1" : "?0").utf8)
            }
        }
    }

    struct Parameter: Sendable, Hashable {
        var name: String
        var value: BareItem
    }

    struct Item: Sendable, Hashable {
        var value: BareItem
        var parameters: [Parameter]

        var serialized: String {
            var output: [UInt8] = []
            write(to: &output)
            return String(decoding: output, as: UTF8.self)
        }

        fileprivate func write(to output: inout [UInt8]) {
            value.write(to: &output)
            StructuredField.write(parameters, to: &output)
        }
    }

    struct InnerList: Sendable, Hashable {
        var items: [Item]
        var parameters: [Parameter]

        var serialized: String {
            var output: [UInt8] = []
            write(to: &output)
            return String(decoding: output, as: UTF8.self)
        }

        func write(to output: inout [UInt8]) {
            output.append(UInt8(ascii: "("))
            for (index, item) in items.enumerated() {
                if index > 0 { output.append(0x20) }
                item.write(to: &output)
            }
            output.append(UInt8(ascii: ")"))
            StructuredField.write(parameters, to: &output)
        }
    }

    enum Member: Sendable, Hashable {
        case item(Item)
        case innerList(InnerList)
    }

    typealias Dictionary = [(name: String, member: Member)]

    /// RFC 9651 section 4.1.1.2; a true boolean is written by its name alone.
    fileprivate static func write(_ parameters: [Parameter], to output: inout [UInt8]) {
        for parameter in parameters {
            output.append(UInt8(ascii: ";"))
            output.append(contentsOf: parameter.name.utf8)
            if case .boolean(true) = parameter.value { continue }
            output.append(UInt8(ascii: "="))
            parameter.value.write(to: &output)
        }
    }
}

/// Why a header field is not the structured dictionary that was expected.
struct StructuredFieldError: Error, Hashable {
    var reason: String
    /// In bytes from the field's start.
    var offset: Int
}

/// Parses a dictionary (RFC 9651 section 4.2.2). Stricter in one thing: a name given twice is refused, where the RFC
/// lets the last one win, because two readers of a signed message must not disagree on which one counts.
struct StructuredFieldParser {
    private let characters: [UInt8]
    private var index = 0
    private let maximumMemberCount: Int

    static func dictionary(_ text: String, maximumMemberCount: Int) throws(StructuredFieldError) -> StructuredField.Dictionary {
        var parser = StructuredFieldParser(characters: Array(text.utf8), maximumMemberCount: maximumMemberCount)
        return try parser.dictionary()
    }

    private init(characters: [UInt8], maximumMemberCount: Int) {
        self.characters = characters
        self.maximumMemberCount = maximumMemberCount
    }

    private var next: UInt8? { index < characters.count ? characters[index] : nil }

    private func failure(_ reason: String) -> StructuredFieldError { StructuredFieldError(reason: reason, offset: index) }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func skipSpaces() { while next == 0x20 { index += 1 } }

    private mutating func skipOptionalWhitespace() { while next == 0x20 || next == 0x09 { index += 1 } }

    private mutating func dictionary() throws(StructuredFieldError) -> StructuredField.Dictionary {
        var members: StructuredField.Dictionary = []
        skipSpaces()
        while true {
            let name = try key()
            guard !members.contains(where: { $0.name == name }) else { throw failure("\"\(name)\" is given twice") }
            guard members.count < maximumMemberCount else { throw failure("more than \(maximumMemberCount) members") }
            members.append((name, try member()))
            skipOptionalWhitespace()
            if next == nil { return members }
            guard take(",") else { throw failure("expected a comma") }
            skipOptionalWhitespace()
            if next == nil { throw failure("ends with a comma") }
        }
    }

    private mutating func member() throws(StructuredFieldError) -> StructuredField.Member {
        guard take("=") else {
            return .item(StructuredField.Item(value: .boolean(true), parameters: try parameters()))
        }
        return next == UInt8(ascii: "(") ? .innerList(try innerList()) : .item(try item())
    }

    private mutating func innerList() throws(StructuredFieldError) -> StructuredField.InnerList {
        guard take("(") else { throw failure("expected (") }
        var items: [StructuredField.Item] = []
        while true {
            skipSpaces()
            if take(")") { return StructuredField.InnerList(items: items, parameters: try parameters()) }
            items.append(try item())
            guard next == 0x20 || next == UInt8(ascii: ")") else { throw failure("expected a space or )") }
        }
    }

    private mutating func item() throws(StructuredFieldError) -> StructuredField.Item {
        let value = try bareItem()
        return StructuredField.Item(value: value, parameters: try parameters())
    }

    private mutating func parameters() throws(StructuredFieldError) -> [StructuredField.Parameter] {
        var found: [StructuredField.Parameter] = []
        while take(";") {
            skipSpaces()
            let name = try key()
            guard !found.contains(where: { $0.name == name }) else { throw failure("parameter \"\(name)\" is given twice") }
            let value = take("=") ? try bareItem() : .boolean(true)
            found.append(StructuredField.Parameter(name: name, value: value))
        }
        return found
    }

    private mutating func key() throws(StructuredFieldError) -> String {
        let start = index
        while let character = next {
            switch character {
            case 0x61...0x7A, UInt8(ascii: "*"): break
            case 0x30...0x39, UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."): if index == start { throw failure("expected a name") }
            default:
                if index == start { throw failure("expected a name") }
                return String(decoding: characters[start..<index], as: UTF8.self)
            }
            index += 1
        }
        if index == start { throw failure("expected a name") }
        return String(decoding: characters[start..<index], as: UTF8.self)
    }

    private mutating func bareItem() throws(StructuredFieldError) -> StructuredField.BareItem {
        switch next {
        case UInt8(ascii: "\"")?: return .string(try string())
        case UInt8(ascii: ":")?: return .bytes(try bytes())
        case UInt8(ascii: "?")?:
            index += 1
            if take("1") { return .boolean(true) }
            if take("0") { return .boolean(false) }
            throw failure("expected ?0 or ?1")
        case UInt8(ascii: "-")?, (0x30...0x39)?: return .integer(try integer())
        case (0x41...0x5A)?, (0x61...0x7A)?, UInt8(ascii: "*")?: return .token(token())
        default: throw failure("expected a value")
        }
    }

    private mutating func string() throws(StructuredFieldError) -> String {
        index += 1
        var text: [UInt8] = []
        while let character = next {
            index += 1
            switch character {
            case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                guard let escaped = next, escaped == UInt8(ascii: "\"") || escaped == UInt8(ascii: "\\") else {
                    throw failure("a backslash may only stand before \" or \\")
                }
                index += 1
                text.append(escaped)
            case 0x20...0x7E: text.append(character)
            default: throw failure("a string holds printable ASCII only")
            }
        }
        throw failure("the string does not end")
    }

    private mutating func bytes() throws(StructuredFieldError) -> [UInt8] {
        index += 1
        guard let end = characters[index...].firstIndex(of: UInt8(ascii: ":")) else { throw failure("the byte sequence does not end") }
        guard let decoded = Base64.decode(String(decoding: characters[index..<end], as: UTF8.self)) else {
            throw failure("the byte sequence is not Base64 with padding")
        }
        index = end + 1
        return decoded
    }

    private mutating func integer() throws(StructuredFieldError) -> Int64 {
        let isNegative = take("-")
        var value: Int64 = 0
        var digitCount = 0
        while let character = next, (0x30...0x39).contains(character) {
            digitCount += 1
            guard digitCount <= 15 else { throw failure("an integer has at most fifteen digits") }
            value = value * 10 + Int64(character - 0x30)
            index += 1
        }
        guard digitCount > 0 else { throw failure("expected a digit") }
        guard next != UInt8(ascii: ".") else { throw failure("decimals are not used here") }
        return isNegative ? -value : value
    }

    private mutating func token() -> String {
        let start = index
        let others = Array("!#$%&'*+-.^_`|~:/".utf8)
        while let character = next, isLetterOrDigit(character) || others.contains(character) { index += 1 }
        return String(decoding: characters[start..<index], as: UTF8.self)
    }

    private func isLetterOrDigit(_ character: UInt8) -> Bool {
        switch character {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: false
        }
    }
}
