import Encoding
import Signing

/// The fixed start of a ledger entry, which chains it to the entry before it:
///
///     {"prev":"<64 lower-case hexadecimal digits>","seq":<decimal>,…}
///
/// `prev` is the leaf hash of the entry before, and 64 zeros in the first entry. `seq` counts from 0 and is the index of
/// the entry's leaf. The members come first, in this order and without spaces, so that a reader without a JSON parser
/// can check the chain of a plain dump. An entry is one line (it holds no line feed) of at most 65,535 bytes.
public enum ChainedEntry {
    /// The longest entry, in bytes: its length must fit in the 16 bits of an ``EntryBundle``.
    public static let maximumLength = 65_535

    /// What the first entry has as `prev`: thirty-two zero bytes.
    public static let firstPreviousHash = SHA256Digest.zero

    private static let opening = Array(#"{"prev":""#.utf8)
    private static let middle = Array(#"","seq":"#.utf8)
    private static let hashRange = 9..<73
    private static let sequenceStart = 81

    /// The start of an entry, up to and including the comma after `seq`.
    public static func head(previous: SHA256Digest, sequence: UInt64) -> [UInt8] {
        opening + Array(previous.description.utf8) + middle + Array(String(sequence).utf8) + [0x2C]
    }

    /// The number of bytes of ``head(previous:sequence:)``.
    public static func headLength(sequence: UInt64) -> Int {
        var (digits, rest) = (1, sequence / 10)
        while rest > 0 {
            digits += 1
            rest /= 10
        }
        return sequenceStart + digits + 1
    }

    /// Writes ``head(previous:sequence:)`` without allocating. The buffer must have room for
    /// ``headLength(sequence:)`` bytes; returns how many were written, 0 if there was no room.
    public static func writeHead(
        previous: SHA256Digest, sequence: UInt64, to buffer: UnsafeMutableRawBufferPointer
    ) -> Int {
        let length = headLength(sequence: sequence)
        guard buffer.count >= length else { return 0 }
        opening.withUnsafeBytes { buffer.copyMemory(from: $0) }
        previous.withUnsafeBytes { hash in
            var position = hashRange.lowerBound
            for byte in hash {
                buffer[position] = digit(byte >> 4)
                buffer[position + 1] = digit(byte & 15)
                position += 2
            }
        }
        middle.withUnsafeBytes { UnsafeMutableRawBufferPointer(rebasing: buffer[hashRange.upperBound...]).copyMemory(from: $0) }
        var rest = sequence
        for position in (sequenceStart..<length - 1).reversed() {
            buffer[position] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        buffer[length - 1] = 0x2C
        return length
    }

    /// The `prev` of an entry, or `nil` unless it begins with one in the fixed form.
    public static func previousHash(of entry: UnsafeRawBufferPointer) -> SHA256Digest? {
        guard entry.count > sequenceStart, starts(entry, at: 0, with: opening),
            starts(entry, at: hashRange.upperBound, with: middle)
        else { return nil }
        return Hexadecimal.decode(entry[hashRange]).flatMap { SHA256Digest($0) }
    }

    /// The `prev` of an entry, or `nil` unless it begins with one in the fixed form.
    public static func previousHash(of entry: [UInt8]) -> SHA256Digest? { entry.withUnsafeBytes { previousHash(of: $0) } }

    /// The `seq` of an entry, or `nil` unless it begins in the fixed form. Leading zeros are not part of that form.
    public static func sequence(of entry: UnsafeRawBufferPointer) -> UInt64? {
        guard entry.count > sequenceStart, starts(entry, at: 0, with: opening),
            starts(entry, at: hashRange.upperBound, with: middle)
        else { return nil }
        var value: UInt64 = 0
        var position = sequenceStart
        while position < entry.count, (0x30...0x39).contains(entry[position]) {
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(entry[position] - 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
            position += 1
        }
        let digits = position - sequenceStart
        guard digits > 0, digits == 1 || entry[sequenceStart] != 0x30, position < entry.count, entry[position] == 0x2C
        else { return nil }
        return value
    }

    /// The `seq` of an entry, or `nil` unless it begins in the fixed form.
    public static func sequence(of entry: [UInt8]) -> UInt64? { entry.withUnsafeBytes { sequence(of: $0) } }

    /// Whether the entry begins with exactly this `prev` and this `seq`; allocates nothing.
    public static func starts(_ entry: UnsafeRawBufferPointer, previous: SHA256Digest, sequence: UInt64) -> Bool {
        let length = headLength(sequence: sequence)
        guard entry.count >= length else { return false }
        return withUnsafeTemporaryAllocation(byteCount: length, alignment: 1) { expected in
            guard writeHead(previous: previous, sequence: sequence, to: expected) == length else { return false }
            return expected.elementsEqual(entry[0..<length])
        }
    }

    private static func starts(_ entry: UnsafeRawBufferPointer, at position: Int, with text: [UInt8]) -> Bool {
        guard entry.count >= position + text.count else { return false }
        return entry[position..<position + text.count].elementsEqual(text)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }
}
