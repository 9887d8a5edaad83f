/// The snapshots that one run sees, each under a number of its own: first those of its query, then those of earlier runs that it is
/// held against.
struct AttachedTables: Sendable {
    private struct Instance: Sendable, Hashable {
        var snapshot: String
        var restrictions: [RowRestriction]
    }

    private var instances: [Instance] = []
    private(set) var mounts: [Mount] = []

    /// The number of a table's catalog; it is attached if it is not there yet.
    ///
    /// - Parameter isNew: whether it must get the next number even if it is there.
    mutating func catalog(
        of policy: TablePolicy, snapshot: String?, restrictions: [RowRestriction], isNew: Bool, in script: inout EngineScript
    ) throws(SandboxError) -> Int {
        guard let snapshot else {
            throw .engineFailed(operatorDetail: "no snapshot was given for the table \"\(policy.name)\"")
        }
        let instance = Instance(snapshot: snapshot, restrictions: restrictions)
        if !isNew, let known = instances.firstIndex(of: instance) { return known }
        let index = instances.count
        instances.append(instance)
        let file = "/data/\(index).duckdb"
        mounts.append(Mount(source: snapshot, target: file))
        do { try script.addTable(index, file: file, policy: policy, restrictions) } catch { throw .refused(error) }
        return index
    }
}
