import Encoding

/// Invented organisations' unified social credit codes, with right check characters.
enum DemoCodes {
    static let airport = "91621000MA7DEM010M"
    static let weather = "11621000DEM000020D"
    static let insurer = "91621000MA7DEM030P"
    static let auditor = "11620000DEM0000403"
}

/// What a provider of the story fills in.
struct DemoListing {
    var roles: [(String, String)]
    var otherRole: String
    var members: [(String, JSONValue)]
}

enum DemoListings {
    /// The aircraft is what the disclosure control protects: its tail number names an owner.
    static let flights = DemoListing(
        roles: [
            ("tailnum", "privacy_unit"), ("origin", "join_key"), ("time_hour", "join_key"), ("dep_time", "measure"),
            ("dep_delay", "measure"), ("arr_time", "measure"), ("arr_delay", "measure"), ("air_time", "measure"),
            ("distance", "measure"), ("flight", "hidden"),
        ],
        otherRole: "dimension",
        members: [
            ("title", ["en": "Departures from the three airports, 2013", "zh": "三机场离港航班（2013）"]),
            (
                "summary",
                [
                    "en": "Every scheduled flight that left in 2013: carrier, times, delays, cancellations.",
                    "zh": "2013 年全部计划离港航班：承运人、时刻、延误与取消。",
                ]
            ),
            ("keywords", ["flights", "delay", "航班", "延误"]), ("class", "basic"), ("grade", "restricted"),
            ("origin", "self-collected"), ("licence", "CC0-1.0"), ("updateCycle", "once"),
            ("modes", ["aggregate": ["minimumGroupSize": 10, "maximumRows": 1000]]), ("price", ["perRun": 2000]),
        ])

    static let weather = DemoListing(
        roles: [("origin", "join_key"), ("time_hour", "join_key")], otherRole: "dimension",
        members: [
            ("title", ["en": "Hourly weather at the three airports, 2013", "zh": "三机场逐时气象观测（2013）"]),
            (
                "summary",
                [
                    "en": "Temperature, wind, visibility and pressure for every hour.",
                    "zh": "逐小时气温、风速、能见度与气压观测。",
                ]
            ),
            ("keywords", ["weather", "wind", "气象", "能见度"]), ("class", "basic"), ("grade", "public"),
            ("origin", "self-collected"), ("licence", "CC0-1.0"), ("updateCycle", "once"),
            ("modes", ["aggregate": ["minimumGroupSize": 1, "maximumRows": 1000]]), ("price", ["perRun": 500]),
        ])
}
