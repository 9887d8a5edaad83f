/// Why bytes are not an entry bundle, or entries do not fit in one.
public enum EntryBundleError: Error, Equatable, CustomStringConvertible {
    case entryTooLong(index: Int, length: Int)
    case truncated(offset: Int)

    public var description: String {
        switch self {
        case .entryTooLong(let index, let length):
            "entry \(index) of the bundle has \(length) bytes; at most \(ChainedEntry.maximumLength) fit"
        case .truncated(let offset):
            "the entry bundle breaks off in the entry at byte \(offset): each entry is two bytes of length and then that many bytes"
        }
    }
}
