/// The header of one member of an archive: a block of 512 bytes as POSIX.1-2017 describes it for `pax` (the ustar
/// interchange format). Of all that the format allows, only regular files with plain names are written and read, in one
/// fixed form, so that nothing can be hidden in an archive and everybody's `tar` unpacks it.
struct ArchiveHeader: Sendable, Hashable {
    static let blockLength = 512
    private static let maximumNameLength = 100
    /// Eleven octal digits.
    static let maximumSize: UInt64 = 0o77_777_777_777

    let name: String
    /// The length of the member's contents, in bytes.
    let size: UInt64
    /// When the member was last changed: POSIX seconds.
    let time: UInt64

    /// `nil` for a name or a number that cannot be written.
    init?(name: String, size: UInt64, time: UInt64) {
        guard Self.isName(name), size <= Self.maximumSize, time <= Self.maximumSize else { return nil }
        (self.name, self.size, self.time) = (name, size, time)
    }

    /// Reads a block; `nil` unless it is exactly what ``bytes`` gives for some header.
    init?(_ block: [UInt8]) {
        guard block.count == Self.blockLength,
            let name = String(validating: block[0..<Self.maximumNameLength].prefix { $0 != 0 }, as: UTF8.self),
            let size = Self.octal(block[124..<135]), let time = Self.octal(block[136..<147]),
            let header = ArchiveHeader(name: name, size: size, time: time), header.bytes == block
        else { return nil }
        self = header
    }

    /// Names are relative paths of letters, digits, points, hyphens and underscores, and never lead upwards.
    private static func isName(_ name: String) -> Bool {
        let characters = name.utf8.allSatisfy { byte in
            switch byte {
            case 0x2D...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
            default: false
            }
        }
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        return characters && name.utf8.count <= maximumNameLength
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && !$0.hasPrefix("-") }
    }

    /// The block: readable by everybody, writable by its owner, owned by nobody in particular.
    var bytes: [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.blockLength)
        func put(_ text: String, at offset: Int) { block.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8) }
        put(name, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(Self.octal(size, digits: 11), at: 124)
        put(Self.octal(time, digits: 11), at: 136)
        // The checksum is taken with spaces in its own place.
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar", at: 257)
        put("00", at: 263)
        put("0000000", at: 329)
        put("0000000", at: 337)
        let sum = block.reduce(UInt64(0)) { $0 + UInt64($1) }
        put(Self.octal(sum, digits: 6), at: 148)
        block[154] = 0
        return block
    }

    /// How many zero bytes follow the contents up to the end of their last block.
    var paddingLength: Int { Int((UInt64(Self.blockLength) - size % UInt64(Self.blockLength)) % UInt64(Self.blockLength)) }

    private static func octal(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func octal(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var value: UInt64 = 0
        for digit in digits {
            guard (0x30...0x37).contains(digit) else { return nil }
            value = value << 3 | UInt64(digit - 0x30)
        }
        return value
    }
}
