import Encoding

extension SandboxEngine {
    /// A checked query as it would run, in SQL for a person to read: the groups with their supports, what is shown of them,
    /// and the result. What runs are the trees themselves; this text is made from them by the engine.
    ///
    /// - Throws: `engineFailed` where the engine cannot write a tree as text.
    public func describe(_ query: CheckedQuery) async throws(SandboxError) -> String {
        let writer = QueryWriter(query, values: nil)
        var script = EngineScript(limits: .parsing)
        script.lock()
        var steps: [(head: String, text: String?)] = []
        func add(_ head: String, _ tree: JSONValue) {
            steps.append((head, nil))
            script.add("SELECT to_json(json_deserialize_sql(\(EngineScript.literal(tree.serialized()))))")
        }
        switch query.plan {
        case .rows(let plan): add("", writer.rowsTree(plan, cap: query.maximumRows))
        case .aggregate(let plan):
            add("CREATE TABLE hexi_raw AS ", writer.rawTree(plan))
            steps.append(("CREATE TABLE hexi_shown AS ", writer.shownStatement(plan)))
            add("", writer.resultTree(plan, cap: query.maximumRows))
        }
        let outcome = try await execute(script, mounts: [], limits: .parsing)
        guard case .exited(0) = outcome.ending else { throw .engineFailed(operatorDetail: outcome.errorText) }
        var texts = outcome.output.split(separator: 0x0A).compactMap { (try? JSONValue.parse($0))?.stringValue }[...]
        var lines: [String] = []
        for step in steps {
            guard let text = step.text ?? texts.popFirst() else {
                throw .engineFailed(operatorDetail: "a tree was not written as text")
            }
            lines.append(step.head + text + ";")
        }
        return lines.joined(separator: "\n")
    }
}
