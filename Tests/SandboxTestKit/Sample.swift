import Sandbox

/// A small made-up pair of products: hospital visits (a patient is the privacy unit) and open weather.
package enum Sample {
    package static let minimum = 5

    package static let visits = TablePolicy(
        name: "visits",
        columns: [
            ColumnDefinition(name: "patient", type: "VARCHAR", role: .privacyUnit),
            ColumnDefinition(name: "ward", type: "VARCHAR", role: .dimension),
            ColumnDefinition(name: "day", type: "DATE", role: .dimension),
            ColumnDefinition(name: "region", type: "VARCHAR", role: .filter),
            ColumnDefinition(name: "station", type: "VARCHAR", role: .joinKey),
            ColumnDefinition(name: "cost", type: "BIGINT", role: .measure),
            ColumnDefinition(name: "dose", type: "DOUBLE", role: .measure),
            ColumnDefinition(name: "price", type: "DECIMAL(9,2)", role: .measure),
            ColumnDefinition(name: "urgent", type: "BOOLEAN", role: .measure),
            ColumnDefinition(name: "diagnosis", type: "VARCHAR", role: .hidden),
        ],
        aggregate: AggregatePolicy(minimumGroupSize: minimum, maximumRows: 1000))

    package static let weather = TablePolicy(
        name: "weather",
        columns: [
            ColumnDefinition(name: "station", type: "VARCHAR", role: .joinKey),
            ColumnDefinition(name: "day", type: "DATE", role: .dimension),
            ColumnDefinition(name: "wind", type: "DOUBLE", role: .dimension),
            ColumnDefinition(name: "rain", type: "DOUBLE", role: .measure),
        ],
        aggregate: AggregatePolicy(minimumGroupSize: 1, maximumRows: 10_000),
        rows: RowsPolicy(columns: ["day", "wind", "rain"], maximumRows: 50))
}
