import Encoding

extension SandboxEngine {
    /// Assesses a snapshot: counts, completeness, shares and ranges, keys and freshness, in the isolated engine.
    ///
    /// The same snapshot, roles and support give the same profile on every machine.
    ///
    /// - Parameters:
    ///   - snapshotPath: the file that `importTable` made.
    ///   - columns: as it was described, in order, with their roles.
    ///   - rows: as it was described; it decides whether every row is looked at.
    ///   - minimumGroupSize: the product's own; the support is never below `TableProfile.leastSupport`.
    /// - Throws: `timeExceeded`, `resourcesExceeded`, `engineFailed`, `isolationUnavailable`, `cancelled`.
    public func assess(
        snapshotPath: String, columns: [ColumnDefinition], rows: Int64, minimumGroupSize: Int64, limits: RunLimits? = nil
    ) async throws(SandboxError) -> TableProfile {
        var limits = limits ?? configuration.limits
        // With more threads, sums of floating-point numbers would depend on which came first.
        limits.threads = 1
        let support = max(Int64(TableProfile.leastSupport), minimumGroupSize)
        let mount = Mount(source: snapshotPath, target: "/data/0.duckdb")
        var counting = ProfileScript(columns: columns, support: support, limits: limits)
        counting.addCounts(rows: rows)
        var reader = ProfileReader(columns: columns, support: support, describedRows: rows)
        try reader.read(try await output(of: counting, mount, limits), counting)
        var values = ProfileScript(columns: columns, support: support, limits: limits)
        values.addValues(rows: rows, distinct: reader.distinct, present: reader.present)
        if !values.answers.isEmpty { try reader.read(try await output(of: values, mount, limits), values) }
        return try reader.profile()
    }

    private func output(
        of profile: ProfileScript, _ mount: Mount, _ limits: RunLimits
    ) async throws(SandboxError) -> [UInt8] {
        let outcome = try await execute(profile.script, mounts: [mount], limits: limits)
        guard case .exited(0) = outcome.ending else {
            throw EngineMessage(outcome.errorText).error(for: outcome.ending, limits: limits)
        }
        return outcome.output
    }
}
