/// A regular expression that is a plain sequence of byte classes, each repeated a number of times, anchored at both ends:
/// the form that nearly every pattern of a schema has (identifiers, digests, times, names).
///
/// It is matched in one pass, each class taking as many bytes as it can. That gives the same answer as trying every
/// division of the text because a class that may stop sooner or later shares no byte with whatever may follow it; a
/// pattern for which this does not hold is not taken.
struct BytePattern: Sendable {
    private struct Step {
        var bytes: ByteSet
        var minimum: Int
        var maximum: Int
    }

    private let steps: [Step]

    /// `nil` for an expression of another form, or one in which a class could need to give bytes back.
    ///
    /// - Parameter pattern: a well-formed POSIX extended regular expression in ASCII.
    init?(_ pattern: String) {
        var reader = Reader(characters: Array(pattern.utf8))
        guard let steps = reader.steps(), Self.isDeterministic(steps) else { return nil }
        self.steps = steps
    }

    func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var position = 0
        for step in steps {
            let limit = step.maximum < text.count - position ? position + step.maximum : text.count
            let start = position
            while position < limit, step.bytes.contains(text[position]) { position += 1 }
            if position - start < step.minimum { return false }
        }
        return position == text.count
    }

    /// Whether each step of variable length shares no byte with the steps that could come directly behind it.
    private static func isDeterministic(_ steps: [Step]) -> Bool {
        for (index, step) in steps.enumerated() where step.minimum < step.maximum {
            for following in steps[(index + 1)...] {
                if step.bytes.intersects(following.bytes) { return false }
                if following.minimum > 0 { break }
            }
        }
        return true
    }
}

extension BytePattern {
    /// A set of ASCII characters.
    private struct ByteSet {
        private var low: UInt64 = 0
        private var high: UInt64 = 0

        var isEmpty: Bool { low | high == 0 }

        mutating func insert(_ byte: UInt8) {
            if byte < 64 { low |= 1 << UInt64(byte) } else if byte < 128 { high |= 1 << UInt64(byte - 64) }
        }

        func contains(_ byte: UInt8) -> Bool {
            byte < 64 ? low >> UInt64(byte) & 1 == 1 : byte < 128 && high >> UInt64(byte - 64) & 1 == 1
        }

        func intersects(_ other: ByteSet) -> Bool { low & other.low | high & other.high != 0 }
    }

    /// Takes an expression apart; every method gives `nil` for what is not of the simple form.
    private struct Reader {
        let characters: [UInt8]
        private var index = 0

        init(characters: [UInt8]) { self.characters = characters }

        private var next: UInt8? { index < characters.count ? characters[index] : nil }

        mutating func steps() -> [Step]? {
            guard next == UInt8(ascii: "^") else { return nil }
            index += 1
            var steps: [Step] = []
            while let character = next {
                if character == UInt8(ascii: "$") {
                    // Behind the end nothing may follow.
                    return index == characters.count - 1 ? steps : nil
                }
                guard let bytes = character == UInt8(ascii: "[") ? bracket() : literal(),
                    let (minimum, maximum) = repetition()
                else { return nil }
                steps.append(Step(bytes: bytes, minimum: minimum, maximum: maximum))
            }
            return nil
        }

        private mutating func literal() -> ByteSet? {
            guard var character = next else { return nil }
            if character == UInt8(ascii: "\\") {
                index += 1
                guard let escaped = next, !Self.isLetterOrDigit(escaped), escaped < 0x80 else { return nil }
                character = escaped
            } else if ".()|*+?{}^[]".utf8.contains(character) || !(0x20...0x7E).contains(character) {
                return nil
            }
            index += 1
            var bytes = ByteSet()
            bytes.insert(character)
            return bytes
        }

        /// A bracket expression of characters and ranges. What it excludes, and classes by name, are not taken.
        private mutating func bracket() -> ByteSet? {
            index += 1
            guard next != UInt8(ascii: "^"), next != UInt8(ascii: "]") else { return nil }
            var bytes = ByteSet()
            while let first = next {
                index += 1
                if first == UInt8(ascii: "]") { return bytes.isEmpty ? nil : bytes }
                guard (0x20...0x7E).contains(first), first != UInt8(ascii: "["), first != UInt8(ascii: "\\") else { return nil }
                var last = first
                if next == UInt8(ascii: "-"), index + 1 < characters.count, characters[index + 1] != UInt8(ascii: "]") {
                    last = characters[index + 1]
                    index += 2
                    guard Self.isLetterOrDigit(first), Self.isLetterOrDigit(last), first <= last else { return nil }
                }
                for byte in first...last { bytes.insert(byte) }
            }
            return nil
        }

        /// How often the step before is repeated: once where nothing else is said.
        private mutating func repetition() -> (Int, Int)? {
            switch next {
            case UInt8(ascii: "*")?: return bare(0, .max)
            case UInt8(ascii: "+")?: return bare(1, .max)
            case UInt8(ascii: "?")?: return bare(0, 1)
            case UInt8(ascii: "{")?: break
            default: return (1, 1)
            }
            index += 1
            guard let minimum = number() else { return nil }
            var maximum = minimum
            if next == UInt8(ascii: ",") {
                index += 1
                if next == UInt8(ascii: "}") { maximum = .max } else if let upper = number() { maximum = upper } else { return nil }
            }
            guard next == UInt8(ascii: "}"), minimum <= maximum else { return nil }
            return bare(minimum, maximum)
        }

        /// Steps over one character; a second repetition behind it is not taken.
        private mutating func bare(_ minimum: Int, _ maximum: Int) -> (Int, Int)? {
            index += 1
            if let next, "*+?{".utf8.contains(next) { return nil }
            return (minimum, maximum)
        }

        private mutating func number() -> Int? {
            var value: Int?
            while let digit = next, (0x30...0x39).contains(digit) {
                value = (value ?? 0) * 10 + Int(digit - 0x30)
                if value ?? 0 > 1000 { return nil }
                index += 1
            }
            return value
        }

        private static func isLetterOrDigit(_ character: UInt8) -> Bool {
            switch character {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
            default: false
            }
        }
    }
}
