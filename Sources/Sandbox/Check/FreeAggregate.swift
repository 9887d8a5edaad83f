/// Aggregates where no threshold applies: over open rows, and over the rows of a single privacy unit each.
struct FreeAggregate: Sendable {
    let block: Block
    let types: TypeChecker
    let kind: AggregateClass

    /// Over open rows, of any argument.
    func open(_ call: FunctionCall, _ place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        if let filter = call.filter { try types.requireBoolean(filter) }
        let result = try resultKind(call, place)
        return CheckedAggregate(
            expression: Expression(.call(call), offset: place.offset), statistic: .count, kind: result, isFree: true,
            isExact: [.count, .order, .condition, .quantile].contains(kind) || call.name == "sum" && result == .integer
                || call.name == "sum" && DecimalArithmetic(block: block).shape(of: call.arguments[0]) != nil)
    }

    /// Over the rows of one unit: what comes out is a value of that unit, no more usable than what it is made of.
    func unit(_ call: FunctionCall, _ place: Expression) throws(QueryRefusal) -> CheckedAggregate {
        var result = try open(call, place)
        let read = call.arguments + [call.filter].compactMap(\.self)
        let isDistinctUnit = call.isDistinct && call.name == "count"
        for path in read.reduce(into: Set<ColumnPath>(), { $0.formUnion($1.columns) }) {
            let role = block.role(path)
            guard role != .hidden || block.atoms[path.table].isReleased, role != .privacyUnit || isDistinctUnit else {
                let name = block.definition(path).name
                throw QueryRefusal(
                    .columnRole, "\"\(name)\" may not be used in this aggregate", piece: name, offset: place.nearestOffset,
                    hint: role == .privacyUnit ? "only count(DISTINCT \(name)) is allowed" : "")
            }
        }
        result.role = try role(call, read, place)
        return result
    }

    /// A count, or a statistic of a measure as such, may be summed and averaged outside. A selective one (CASE, FILTER, arithmetic
    /// with steps) may not: summed outside it would do what is forbidden inside.
    private func role(_ call: FunctionCall, _ read: [Expression], _ place: Expression) throws(QueryRefusal) -> ColumnRole {
        let paths = read.reduce(into: Set<ColumnPath>()) { $0.formUnion($1.columns) }
        let isUsable = paths.allSatisfy { path in
            block.atoms[path.table].isReleased || [.dimension, .filter, .attribute].contains(block.role(path))
        }
        if call.filter == nil {
            if kind == .count || kind == .nearly, call.arguments.allSatisfy({ if case .column = $0.node { true } else { $0.columns.isEmpty } }) {
                return .attribute
            }
            let isPlain = kind != .condition && call.arguments.allSatisfy { argument in
                if case .column = argument.node { return true }
                return argument.columns.isEmpty || (try? MeasureReader(scope: block).read(argument)) != nil
            }
            if isPlain { return isUsable ? .attribute : .measure }
        }
        guard isUsable else {
            throw QueryRefusal(
                .selectiveAggregate, "a measure may not be selected by CASE, FILTER or other arithmetic inside this aggregate",
                piece: ExpressionText.write(place, scope: block), offset: place.nearestOffset,
                hint: "use the measure as it is, or put the condition into WHERE")
        }
        return .filter
    }

    private func resultKind(_ call: FunctionCall, _ place: Expression) throws(QueryRefusal) -> ValueKind {
        let kinds = try call.arguments.map { argument throws(QueryRefusal) in try types.kind(of: argument) }
        func mismatch() -> QueryRefusal {
            QueryRefusal(
                .typeMismatch, "\(call.name) does not take (\(kinds.map(\.rawValue).joined(separator: ", ")))", piece: call.name,
                offset: place.offset)
        }
        let first = kinds.first ?? .null
        func isNumeric(_ kind: ValueKind) -> Bool { kind.isNumber || kind == .null }
        switch (kind, kinds.count) {
        case (.count, 0...1), (.nearly, 1): return .integer
        case (.condition, 1):
            guard first == .boolean || first == .null else { throw mismatch() }
            return call.name == "count_if" ? .integer : .boolean
        case (.linear, 1):
            guard isNumeric(first) else { throw mismatch() }
            return call.name == "sum" && first == .integer ? .integer : .decimal
        case (.second, 1), (.bivariate, 2):
            guard kinds.allSatisfy(isNumeric) else { throw mismatch() }
            return .decimal
        case (.order, 1): return first
        case (.quantile, 1...2):
            guard kinds.count == (call.name == "median" ? 1 : 2), case .constant? = call.arguments.dropFirst().first?.node ?? .constant(.null)
            else { throw mismatch() }
            return first.isNumber ? .decimal : first
        default: throw mismatch()
        }
    }
}
