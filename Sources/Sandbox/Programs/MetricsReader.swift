import Encoding
import Glibc
import Signing

/// Reads what a program wrote into /output/metrics.json and lets through what was declared.
struct MetricsReader: Sendable {
    static let maximumBytes = 1 << 20

    let declarations: [MetricDeclaration]
    let significantDigits: Int

    /// The document to release: the declared names in their order, every number within its bounds, of its type, and rounded.
    ///
    /// - Throws: `notDelivered` for anything else.
    func read(_ bytes: [UInt8]) throws(ProgramFailure) -> [UInt8] {
        let root: JSONCursor
        do {
            root = JSONCursor(try JSONValue.parse(bytes, maximumDepth: 3))
        } catch {
            throw .notDelivered(providerDetail: "metrics.json is not JSON: \(error)")
        }
        do {
            try root.allowMembers(Set(declarations.map(\.name)))
            var members: [(String, JSONValue)] = []
            for declaration in declarations {
                members.append((declaration.name, try value(try root.member(declaration.name), declaration)))
            }
            return JSONValue.object(JSONObject([("metrics", .object(JSONObject(members)))])).serialized()
        } catch let mismatch as JSONMismatch {
            throw .notDelivered(providerDetail: "metrics.json\(mismatch.pointer): \(mismatch.reason)")
        } catch {
            throw .notDelivered(providerDetail: "metrics.json: \(error)")
        }
    }

    private func value(_ cursor: JSONCursor, _ declaration: MetricDeclaration) throws(JSONMismatch) -> JSONValue {
        guard let size = declaration.size else { return try number(cursor, declaration) }
        var numbers: [JSONValue] = []
        for element in try cursor.array(minimumCount: size, maximumCount: size) {
            numbers.append(try number(element, declaration))
        }
        return .array(numbers)
    }

    private func number(_ cursor: JSONCursor, _ declaration: MetricDeclaration) throws(JSONMismatch) -> JSONValue {
        let bounds = declaration.bounds
        switch (declaration.type, cursor.value) {
        case (.integer, .integer(let value)):
            guard bounds.contains(Double(value)) else { throw Self.outside(cursor, bounds) }
            return .integer(SignificantDigits.round(value, to: significantDigits))
        case (.decimal, .integer), (.decimal, .number):
            guard let value = cursor.value.doubleValue, value.isFinite else { throw cursor.mismatch("must be a finite number") }
            guard bounds.contains(value) else { throw Self.outside(cursor, bounds) }
            return .number(SignificantDigits.round(value, to: significantDigits))
        default:
            throw cursor.mismatch("must be of type \(declaration.type.rawValue), is \(cursor.value.kindName)")
        }
    }

    private static func outside(_ cursor: JSONCursor, _ bounds: ClosedRange<Double>) -> JSONMismatch {
        cursor.mismatch("must be between \(bounds.lowerBound) and \(bounds.upperBound)")
    }
}

/// Rounding to significant digits, which bounds how much one number can carry.
enum SignificantDigits {
    /// To the nearest, halves away from zero; numbers too large to round up stay.
    static func round(_ value: Int64, to digits: Int) -> Int64 {
        var unit: UInt64 = 1
        let places = String(value.magnitude).count
        for _ in 0..<max(0, places - max(digits, 1)) { unit = unit.multipliedReportingOverflow(by: 10).partialValue }
        guard unit > 1 else { return value }
        let (raised, overflow) = value.magnitude.addingReportingOverflow(unit / 2)
        guard !overflow, let rounded = Int64(exactly: raised / unit * unit) else { return value }
        return value < 0 ? -rounded : rounded
    }

    /// To the nearest decimal; negative zero becomes zero, so that it carries nothing either.
    static func round(_ value: Double, to digits: Int) -> Double {
        guard value != 0 else { return 0 }
        var text = [CChar](repeating: 0, count: 64)
        let count = withVaList([Int32(min(max(digits, 1), 15) - 1), value]) { vsnprintf(&text, text.count, "%.*e", $0) }
        guard count > 0, count < text.count else { return value }
        return Double(String(decoding: text.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)) ?? value
    }
}
