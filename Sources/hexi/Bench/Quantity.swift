import CommandLineInterface
import Encoding

/// A measured number with its unit.
struct Quantity: Sendable, Hashable {
    enum Unit: String, Sendable, Hashable {
        case perSecond = "1/s"
        case milliseconds = "ms"
        case seconds = "s"
        case bytes = "B"
        case factor = "1"
    }

    var value: Double
    var unit: Unit

    static func rate(_ value: Double) -> Quantity { Quantity(value: value, unit: .perSecond) }
    static func milliseconds(_ value: Double) -> Quantity { Quantity(value: value, unit: .milliseconds) }
    static func seconds(_ value: Double) -> Quantity { Quantity(value: value, unit: .seconds) }
    static func bytes(_ value: Int) -> Quantity { Quantity(value: Double(value), unit: .bytes) }
    static func factor(_ value: Double) -> Quantity { Quantity(value: value, unit: .factor) }

    /// For people: rates as whole numbers, sizes in powers of 1,024.
    var text: String {
        guard value.isFinite, value >= 0, value < 9e15 else { return "\(value)" }
        return switch unit {
        case .perSecond: "\(DecimalText.grouped(Int64(value.rounded())))/s"
        case .milliseconds: "\(DecimalText.format(value, digits: value < 100 ? 2 : 0)) ms"
        case .seconds: "\(DecimalText.format(value, digits: 2)) s"
        case .bytes: ByteText.format(UInt64(value))
        case .factor: DecimalText.format(value, digits: value < 10 ? 2 : 1)
        }
    }

    var json: JSONValue {
        ["value": value.isFinite ? .number(value) : .null, "unit": .string(unit.rawValue)]
    }
}
