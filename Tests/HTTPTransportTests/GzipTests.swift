import CZlib
import HTTPTransport
import Testing

@Suite struct GzipTests {
    @Test func whatIsCompressedComesBackWhole() throws {
        var generator = SplitMix(seed: 5)
        for count in [0, 1, 2, 100, 65_536, 300_000] {
            let random = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let repeated = (0..<count).map { UInt8(truncatingIfNeeded: $0 % 57) }
            for bytes in [random, repeated] {
                let packed = try #require(Gzip.compress(bytes))
                #expect(packed.prefix(2) == [0x1F, 0x8B], "RFC 1952 section 2.3.1")
                #expect(inflate(packed, count) == bytes)
                #expect(Gzip.compress(bytes) == packed)
            }
            if count > 1000 { #expect(try #require(Gzip.compress(repeated)).count < count / 20) }
        }
    }

    @Test(arguments: [
        ("gzip", true), ("GZIP", true), ("x-gzip", true), ("gzip, identity", true), ("identity, gzip", true), ("br, gzip;q=0.5", true),
        ("gzip;q=1.000", true), ("gzip; q=0.001", true), ("gzip ;q=1", true), ("identity;q=0.3, gzip;q=0.7", true),
        ("identity;q=0, gzip", true), ("gzip;q=0", false), ("gzip;q=0.000", false), ("identity, gzip;q=0.9", false), ("", false),
        ("identity", false), ("br", false), ("*", false), ("gzipped", false), ("gzip;q=", false), ("gzip;q=2", false),
        ("gzip;q=1.5", false), ("gzip;q=-1", false), ("gzip;x=1", false), ("gzip;q=1;q=1", false), ("gzip;q=0.00000", false), (";;,,", false),
    ])
    func onlyWhoeverAsksForItGetsIt(field: String, isAccepted: Bool) {
        #expect(Gzip.isAccepted(by: ["Accept-Encoding": field]) == isAccepted)
    }

    @Test func nobodyGetsItUnaskedOrForAnOverlongField() {
        #expect(!Gzip.isAccepted(by: [:]))
        #expect(!Gzip.isAccepted(by: ["Accept-Encoding": String(repeating: "gzip,", count: 1000)]))
        #expect(Gzip.isAccepted(by: HTTPHeaders([("Accept-Encoding", "br"), ("accept-encoding", "gzip")])))
    }

    private func inflate(_ packed: [UInt8], _ count: Int) -> [UInt8]? {
        var stream = z_stream()
        guard inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var (input, output) = (packed, [UInt8](repeating: 0, count: count + 1))
        let result = input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(output.count))
                return CZlib.inflate(&stream, Z_FINISH)
            }
        }
        return result == Z_STREAM_END ? Array(output.prefix(Int(stream.total_out))) : nil
    }
}
