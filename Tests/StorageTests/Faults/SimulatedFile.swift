import ExchangeTestKit

/// A file of a ``CrashDisk``: what readers see, what a power cut cannot take away any more, and what lies between.
struct SimulatedFile: Sendable {
    enum Change: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case truncation(size: Int)
    }

    /// What a power cut does to changes that were not synchronised.
    enum Fate: Sendable, CaseIterable {
        case allKept, allDropped
        /// Each change for itself is kept, dropped or torn.
        case mixed
    }

    /// What programs see (the kernel's page cache).
    private(set) var content: [UInt8] = []
    /// What the disk holds for certain.
    private(set) var durable: [UInt8] = []
    /// What turns the durable bytes into the content, but for what a failed synchronisation lost.
    private(set) var pending: [Change] = []

    init() {}

    init(durable: [UInt8]) { (content, self.durable) = (durable, durable) }

    mutating func write(_ bytes: [UInt8], at offset: Int) {
        Self.apply(.write(offset: offset, bytes: bytes), to: &content)
        pending.append(.write(offset: offset, bytes: bytes))
    }

    mutating func truncate(to size: Int) {
        Self.apply(.truncation(size: size), to: &content)
        pending.append(.truncation(size: size))
    }

    mutating func synchronize() {
        for change in pending { Self.apply(change, to: &durable) }
        pending = []
    }

    /// What Linux does when writing back fails: the changes count as written though part of them, or all, is not on the
    /// disk, readers go on seeing them, and a later synchronisation does not make up for it.
    mutating func failToSynchronize(using generator: inout FixedGenerator) {
        durable = afterPowerCut(.mixed, using: &generator)
        pending = []
    }

    /// What is on the disk after the power was cut.
    func afterPowerCut(_ fate: Fate, using generator: inout FixedGenerator) -> [UInt8] {
        var bytes = durable
        for change in pending {
            switch fate {
            case .allKept: Self.apply(change, to: &bytes)
            case .allDropped: break
            case .mixed: Self.applyPerhaps(change, to: &bytes, using: &generator)
            }
        }
        return bytes
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .write(let offset, let new):
            extend(&bytes, to: offset + new.count)
            bytes.replaceSubrange(offset..<offset + new.count, with: new)
        case .truncation(let size):
            extend(&bytes, to: size)
            bytes.removeLast(bytes.count - size)
        }
    }

    private static func applyPerhaps(_ change: Change, to bytes: inout [UInt8], using generator: inout FixedGenerator) {
        guard case .write(let offset, let new) = change else {
            if Bool.random(using: &generator) { apply(change, to: &bytes) }
            return
        }
        switch Int.random(in: 0..<6, using: &generator) {
        case 0, 1: apply(change, to: &bytes)
        case 2: break
        case 3:  // The length arrived, the bytes did not.
            extend(&bytes, to: offset + new.count)
        case 4:  // It stopped at some byte.
            let count = Int.random(in: 0...new.count, using: &generator)
            apply(.write(offset: offset, bytes: Array(new[..<count])), to: &bytes)
        default:  // Some sectors arrived, others did not.
            var start = offset
            while start < offset + new.count {
                let end = min((start / 512 + 1) * 512, offset + new.count)
                if Bool.random(using: &generator) {
                    apply(.write(offset: start, bytes: Array(new[start - offset..<end - offset])), to: &bytes)
                }
                start = end
            }
        }
    }

    private static func extend(_ bytes: inout [UInt8], to size: Int) {
        if bytes.count < size { bytes += [UInt8](repeating: 0, count: size - bytes.count) }
    }
}
