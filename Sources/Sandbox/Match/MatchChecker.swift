/// Checks a query in match mode: yes or no, or one of a few bands, about the one subject whom a consent names.
///
/// `SELECT <expression> FROM table WHERE subject = $subject`, and nothing else. The answer is one text: `true`, `false`, one of the
/// query's own constants, or `unknown`, which is also the answer where the subject is not there, or there more than once, or the
/// expression has no value: none of these can be told from the others.
struct MatchChecker {
    static let subjectParameter = "subject"
    /// The most constants that a CASE may tell apart, ELSE included.
    static let maximumBands = 8
    static let unknown = "unknown"

    let planner: QueryPlanner
    let statement: QueryStatement

    func plan() throws(QueryRefusal) -> (plan: QueryPlan, columns: [String]) {
        guard let select = statement.select, statement.common.isEmpty, statement.order.isEmpty, statement.limit == nil,
            statement.offset == nil, select.groups.isEmpty, select.groupingSets.isEmpty, select.having == nil, !select.isDistinct,
            select.qualify == nil, select.items.count == 1, let item = select.items.first, let written = item.expression,
            select.tables.count == 1, select.tables.allSatisfy({ $0.tableName != nil })
        else {
            throw QueryRefusal(
                .syntaxNotAllowed, "match mode takes one expression about one table: \(Self.form)", piece: "SELECT",
                hint: "ask for statistics in another mode")
        }
        for parameter in planner.parameters where foldedName(parameter.name) != Self.subjectParameter || parameter.type != .text {
            throw QueryRefusal(
                .parameterUnknown, "match mode has the parameter $subject of type text and no other: asking again with another value would narrow a value down",
                piece: "$" + parameter.name)
        }
        let scope = try planner.scope(select.tables, common: QueryPlanner.Common(), outer: nil)
        guard let policy = planner.tables.first?.match else { throw QueryRefusal(.modeNotOffered, "the product offers no matches") }
        let subject = try requireSubject(select.filter, policy, scope)
        let answer = try scope.resolve(written)
        try requireKnown(answer, subject: subject, scope)
        try requireFew(answer, scope)
        return (planned(answer, subject, scope), [item.alias.isEmpty ? "answer" : item.alias])
    }

    private static let form = "SELECT <yes/no, or CASE … END> FROM table WHERE <subject> = $subject"

    /// The subject's column, where WHERE compares it with the parameter and says nothing else.
    private func requireSubject(_ filter: Expression?, _ policy: MatchPolicy, _ scope: Scope) throws(QueryRefusal) -> ColumnPath {
        if let filter, case .comparison("COMPARE_EQUAL", let left, let right) = try scope.resolve(filter).node {
            for (column, parameter) in [(left, right), (right, left)] {
                guard case .column(let path) = column.node, case .parameter(let name) = parameter.node,
                    foldedName(name) == Self.subjectParameter, foldedName(scope.definition(path).name) == foldedName(policy.subject),
                    scope.definition(path).role == .privacyUnit
                else { continue }
                return path
            }
        }
        throw QueryRefusal(
            .syntaxNotAllowed, "in match mode WHERE names the subject and nothing else", piece: "WHERE",
            offset: filter?.nearestOffset, hint: "write WHERE \(policy.subject) = $subject")
    }

    /// Only what can be looked at row by row, and nobody's name.
    private func requireKnown(_ expression: Expression, subject: ColumnPath, _ scope: Scope) throws(QueryRefusal) {
        switch expression.node {
        case .column(let path):
            guard scope.definition(path).role != .privacyUnit else {
                throw QueryRefusal(
                    .columnRole, "\"\(scope.definition(path).name)\" names somebody and cannot be looked at", piece: scope.definition(path).name,
                    offset: expression.nearestOffset)
            }
        case .constant, .call, .comparison, .between, .conjunction, .not, .isNull, .membership, .coalesce, .choice, .cast: break
        case .parameter(let name):
            throw QueryRefusal(
                .syntaxNotAllowed, "the parameter $\(name) belongs to WHERE in match mode", piece: "$" + name, offset: expression.nearestOffset,
                hint: "write bounds as constants, which the provider approves")
        default:
            throw QueryRefusal(
                .syntaxNotAllowed, "match mode knows no inner queries and no windows",
                piece: ExpressionText.write(expression, scope: scope.block), offset: expression.nearestOffset)
        }
        for part in expression.children { try requireKnown(part, subject: subject, scope) }
    }

    /// Yes or no, or a CASE whose results are constants.
    private func requireFew(_ expression: Expression, _ scope: Scope) throws(QueryRefusal) {
        let kind = try planner.types(scope.block).kind(of: expression)
        if case .choice(let branches, let otherwise) = expression.node {
            let bands = branches.map(\.result) + [otherwise]
            let isConstant = bands.allSatisfy { if case .constant = $0.node { true } else { false } }
            guard kind == .boolean || isConstant && Set(bands).count <= Self.maximumBands else {
                throw QueryRefusal(
                    .syntaxNotAllowed, "a band is one of at most \(Self.maximumBands) constants", piece: "CASE", offset: expression.nearestOffset,
                    hint: "CASE WHEN income < 1000 THEN 'low' ELSE 'other' END")
            }
            return
        }
        guard kind == .boolean, !expression.columns.isEmpty else {
            throw QueryRefusal(
                .syntaxNotAllowed, "match mode answers yes or no, or with a band", piece: ExpressionText.write(expression, scope: scope.block),
                offset: expression.nearestOffset, hint: Self.form)
        }
    }

    private func planned(_ answer: Expression, _ subject: ColumnPath, _ scope: Scope) -> QueryPlan {
        let writer = planner.writer(scope.block)
        planner.note([answer], scope.block)
        let name = writer.write(Expression(.column(subject)))
        let asked = writer.write(Expression(.parameter(Self.subjectParameter)))
        let text = "CAST(\(writer.write(answer)) AS VARCHAR)"
        let unknown = SQLWriter.text(Self.unknown)
        let result = "SELECT CASE WHEN count(*) = 1 THEN COALESCE(min(\(text)), \(unknown)) ELSE \(unknown) END AS c0 "
            + "\(writer.source) WHERE CAST(\(name) AS VARCHAR) = \(asked)"
        return QueryPlan(result: result, conversions: planner.conversions).numbered
    }
}
