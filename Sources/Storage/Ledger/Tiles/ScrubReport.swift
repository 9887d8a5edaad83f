/// Something in the ledger's folder that is not as it should be.
public struct ScrubFinding: Sendable, Hashable, CustomStringConvertible {
    /// The file, relative to the ledger's folder.
    public let file: String
    /// What is wrong with it, and where.
    public let reason: String

    public var description: String { "\(file): \(reason)" }
}

/// What one round of ``Ledger/scrub(bytesPerSecond:isCancelled:report:)`` came to.
public struct ScrubReport: Sendable, Hashable {
    /// Entries of the journal that were read and found in order.
    public var entries: UInt64 = 0
    /// Bytes that were read and compared.
    public var bytes: UInt64 = 0
    /// How many things were wrong, those that were mended included.
    public var findings = 0
    /// How many of them were mended.
    public var mended = 0
    /// False if the round was cancelled, or ended at a place in the journal that cannot be read.
    public var isComplete = false

    /// What is wrong still.
    public var remaining: Int { findings - mended }
}
