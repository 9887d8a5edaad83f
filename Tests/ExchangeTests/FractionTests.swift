import Exchange
import ExchangeTestKit
import Foundation
import Testing

@Suite("Shares")
struct FractionTests {
    @Test("are read in lowest terms and in one form only")
    func form() throws {
        for text in ["1/1", "1/3", "2/7", "999999999999/1000000000000", "9223372036854775807/9223372036854775806"] {
            #expect(try #require(Fraction(text)).description == text)
        }
        for text in [
            "", "1", "/", "1/", "/1", "2/4", "0/1", "1/0", "-1/2", "1/-2", "+1/2", "01/2", "1/02", "1/2/3", " 1/2", "1 /2", "1/2 ",
            "1.0/2", "½", "１/２", "9223372036854775808/1", "1/9223372036854775808",
            String(repeating: "1", count: 100) + "/1",
        ] { #expect(Fraction(text) == nil, "\(text)") }
    }

    @Test("are brought to lowest terms, and are above zero")
    func lowestTerms() throws {
        #expect(Fraction(6, 8)?.description == "3/4")
        #expect(Fraction(Int64.max, Int64.max) == .one)
        #expect(Fraction(0, 1) == nil && Fraction(-1, 2) == nil && Fraction(1, -2) == nil && Fraction(1, 0) == nil)
        #expect(Fraction(Int64.min, Int64.min) == nil)
    }

    @Test("add up exactly where floating point does not")
    func exactness() throws {
        let third = try #require(Fraction(1, 3))
        #expect(try third.adding(third).adding(third) == .one)
        let tenths = Array(repeating: try #require(Fraction(1, 10)), count: 10)
        #expect(try Fraction.sum(tenths) == .one)
        // As floating point, these are the same number.
        let near = try #require(Fraction(Int64.max - 1, Int64.max))
        #expect(near < .one && near != .one)
        #expect(try Fraction.sum([Fraction]()) == nil)
    }

    @Test("whose exact sum is not within 64 bits have none, and nothing traps")
    func range() throws {
        let (large, other) = (try #require(Fraction(1, Int64.max)), try #require(Fraction(1, Int64.max - 1)))
        #expect(throws: FractionError.outOfRange) { try large.adding(other) }
        #expect(throws: FractionError.outOfRange) { try #require(Fraction(Int64.max, 1)).adding(.one) }
        #expect(try large.adding(try #require(Fraction(Int64.max - 1, Int64.max))) == .one)
        #expect(other > large)
    }

    /// Against sums over the least common denominator, which is small enough here for plain integers.
    @Test("add up and compare as whole numbers over a common denominator do")
    func random() throws {
        var generator = FixedGenerator(seed: 11)
        let common: Int64 = 5040
        let divisors = (1...common).filter { common % $0 == 0 }
        for _ in 0..<5000 {
            var (shares, total): ([Fraction], Int64) = ([], 0)
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let denominator = try #require(divisors.randomElement(using: &generator))
                let numerator = Int64.random(in: 1...denominator, using: &generator)
                shares.append(try #require(Fraction(numerator, denominator)))
                total += numerator * (common / denominator)
            }
            let sum = try #require(try Fraction.sum(shares))
            #expect(sum == Fraction(total, common))
            #expect((sum <= .one) == (total <= common))
            #expect(try Fraction.sum(shares.reversed()) == sum)
        }
    }

    @Test("in stored state are checked anew")
    func stored() throws {
        let share = try #require(Fraction(2, 7))
        let bytes = try JSONEncoder().encode([share])
        #expect(String(decoding: bytes, as: UTF8.self) == #"["2\/7"]"#)
        #expect(try JSONDecoder().decode([Fraction].self, from: bytes) == [share])
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Fraction].self, from: Data(#"["2\/4"]"#.utf8)) }
    }
}
