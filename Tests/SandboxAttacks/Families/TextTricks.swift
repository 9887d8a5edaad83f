// What one reader takes for a comment or a string, another takes for a statement; and the command line has commands of its own.
// Sources: OWASP, "SQL Injection" and "Testing for SQL Injection" (comments, stacked queries, encodings); DuckDB documentation, "Command
// Line Client" (dot commands), "Literal types" (escape and dollar-quoted strings).

extension AttackFamily {
    static let textTricks = AttackFamily(
        "comments, stacked statements and terminal commands",
        [
            .refused("SELECT count(*) FROM visits; SELECT * FROM visits"),
            .refused("SELECT count(*) FROM visits; ATTACH '/data/0.duckdb' AS x"),
            .refused("SELECT count(*) FROM visits; SET lock_configuration = false; SELECT 1"),
            .refused("; ; SELECT count(*) FROM visits; DROP TABLE visits"),
            .refused("SELECT count(*) FROM visits\n.shell id"),
            .refused(".shell id"),
            .refused(".read /etc/passwd"),
            .refused("SELECT count(*) FROM visits;\n.output /scratch/x"),
            .refused("SELECT 'unfinished"),
            .refused("SELECT count(*) FROM visits WHERE ward = 'A'''; SELECT 1"),
            .refused("SELECT /* unfinished count(*) FROM visits"),
            .refused("SELECT count(*) FROM visits WHERE ward = $$A$$ $$; DROP TABLE x"),
            .refused("--"),
            .refused("/* nothing */"),
            .refused("SELECT"),
            .refused("SELECT FROM WHERE"),
            .refused("x'; SELECT * FROM visits; --"),
            "SELECT /* ward */ patient /* , */ , count(*) -- FROM weather\n FROM visits GROUP BY 1",
            "SELECT ward, count(*) FROM visits WHERE ward = 'A' -- AND region <> 'isle'\n AND region = 'isle' GROUP BY ward",
            "SELECT count(*) FROM visits WHERE region = E'is\\x6ce'",
            "SELECT count(*) FROM visits WHERE region = $$isle$$",
            "SELECT count(*) FROM visits WHERE region = 'i' 's' 'le'",
            "SELECT count(*) FROM visits WHERE region = chr(105) || 'sle'",
            "SELECT count(*) FROM visits WHERE region = '\\x69sle'::BLOB::VARCHAR",
            "SELECT count(*) FROM visits WHERE region = U&'\\0069sle'",
            "SELECT count(*) FROM visits WHERE region = decode(unhex('69736c65'))",
            "SELECT count(*) FROM visits WHERE region = from_base64('aXNsZQ==')::VARCHAR",
            "SELECT ward, count(*) FROM visits WHERE ward <> '\n.shell id\n' GROUP BY ward",
            "SELECT count(*) FROM visits WHERE ward <> ''';DROP TABLE x;--'",
            "SELECT ward || '[1,2]\n[\"x\"]', count(*) FROM visits GROUP BY 1",
            "FROM visits SELECT patient, count(*) GROUP BY patient",
            "FROM visits",
            "SELECT count(*) FROM visits WHERE region LIKE '%\n%' OR region = 'isle';",
        ])
}
