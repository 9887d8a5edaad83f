/// Says whether answers tell anything about fewer than a smallest group of people.
///
/// The rule: take a person away, or change everything secret about her, and look at what changes in the answer. **Everything that
/// changes for one person must change for at least `minimum` persons**; what fewer than that can change is about them. It
/// is applied to every cell, to every row, to the number and the order of rows, to the count of groups left out, to refusals and
/// errors word by word, to the differences of two columns of a row, and to every sum and difference of the rows of a column
/// (with factors -1, 0, 1), so that a suppressed group that can be had by subtraction counts as told.
struct Judge: Sendable {
    typealias Neighbour = AttackedHospital.Neighbour

    var minimum = AttackedHospital.minimum
    /// Whether the differences between columns are looked at.
    var comparesColumns = true

    struct Leak: Sendable, Hashable, CustomStringConvertible {
        var fact: String
        var persons: [String]
        /// Whether it tells that somebody is there, and no value: what is refused, left out, or how many rows and groups are shown.
        var isPresence: Bool {
            if fact.hasPrefix("verdict: ") || fact.hasPrefix("rows: ") || fact.hasPrefix("left out: ") { return true }
            guard fact.hasPrefix("column "), let cell = fact.split(separator: ": ", maxSplits: 1).last?.split(separator: " (").first
            else { return false }
            return Double(cell) == nil
        }

        var description: String { "\(fact) depends on \(persons.joined(separator: ", ")) only" }
    }

    /// - Parameter answer: of any neighbour. Asked for all persons' absence and the two targets' changes at once, and for
    ///   further changes only where few persons are found to matter.
    func leaks(_ answer: (Neighbour) async throws -> Answer) async throws -> [Leak] {
        let base = try await answer(.asItIs)
        var others: [(person: String, answer: Answer)] = []
        func ask(_ kind: (String) -> Neighbour, _ persons: [String]) async throws {
            for person in persons { others.append((person, try await answer(kind(person)))) }
        }
        try await ask(Neighbour.without, AttackedHospital.patients)
        try await ask(Neighbour.altered, AttackedHospital.targets)
        guard !leaks(base, others).isEmpty else { return [] }
        try await ask(Neighbour.altered, AttackedHospital.patients.filter { !AttackedHospital.targets.contains($0) })
        guard !leaks(base, others).isEmpty else { return [] }
        try await ask(Neighbour.lacking, AttackedHospital.patients)
        return leaks(base, others)
    }

    private func leaks(_ base: Answer, _ others: [(person: String, answer: Answer)]) -> [Leak] {
        var influence: [String: Set<String>] = [:]
        for other in others {
            for fact in base.facts.subtracting(other.answer.facts) { influence[fact, default: []].insert(other.person) }
            if base.isReordered(other.answer) { influence["the order of rows", default: []].insert(other.person) }
        }
        for combination in combinations(base, others.map(\.answer)) {
            guard let value = combination.value(base) else { continue }
            for other in others {
                guard let changed = combination.value(other.answer), abs(changed - value) > 1e-6 * max(1, abs(value)) else { continue }
                influence[combination.name, default: []].insert(other.person)
            }
        }
        return influence.filter { $0.value.count < minimum }.map { Leak(fact: $0.key, persons: $0.value.sorted()) }
            .sorted { $0.fact < $1.fact }
    }

    // MARK: Sums and differences

    private struct Combination {
        var name: String
        var value: (Answer) -> Double?
    }

    private static let mostRows = 6

    private func combinations(_ base: Answer, _ others: [Answer]) -> [Combination] {
        let answered = others.filter { !$0.rows.isEmpty }
        let keys = (0..<base.width).filter { column in answered.allSatisfy { Self.isPart($0.column(column), of: base.column(column)) } }
        let numbers = (0..<base.width).filter { column in
            !keys.contains(column) && base.column(column).allSatisfy { $0 == "NULL" || Double($0) != nil }
        }
        func key(_ row: [String]) -> [String] { keys.map { row.count > $0 ? row[$0] : "" } }
        let rowKeys = base.rows.map(key)
        guard Set(rowKeys).count == rowKeys.count, base.rows.count <= Self.mostRows else { return [] }
        func cell(_ answer: Answer, _ row: [String], _ column: Int) -> Double? {
            let found = answer.rows.filter { key($0) == row }
            return found.count == 1 && found[0].count > column ? Double(found[0][column]) : nil
        }
        var all: [Combination] = []
        for column in numbers {
            for signs in Self.signs(base.rows.count) where signs.count(where: { $0 != 0 }) > 1 {
                let name = "column \(column + 1), rows " + signs.enumerated().filter { $1 != 0 }.map { ($1 > 0 ? "+" : "-") + "\($0 + 1)" }.joined()
                all.append(
                    Combination(name: name) { answer in
                        var sum = 0.0
                        for (row, sign) in zip(rowKeys, signs) where sign != 0 {
                            guard let value = cell(answer, row, column) else { return nil }
                            sum += Double(sign) * value
                        }
                        return sum
                    })
            }
        }
        guard comparesColumns else { return all }
        for (index, row) in rowKeys.enumerated() {
            for one in numbers {
                for other in numbers where other > one {
                    all.append(
                        Combination(name: "row \(index + 1), column \(one + 1) - column \(other + 1)") { answer in
                            cell(answer, row, one).flatMap { left in cell(answer, row, other).map { left - $0 } }
                        })
                }
            }
        }
        return all
    }

    /// Whether each value stands in the other list at least as often.
    private static func isPart(_ some: [String], of all: [String]) -> Bool {
        let counts = Dictionary(all.map { ($0, 1) }, uniquingKeysWith: +)
        return Dictionary(some.map { ($0, 1) }, uniquingKeysWith: +).allSatisfy { $1 <= counts[$0] ?? 0 }
    }

    private static func signs(_ count: Int) -> [[Int]] {
        var all: [[Int]] = [[]]
        for _ in 0..<count { all = all.flatMap { part in [0, 1, -1].map { part + [$0] } } }
        return all
    }
}
