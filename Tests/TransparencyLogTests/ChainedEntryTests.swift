import Signing
import Testing
import TransparencyLog

@Suite struct ChainedEntryTests {
    private let hash = SHA256.hash(Array("x".utf8))

    @Test func theHeadHasTheDocumentedFixedForm() {
        let zeros = String(repeating: "0", count: 64)
        let head = ChainedEntry.head(previous: ChainedEntry.firstPreviousHash, sequence: 0)
        #expect(String(decoding: head, as: UTF8.self) == #"{"prev":""# + zeros + #"","seq":0,"#)
    }

    @Test(arguments: [0, 9, 10, 99, 100, 12_345_678, UInt64.max])
    func previousHashAndSequenceAreReadBack(sequence: UInt64) {
        let head = ChainedEntry.head(previous: hash, sequence: sequence)
        let entry = head + Array(#""time":"…"}"#.utf8)
        #expect(ChainedEntry.previousHash(of: entry) == hash)
        #expect(ChainedEntry.sequence(of: entry) == sequence)
        #expect(ChainedEntry.headLength(sequence: sequence) == head.count)
        entry.withUnsafeBytes {
            #expect(ChainedEntry.starts($0, previous: hash, sequence: sequence))
            #expect(!ChainedEntry.starts($0, previous: hash, sequence: sequence ^ 1))
            #expect(!ChainedEntry.starts($0, previous: .zero, sequence: sequence))
        }
        withUnsafeTemporaryAllocation(byteCount: head.count, alignment: 1) { buffer in
            #expect(ChainedEntry.writeHead(previous: hash, sequence: sequence, to: buffer) == head.count)
            #expect(Array(buffer) == head)
            let short = UnsafeMutableRawBufferPointer(rebasing: buffer.dropLast())
            #expect(ChainedEntry.writeHead(previous: hash, sequence: sequence, to: short) == 0)
        }
    }

    @Test func anyOtherStartIsRefused() {
        let good = ChainedEntry.head(previous: hash, sequence: 7) + Array("}".utf8)
        for position in 0..<81 {
            var changed = good
            changed[position] = 0x7E
            #expect(ChainedEntry.previousHash(of: changed) == nil)
        }
        var upperCase = good
        upperCase[9] = 0x41
        #expect(ChainedEntry.previousHash(of: upperCase) == nil)
        for length in 0..<82 { #expect(ChainedEntry.previousHash(of: Array(good.prefix(length))) == nil) }
        let text = String(decoding: good, as: UTF8.self)
        for bad in ["07,", ",", "-1,", "7}", "18446744073709551616,", "7", "7 ,"] {
            let entry = Array((text.prefix(81) + bad).utf8)
            #expect(ChainedEntry.sequence(of: entry) == nil, "\(bad)")
        }
    }

    @Test func aBundleHasBigEndianLengthsAndIsReadBack() throws {
        let entries: [[UInt8]] = [[], [1], [UInt8](repeating: 2, count: 300), [UInt8](repeating: 3, count: 65_535)]
        let bundle = try EntryBundle.encode(entries)
        #expect(Array(bundle.prefix(7)) == [0, 0, 0, 1, 1, 0x01, 0x2C])
        #expect(try EntryBundle.decode(bundle) == entries)
    }

    @Test func aBundleThatBreaksOffAnywhereInsideAnEntryIsRefused() throws {
        let bundle = try EntryBundle.encode([[1, 2, 3], [4, 5]])
        for length in 1..<bundle.count where length != 5 {
            let offset = length < 5 ? 0 : 5
            #expect(throws: EntryBundleError.truncated(offset: offset)) { try EntryBundle.decode(Array(bundle.prefix(length))) }
        }
    }

    @Test func anEntryTooLongForABundleIsRefused() {
        #expect(throws: EntryBundleError.entryTooLong(index: 1, length: 65_536)) {
            try EntryBundle.encode([[], [UInt8](repeating: 0, count: 65_536)])
        }
    }
}
