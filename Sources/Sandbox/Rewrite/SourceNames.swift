/// Names of sources of rows inside written SQL. They stand as placeholders until a statement is complete, so that two statements
/// that differ in nothing else can be told to be the same.
enum SourceNames {
    static func placeholder(_ number: Int) -> String { "\u{3}\(number)\u{4}" }

    /// With the sources called r0, r1, … in the order in which the texts name them.
    struct Numbering {
        private var order: [String: Int] = [:]

        init() {}

        mutating func apply(_ text: String) -> String {
            guard text.utf8.contains(3) else { return text }
            var result = ""
            var rest = text.unicodeScalars[...]
            while let start = rest.firstIndex(of: "\u{3}") {
                result.unicodeScalars.append(contentsOf: rest[..<start])
                let tail = rest[rest.index(after: start)...]
                guard let end = tail.firstIndex(of: "\u{4}") else { break }
                let key = String(tail[..<end])
                let number = order[key] ?? order.count
                order[key] = number
                result += "r\(number)"
                rest = tail[tail.index(after: end)...]
            }
            result.unicodeScalars.append(contentsOf: rest)
            return result
        }
    }
}
