import Encoding

extension JSONCursor {
    /// A text for people, of so many characters. They are counted as JSON Schema counts them, in Unicode scalars, so
    /// that what passes the published schema passes here.
    ///
    /// Control characters are refused, since a name on the ledger is printed on other people's terminals, and so are
    /// the marks that reverse the direction of writing, with which one name can be made to look like another.
    func text(_ counts: ClosedRange<Int>, allowsLines: Bool = false) throws(JSONMismatch) -> String {
        let text = try string()
        let count = text.scalarCount
        guard counts.contains(count) else {
            throw mismatch("must have \(counts.lowerBound) to \(counts.upperBound) characters, has \(count)")
        }
        if text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) { return text }
        for scalar in text.unicodeScalars where !scalar.isReadable && !(allowsLines && scalar.isLayout) {
            throw mismatch("must not hold the control character U+\(String(scalar.value, radix: 16, uppercase: true))")
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Line feed, carriage return or tabulator.
    var isLayout: Bool { [0x09, 0x0A, 0x0D].contains(value) }

    /// Neither a control character nor an explicit mark of direction (Unicode annex 9, section 2).
    var isReadable: Bool {
        switch value {
        case 0x00...0x1F, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069: false
        default: true
        }
    }
}
