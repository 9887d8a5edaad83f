/// Finds pieces in a text of SQL, for people: what a refusal speaks of, and how far it goes.
enum SQLPiece {
    private static func folded(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte + 32 : byte }

    private static func isWord(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte | 0x20) || (0x30...0x39).contains(byte) || byte == 0x5F || byte >= 0x80
    }

    private static func starts(_ piece: [UInt8], at offset: Int, in text: [UInt8]) -> Bool {
        guard offset + piece.count <= text.count else { return false }
        return piece.indices.allSatisfy { folded(text[offset + $0]) == folded(piece[$0]) }
    }

    /// Where a piece stands as whole words for the first time; `nil` where it does not.
    static func find(_ piece: String, in text: [UInt8]) -> Int? {
        let piece = Array(piece.utf8)
        guard !piece.isEmpty, piece.count <= text.count else { return nil }
        for offset in 0...(text.count - piece.count) where starts(piece, at: offset, in: text) {
            let end = offset + piece.count
            let isFirst = offset == 0 || !isWord(text[offset - 1]) || !isWord(piece[0])
            let isLast = end == text.count || !isWord(text[end]) || !isWord(piece[piece.count - 1])
            if isFirst && isLast { return offset }
        }
        return nil
    }

    /// How many bytes from the offset belong to the piece: the piece itself where it stands there, else the word, the quoted text
    /// or the sign that does. At least 1, but 0 at the end of the text.
    static func length(of piece: String, at offset: Int, in text: [UInt8]) -> Int {
        guard offset < text.count else { return 0 }
        let wanted = Array(piece.utf8)
        if !wanted.isEmpty, starts(wanted, at: offset, in: text) { return wanted.count }
        let first = text[offset]
        if first == 0x22 || first == 0x27 {
            let rest = text[(offset + 1)...]
            return (rest.firstIndex(of: first) ?? text.count - 1) - offset + 1
        }
        var end = offset
        while end < text.count, isWord(text[end]) || text[end] == 0x2E || text[end] == 0x24 { end += 1 }
        if end > offset { return end - offset }
        let signs = Set("<>=!|~+-*/%".utf8)
        while end < text.count, signs.contains(text[end]) { end += 1 }
        return max(end - offset, 1)
    }
}
