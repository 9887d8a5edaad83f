/// The usage-control and disclosure policies that come with Hexi, as the bytes of their JSON documents.
///
/// The documents live in `Policies/documents` and are compiled into the program, so that what runs is what was built.
public enum Policies {
    /// The functions a query may call, for DuckDB 1.5.6.
    public static var engineFunctions: [UInt8] { PackageResources.duckdb_1_5_6_functions_json }

    /// Everything that DuckDB 1.5.6 offers to a text, reviewed: functions, table functions, pragmas, settings.
    public static var engineSurface: [UInt8] { PackageResources.duckdb_1_5_6_surface_json }

    /// The disclosure policies a product may name: name and document.
    public static var disclosure: [(name: String, document: [UInt8])] {
        [
            ("aggregate-standard", PackageResources.aggregate_standard_json),
            ("aggregate-strict", PackageResources.aggregate_strict_json),
            ("aggregate-statistical", PackageResources.aggregate_statistical_json),
            ("aggregate-open", PackageResources.aggregate_open_json),
            ("rows-open", PackageResources.rows_open_json),
            ("private-standard", PackageResources.private_standard_json),
        ]
    }

    /// An example: how the tables of TPC-H may be offered. `hexi bench sandbox` measures with it.
    public static var exampleTPCH: [UInt8] { PackageResources.tpch_json }
}
