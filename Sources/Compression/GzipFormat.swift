import CZlib

/// Why bytes could not be unpacked.
public enum GzipError: Error, Sendable, Hashable, CustomStringConvertible {
    case malformed
    /// What is unpacked would be longer than the reader accepts.
    case tooLong(limit: Int)
    case outOfMemory

    public var description: String {
        switch self {
        case .malformed: "the bytes are not one whole gzip member (RFC 1952)"
        case .tooLong(let limit): "the bytes unpack to more than the \(limit) that are accepted"
        case .outOfMemory: "there is not enough memory to pack or unpack"
        }
    }
}

/// The gzip file format (RFC 1952), in memory.
public enum GzipFormat {
    /// Window bits of 15 and, by adding 16, the gzip form of header and trailer.
    private static let windowBits: Int32 = 15 + 16

    /// Effort from 1 (fast) to 9 (small).
    public enum Level: Int32, Sendable { case fast = 1, small = 9 }

    /// The bytes in the gzip form. The same bytes always give the same.
    public static func compress(_ bytes: [UInt8], level: Level) throws(GzipError) -> [UInt8] {
        guard let count = UInt32(exactly: bytes.count) else { throw .tooLong(limit: Int(UInt32.max)) }
        var stream = z_stream()
        guard deflateInit2_(
            &stream, level.rawValue, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
            Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw .outOfMemory }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(count)))
        var isComplete = false
        // zlib's type for input is not const, but it only reads.
        var input = bytes
        let packed = [UInt8](unsafeUninitializedCapacity: bound) { output, packedCount in
            input.withUnsafeMutableBufferPointer { input in
                stream.next_in = input.baseAddress
                stream.avail_in = count
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: output.count)
                isComplete = deflate(&stream, Z_FINISH) == Z_STREAM_END
            }
            packedCount = isComplete ? Int(stream.total_out) : 0
        }
        guard isComplete else { throw .outOfMemory }
        return packed
    }

    /// The bytes that were packed: exactly one gzip member with its right checksum, and nothing after it.
    ///
    /// - Parameter maximumCount: how many bytes may come out; memory is taken as they come, not by what the input says.
    public static func decompress(_ bytes: [UInt8], maximumCount: Int) throws(GzipError) -> [UInt8] {
        guard let count = UInt32(exactly: bytes.count), count > 0 else { throw .malformed }
        var stream = z_stream()
        guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .outOfMemory
        }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output: [UInt8] = []
        let outcome = input.withUnsafeMutableBufferPointer { input -> Result<Void, GzipError> in
            stream.next_in = input.baseAddress
            stream.avail_in = count
            return inflateAll(&stream, into: &output, maximumCount)
        }
        try outcome.get()
        guard stream.avail_in == 0 else { throw .malformed }
        return output
    }

    private static func inflateAll(
        _ stream: inout z_stream, into output: inout [UInt8], _ maximumCount: Int
    ) -> Result<Void, GzipError> {
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let status = piece.withUnsafeMutableBufferPointer { piece in
                stream.next_out = piece.baseAddress
                stream.avail_out = UInt32(clamping: piece.count)
                return inflate(&stream, Z_NO_FLUSH)
            }
            let produced = piece.count - Int(stream.avail_out)
            guard produced <= maximumCount - output.count else { return .failure(.tooLong(limit: maximumCount)) }
            output.append(contentsOf: piece[..<produced])
            switch status {
            case Z_STREAM_END: return .success(())
            case Z_OK where produced > 0 || stream.avail_in > 0: continue
            case Z_MEM_ERROR: return .failure(.outOfMemory)
            default: return .failure(.malformed)
            }
        }
    }
}
