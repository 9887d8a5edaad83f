import Encoding
import Exchange

enum JSONEntryForm {
    /// Whether bytes are JSON with an entry's members, whatever these say.
    static func isEntry(_ entry: UnsafeRawBufferPointer) -> Bool {
        let document = try? JSONValue.parse(Array(entry), maximumDepth: 16, maximumCount: LedgerEntry.maximumCount)
        return document?.objectValue?.names == LedgerEntry.memberNames
    }
}
