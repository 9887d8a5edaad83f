/// The engine's exact type of simple expressions, where it is known.
struct ExactTypes: Sendable {
    let block: Block

    func type(of expression: Expression) -> String? {
        switch expression.node {
        case .column(let path): return block.definition(path).type
        case .cast(_, let type): return type.name
        case .call(let call) where ["count", "count_star", "approx_count_distinct"].contains(call.name): return "BIGINT"
        case .call(let call) where ["avg", "mean"].contains(call.name): return "DOUBLE"
        case .call(let call) where ["min", "max"].contains(call.name): return call.arguments.first.flatMap(type)
        case .constant(.boolean), .comparison, .between, .conjunction, .not, .isNull, .membership, .fragment: return "BOOLEAN"
        default: return nil
        }
    }
}
