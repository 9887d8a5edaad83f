import Encoding
import Sandbox
import Testing

/// A hostile query, and what must come of it.
struct SQLAttack: Sendable, CustomTestStringConvertible, ExpressibleByStringLiteral {
    enum Expectation: Sendable, Hashable {
        /// Refused, or harmless to every single person by the judge's rule.
        case noLeak
        /// Refused, or no value of few persons can be had; but that somebody is there may show, in what is withheld or refused.
        /// Totals beside parts, and answers held against each other, cannot hide that without noise: Kenthapadi, Mishra, Nissim,
        /// "Simulatable Auditing" (PODS 2005).
        case noValue
        /// Refused before anything runs: it reaches for the engine itself, or is no query at all.
        case refusal
        /// Refused, or stopped by a limit, or answered without harm: it wants to exhaust the machine, not to learn.
        case contained
    }

    var sql: String
    var expectation: Expectation
    var mode: QueryMode
    var parameters: [QueryParameter]
    var values: [String: JSONValue]

    init(
        _ sql: String, _ expectation: Expectation = .noLeak, mode: QueryMode = .aggregate, parameters: [QueryParameter] = [],
        values: [String: JSONValue] = [:]
    ) {
        self.sql = sql
        self.expectation = expectation
        self.mode = mode
        self.parameters = parameters
        self.values = values
    }

    init(stringLiteral sql: String) { self.init(sql) }

    static func refused(_ sql: String) -> SQLAttack { SQLAttack(sql, .refusal) }
    static func presence(_ sql: String) -> SQLAttack { SQLAttack(sql, .noValue) }
    static func contained(_ sql: String) -> SQLAttack { SQLAttack(sql, .contained) }

    /// Whether the judge looks at its answers.
    var isJudged: Bool { expectation == .noLeak || expectation == .noValue }

    var testDescription: String { String(sql.prefix(110)) }
}

/// Attacks of one kind, from one body of literature (named at the head of its file).
struct AttackFamily: Sendable {
    var name: String
    var attacks: [SQLAttack]

    init(_ name: String, _ attacks: [SQLAttack]) {
        self.name = name
        self.attacks = attacks
    }

    static let all: [AttackFamily] = [
        errorChannel, timeChannel, orderingAndLimit, countOfOne, selectiveAggregates, nullsAndOuterJoins, floatingPoint, overflow,
        windows, setOperations, subqueries, renaming, quotingAndNames, documentsAndCollections, lambdas, settingsAndEnvironment,
        filesAndTableFunctions, otherStatements, textTricks, joins, weights, stars, groupingSets, rowsOwnValues, quantiles,
        distinctCounts, hashesAndChance, trackers, parameters, rowsMode, macrosAndTypes,
    ]
}
