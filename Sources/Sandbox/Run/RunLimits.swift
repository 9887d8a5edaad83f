/// What one run may use. Each bound is enforced by the kernel or by the reader, not by the engine's good will.
public struct RunLimits: Sendable, Hashable {
    /// From start to end; the whole process tree is killed at the deadline.
    public var wallClockSeconds: Double
    /// Processor time of the process, over all its threads (RLIMIT_CPU).
    public var cpuSeconds: Int
    /// The engine's own memory limit; the address space is bounded a fixed amount above (RLIMIT_AS).
    public var memoryBytes: Int
    /// Scratch space, in memory, gone after the run.
    public var scratchBytes: Int
    public var maximumOutputBytes: Int
    /// The most rows of a result, beside the policies' own bounds.
    public var maximumRows: Int
    /// The engine's worker threads. With 1, sums of floating-point columns are the same on every run.
    public var threads: Int

    public init(
        wallClockSeconds: Double = 60, cpuSeconds: Int = 120, memoryBytes: Int = 1 << 30, scratchBytes: Int = 256 << 20,
        maximumOutputBytes: Int = 16 << 20, maximumRows: Int = 100_000, threads: Int = 2
    ) {
        self.wallClockSeconds = wallClockSeconds
        self.cpuSeconds = cpuSeconds
        self.memoryBytes = memoryBytes
        self.scratchBytes = scratchBytes
        self.maximumOutputBytes = maximumOutputBytes
        self.maximumRows = maximumRows
        self.threads = threads
    }

    /// For parsing and checking a text: no data is read.
    static let parsing = RunLimits(
        wallClockSeconds: 10, cpuSeconds: 10, memoryBytes: 256 << 20, scratchBytes: 1 << 20, maximumOutputBytes: 16 << 20, threads: 1)
}

/// Where the sandbox finds its programs, and how much a run may use by default.
public struct EngineConfiguration: Sendable, Hashable {
    /// DuckDB's command-line program, version 1.5.6.
    public var duckdbPath: String
    public var bubblewrapPath: String
    /// A folder of the node's own, on the file system of the snapshots, where an import writes before it is complete.
    public var scratchDirectory: String
    public var limits: RunLimits
    /// How many runs go on at once, and beside them as many checks; further ones wait in line.
    public var maximumProcesses: Int
    /// A control group (version 2) without processes of its own, in which each run gets one; `nil` for the one that systemd has
    /// delegated to this process, if there is one.
    public var controlGroup: String?

    public init(
        duckdbPath: String, bubblewrapPath: String = "/usr/bin/bwrap", scratchDirectory: String, limits: RunLimits = RunLimits(),
        maximumProcesses: Int = 4, controlGroup: String? = nil
    ) {
        self.controlGroup = controlGroup
        self.maximumProcesses = maximumProcesses
        self.duckdbPath = duckdbPath
        self.bubblewrapPath = bubblewrapPath
        self.scratchDirectory = scratchDirectory
        self.limits = limits
    }
}
