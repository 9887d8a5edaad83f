import Sandbox

/// Finds the programs that the sandbox needs and sets its limits from the node's settings.
public enum SandboxSetup {
    /// The sandbox of this machine with the usual limits, without any node.
    ///
    /// - Parameter scratchDirectory: an existing folder for what lives only as long as a run.
    public static func configuration(scratchDirectory: String) -> EngineConfiguration {
        EngineConfiguration(
            duckdbPath: duckdbPath(nil), bubblewrapPath: ProgramFinder.bubblewrap(), scratchDirectory: scratchDirectory,
            limits: RunLimits())
    }

    static func configuration(_ home: NodeHome) throws -> EngineConfiguration {
        let settings = home.configuration
        let scratch = "\(home.workDirectory)/scratch"
        try PrivateFile.makeDirectory(scratch)
        var limits = RunLimits()
        limits.wallClockSeconds = Double(settings.runSeconds)
        limits.memoryBytes = settings.runMemoryBytes
        return EngineConfiguration(
            duckdbPath: duckdbPath(settings), bubblewrapPath: ProgramFinder.bubblewrap(), scratchDirectory: scratch, limits: limits)
    }

    static func duckdbPath(_ settings: NodeConfiguration?) -> String { ProgramFinder.duckdb(named: settings?.duckdb) }
}
