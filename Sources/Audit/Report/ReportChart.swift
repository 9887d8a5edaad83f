import CommandLineInterface
import Encoding
import Markup

/// Draws the entries over time as stacked bars, in SVG that stands within the page.
struct ReportChart {
    static let colours = ["#1b4f72", "#2e86c1", "#148f77", "#b7950b", "#5d6d7e", "#c0392b", "#a569bd"]
    private static let (left, top, plotWidth, plotHeight) = (56.0, 10.0, 650.0, 180.0)

    private let columns: [(start: Timestamp, counts: [UInt64])]
    private let barWidth: Int64
    /// The value at the plot's upper edge.
    private let scale: Double

    init(_ histogram: ActivityHistogram) {
        columns = histogram.columns
        barWidth = histogram.width
        let highest = columns.map { $0.counts.reduce(0, +) }.max() ?? 0
        scale = Self.nice(Double(highest))
    }

    var svg: String {
        let label = "entries over time"
        return HTML.element(
            "svg",
            [
                ("xmlns", "http://www.w3.org/2000/svg"), ("viewBox", "0 0 716 226"), ("role", "img"), ("aria-label", label),
            ], grid + bars + labels)
    }

    private var bars: String {
        let step = Self.plotWidth / Double(max(1, columns.count))
        // A few bars alone must not fill the whole width.
        let width = min(step * 0.86, 40)
        var markup = ""
        for (index, column) in columns.enumerated() {
            var bottom = Self.top + Self.plotHeight
            for (family, count) in column.counts.enumerated() where count > 0 {
                let height = Double(count) / scale * Self.plotHeight
                bottom -= height
                let x = Self.left + (Double(index) + 0.5) * step - width / 2
                markup += HTML.empty(
                    "rect",
                    [
                        ("x", Self.number(x)), ("y", Self.number(bottom)), ("width", Self.number(width)),
                        ("height", Self.number(height)), ("fill", Self.colours[family % Self.colours.count]),
                    ])
            }
        }
        return markup
    }

    /// Lines at quarters of the scale, with their values.
    private var grid: String {
        let steps = scale < 4 ? Int(scale) : 4
        return (0...max(1, steps)).map { step in
            let share = Double(step) / Double(max(1, steps))
            let y = Self.top + Self.plotHeight * (1 - share)
            let line = HTML.empty(
                "line",
                [
                    ("x1", Self.number(Self.left)), ("x2", Self.number(Self.left + Self.plotWidth)), ("y1", Self.number(y)),
                    ("y2", Self.number(y)), ("stroke", "#cccccc"), ("stroke-width", "0.6"),
                ])
            let value = DecimalText.grouped(UInt64((scale * share).rounded()))
            return line + Self.text(value, x: Self.left - 6, y: y + 3.5, anchor: "end")
        }.joined()
    }

    /// When some of the bars begin.
    private var labels: String {
        let every = max(1, (columns.count + 5) / 6)
        let step = Self.plotWidth / Double(max(1, columns.count))
        return columns.indices.filter { $0 % every == 0 }.map { index in
            let x = Self.left + (Double(index) + 0.5) * step
            return Self.text(
                Self.label(columns[index].start, barWidth), x: x, y: Self.top + Self.plotHeight + 16, anchor: "middle")
        }.joined()
    }

    /// A day; for bars shorter than a day with the hour.
    private static func label(_ time: Timestamp, _ width: Int64) -> String {
        let text = time.description
        return width < 86_400_000 ? "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))" : String(text.prefix(10))
    }

    private static func text(_ text: String, x: Double, y: Double, anchor: String) -> String {
        HTML.element(
            "text",
            [
                ("x", number(x)), ("y", number(y)), ("text-anchor", anchor), ("font-size", "9"), ("fill", "#444444"),
            ], HTML.escape(text))
    }

    private static func number(_ value: Double) -> String { DecimalText.format(value, digits: 1) }

    /// The least of 1, 2, 4, 8 or 10 times a power of ten that is not below a value; at least 1.
    private static func nice(_ value: Double) -> Double {
        var power = 1.0
        while power * 10 < value { power *= 10 }
        return [1, 2, 4, 8, 10].map { $0 * power }.first { $0 >= value } ?? power * 10
    }
}
