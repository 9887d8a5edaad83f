/// The texts of the story's queries.
enum DemoQueries {
    /// Mean departure delay and share of cancelled flights, by carrier and month.
    static let delays = """
        SELECT carrier, month,
               count(*) AS flights,
               avg(dep_delay) AS mean_departure_delay,
               avg(CASE WHEN dep_time IS NULL THEN 1.0 ELSE 0.0 END) AS cancelled_share
        FROM flights
        GROUP BY carrier, month
        ORDER BY carrier, month
        """

    /// Delay by wind-speed and visibility band: flights and weather joined by origin and hour.
    static let weatherDelays = """
        SELECT CASE WHEN w.wind_speed < 10 THEN '1: below 10 mph'
                    WHEN w.wind_speed < 20 THEN '2: 10 to 20 mph'
                    WHEN w.wind_speed >= 20 THEN '3: 20 mph and more'
                    ELSE '4: not measured' END AS wind,
               CASE WHEN w.visib < 2 THEN '1: below 2 miles'
                    WHEN w.visib < 8 THEN '2: 2 to 8 miles'
                    ELSE '3: 8 miles and more' END AS visibility,
               count(*) AS flights,
               avg(f.dep_delay) AS mean_departure_delay
        FROM flights f
        JOIN weather w ON f.origin = w.origin AND f.time_hour = w.time_hour
        GROUP BY wind, visibility
        ORDER BY wind, visibility
        """

    static let rawRows = "SELECT * FROM flights LIMIT 10"

    /// Departures for one destination that very few aircraft ever flew to.
    static let smallGroup = """
        SELECT dest, count(*) AS flights, avg(dep_delay) AS mean_departure_delay
        FROM flights
        WHERE dest = $destination
        GROUP BY dest
        """

    static let fileReader = "SELECT count(*) AS lines FROM read_csv('/etc/passwd')"
}
