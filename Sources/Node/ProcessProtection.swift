import Sandbox

/// What a serving node does for its own memory, where its keys are: no core dumps, and no other process of the same user may
/// look into it.
public enum ProcessProtection {
    /// For a process that will only serve; it cannot be taken back for core dumps.
    ///
    /// - Returns: whether the kernel agreed.
    @discardableResult public static func forbidCoreDumps() -> Bool { ProcessMemory.forbidCoreDumps() }
}
