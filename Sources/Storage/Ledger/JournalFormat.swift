/// The journal's bytes, as `README.md` beside this file describes them.
enum JournalFormat {
    /// The first sixteen bytes of the file: the name of the format, then zeros.
    static let header: [UInt8] = Array("HEXIJRN1".utf8) + [UInt8](repeating: 0, count: 8)

    /// Length and checksum.
    static let frameHeaderLength = 8

    /// The longest payload of a frame.
    static let maximumPayload = 32 << 20

    /// The checksum of a frame: CRC-32C over its four length bytes and its payload.
    static func checksum(payload: UnsafeRawBufferPointer) -> UInt32 {
        var length = UInt32(truncatingIfNeeded: payload.count).littleEndian
        return CRC32C.update(withUnsafeBytes(of: &length) { CRC32C.update(0, $0) }, payload)
    }

    /// Writes a frame's header for the payload, which lies behind it in the same buffer.
    static func seal(_ frame: UnsafeMutableRawBufferPointer) {
        let payload = UnsafeRawBufferPointer(rebasing: frame[frameHeaderLength...])
        frame.storeBytes(of: UInt32(truncatingIfNeeded: payload.count).littleEndian, as: UInt32.self)
        frame.storeBytes(of: checksum(payload: payload).littleEndian, toByteOffset: 4, as: UInt32.self)
    }

    static func length(in header: UnsafeRawBufferPointer) -> Int {
        Int(UInt32(littleEndian: header.loadUnaligned(as: UInt32.self)))
    }

    static func checksum(in header: UnsafeRawBufferPointer) -> UInt32 {
        UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
    }

    /// Whether a whole, sound frame lies at the start of the bytes; used to tell a torn tail from damage in the middle.
    static func startsWithFrame(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.count > frameHeaderLength + 11 else { return false }
        let length = length(in: bytes)
        guard length > 0, length <= min(maximumPayload, bytes.count - frameHeaderLength) else { return false }
        // Every entry begins so (after its two bytes of length); this spares the checksum at almost all positions.
        guard bytes[frameHeaderLength + 2] == 0x7B, bytes[frameHeaderLength + 3] == 0x22 else { return false }
        let payload = UnsafeRawBufferPointer(rebasing: bytes[frameHeaderLength..<frameHeaderLength + length])
        return checksum(payload: payload) == checksum(in: bytes)
    }
}
