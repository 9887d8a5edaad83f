import CommandLineInterface
import Encoding

/// What a number is to reach, as the design's table of numbers has it.
struct BenchTarget: Sendable, Hashable {
    enum Bound: String, Sendable, Hashable {
        case atLeast = "≥"
        case atMost = "≤"
    }

    var bound: Bound
    var quantity: Quantity
    /// Whether the ratio to the yardstick is to reach it, instead of the result itself.
    var isOfRatio = false

    static func atLeast(_ quantity: Quantity) -> BenchTarget { BenchTarget(bound: .atLeast, quantity: quantity) }
    static func atMost(_ quantity: Quantity) -> BenchTarget { BenchTarget(bound: .atMost, quantity: quantity) }
    static func ratioAtLeast(_ factor: Double) -> BenchTarget {
        BenchTarget(bound: .atLeast, quantity: .factor(factor), isOfRatio: true)
    }
    static func ratioAtMost(_ factor: Double) -> BenchTarget {
        BenchTarget(bound: .atMost, quantity: .factor(factor), isOfRatio: true)
    }

    var text: String { "\(isOfRatio ? "ratio " : "")\(bound.rawValue) \(quantity.text)" }

    func isMet(by value: Double) -> Bool { bound == .atLeast ? value >= quantity.value : value <= quantity.value }
}

/// One measured number, with what was measured beside it in the same run.
struct BenchResult: Sendable, Hashable {
    struct Yardstick: Sendable, Hashable {
        var name: String
        var quantity: Quantity
    }

    var name: String
    /// The measurement above it that it says more of, if any.
    var whole: String?
    var result: Quantity
    var yardstick: Yardstick?
    var target: BenchTarget?

    init(
        _ name: String, of whole: String? = nil, _ result: Quantity, yardstick: (String, Quantity)? = nil,
        target: BenchTarget? = nil
    ) {
        self.name = name
        self.whole = whole
        self.result = result
        self.yardstick = yardstick.map { Yardstick(name: $0.0, quantity: $0.1) }
        self.target = target
    }

    /// The result divided by its yardstick; `nil` without one, or where it is of another unit.
    var ratio: Double? {
        guard let yardstick, yardstick.quantity.unit == result.unit, yardstick.quantity.value > 0 else { return nil }
        return result.value / yardstick.quantity.value
    }

    /// Whether the target is reached; `nil` where there is none, or nothing to hold against it.
    var isMet: Bool? {
        guard let target else { return nil }
        return (target.isOfRatio ? ratio : result.value).map(target.isMet)
    }

    var json: JSONValue {
        var object: JSONObject = ["name": .string(whole.map { "\($0): \(name)" } ?? name), "result": result.json]
        if let yardstick {
            object["yardstick"] = ["name": .string(yardstick.name), "quantity": yardstick.quantity.json]
        }
        if let ratio { object["ratio"] = .number(ratio) }
        if let target {
            object["target"] = ["text": .string(target.text), "met": isMet.map(JSONValue.bool) ?? .null]
        }
        return .object(object)
    }
}
