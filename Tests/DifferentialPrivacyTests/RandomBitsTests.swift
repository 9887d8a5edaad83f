import DifferentialPrivacy
import Testing

@Suite struct RandomBitsTests {
    @Test func `the operating system's generator does not repeat itself`() {
        var generator = SystemRandomNumberGenerator()
        func bits(_ source: inout some RandomBits) -> UInt64 { source.next() }
        #expect(bits(&generator) != bits(&generator))
    }
}
