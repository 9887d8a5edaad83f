import Encoding

/// An entry on its way into the ledger.
public struct EntryDraft: Sendable {
    /// The instant that `content` states; handed back in the receipt.
    public let time: Timestamp
    /// The rest of the entry's JSON object after `prev` and `seq`, from the quote of its next member's name up to the
    /// closing brace: `"time":"…","type":"…",…}`. Without line feeds.
    public let content: [UInt8]

    public init(time: Timestamp, content: [UInt8]) {
        self.time = time
        self.content = content
    }
}
