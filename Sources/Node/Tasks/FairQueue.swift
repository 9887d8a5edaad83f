/// In which order those who wait come to their turn.
///
/// Parties take turns in proportion to their shares, by stride scheduling (C. A. Waldspurger, W. E. Weihl, "Stride
/// Scheduling: Deterministic Proportional-Share Resource Management", MIT/LCS/TM-528, 1995): each turn moves a party's pass on by
/// its stride, and the party with the least pass is next. So one with a hundred waiting runs does not hold up one with
/// a single run. Within a party the normal ones come before the low ones, and the older before the younger.
struct FairQueue<Element> {
    struct Item {
        var number: UInt64
        var party: String
        var isLow: Bool
        var element: Element
    }

    private struct Line {
        var normal: [Item] = []
        var low: [Item] = []
        var pass: UInt64

        var isEmpty: Bool { normal.isEmpty && low.isEmpty }
        var first: Item? { normal.first ?? low.first }

        mutating func removeFirst() -> Item? {
            if !normal.isEmpty { return normal.removeFirst() }
            return low.isEmpty ? nil : low.removeFirst()
        }
    }

    /// The stride of one share; every number of shares up to ``maximumShares`` divides it nearly evenly.
    private static var strideOfOneShare: UInt64 { 1 << 20 }
    static var maximumShares: Int { 100 }

    private var lines: [String: Line] = [:]
    /// The pass of the last turn: who comes to wait anew starts here, so that nobody saves up turns while away.
    private var pass: UInt64 = 0
    /// The passes of parties that had their turn lately and have nobody waiting; those behind the last turn are forgotten.
    private var away: [String: UInt64] = [:]
    private let shares: @Sendable (String) -> Int
    private(set) var count = 0

    /// - Parameter shares: of a party, 1 to 100; more are turns more often.
    init(shares: @escaping @Sendable (String) -> Int = { _ in 1 }) { self.shares = shares }

    func count(of party: String) -> Int { lines[party].map { $0.normal.count + $0.low.count } ?? 0 }

    mutating func append(_ item: Item) {
        var line = lines[item.party] ?? Line(pass: max(pass, away[item.party] ?? 0))
        if item.isLow { line.low.append(item) } else { line.normal.append(item) }
        lines[item.party] = line
        count += 1
    }

    /// Takes out the one whose turn it is.
    mutating func next() -> Item? {
        let first = lines.min { left, right in
            if left.value.pass != right.value.pass { return left.value.pass < right.value.pass }
            return (left.value.first?.number ?? 0) < (right.value.first?.number ?? 0)
        }
        guard let (party, found) = first else { return nil }
        var line = found
        let item = line.removeFirst()
        pass = max(pass, line.pass)
        take(turnOf: party, &line.pass)
        lines[party] = line.isEmpty ? nil : line
        if item != nil { count -= 1 }
        return item
    }

    /// Counts a turn that a party had without waiting.
    mutating func countTurn(of party: String) {
        var own = max(pass, away[party] ?? 0)
        take(turnOf: party, &own)
    }

    private mutating func take(turnOf party: String, _ own: inout UInt64) {
        let stride = Self.strideOfOneShare / UInt64(clamping: min(max(shares(party), 1), Self.maximumShares))
        // Wraps after some ten million million turns; then everybody starts anew.
        let (sum, overflow) = own.addingReportingOverflow(stride)
        own = overflow ? pass : sum
        away[party] = own
        if away.count > 2 * lines.count + 64 { away = away.filter { $0.value > pass } }
    }

    /// Takes one out before its turn.
    mutating func remove(_ number: UInt64) -> Item? { removeAll { $0.number == number }.first }

    mutating func removeAll(where isMeant: (Item) -> Bool) -> [Item] {
        var removed: [Item] = []
        for (party, var line) in lines {
            let out = line.normal.filter(isMeant) + line.low.filter(isMeant)
            if out.isEmpty { continue }
            removed += out
            line.normal.removeAll(where: isMeant)
            line.low.removeAll(where: isMeant)
            lines[party] = line.isEmpty ? nil : line
        }
        count -= removed.count
        return removed.sorted { $0.number < $1.number }
    }

    func first(where isMeant: (Element) -> Bool) -> Item? {
        for line in lines.values {
            if let item = line.normal.first(where: { isMeant($0.element) }) ?? line.low.first(where: { isMeant($0.element) }) { return item }
        }
        return nil
    }

    /// The numbers in the order of their turns if nobody else comes, the next one first; at most so many.
    func order(maximumCount: Int) -> [UInt64] {
        var copy = self
        var numbers: [UInt64] = []
        while numbers.count < maximumCount, let item = copy.next() { numbers.append(item.number) }
        return numbers
    }
}
