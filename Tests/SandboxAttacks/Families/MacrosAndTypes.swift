// Names that the catalog resolves to something else than they seem.
// Sources: DuckDB documentation, "CREATE MACRO", "Data types", "Collations", and the catalog's built-in macros; OWASP, on calling
// system functions.

extension AttackFamily {
    static let macrosAndTypes = AttackFamily(
        "macros, types and other names of the catalog",
        [
            .refused("SELECT main.getenv('HOME'), count(*) FROM visits"),
            .refused("SELECT system.main.sum(cost) FROM visits"),
            .refused("SELECT pg_catalog.current_setting('memory_limit'), count(*) FROM visits"),
            "SELECT CAST(ward AS ENUM ('A', 'B')), count(*) FROM visits GROUP BY 1",
            "SELECT CAST(ward AS VARCHAR[]), count(*) FROM visits GROUP BY 1",
            "SELECT CAST(patient AS BLOB), count(*) FROM visits GROUP BY 1",
            "SELECT CAST(cost AS BIT), count(*) FROM visits GROUP BY 1",
            "SELECT CAST(ward AS JSON), count(*) FROM visits GROUP BY 1",
            "SELECT CAST(age AS STRUCT(a INTEGER)), count(*) FROM visits GROUP BY 1",
            "SELECT CAST(patient AS nonexistent), count(*) FROM visits GROUP BY 1",
            "SELECT typeof(patient), count(*) FROM visits GROUP BY 1",
            .refused("SELECT pg_get_viewdef(0), count(*) FROM visits"),
            .refused("SELECT obj_description(0, 'x'), count(*) FROM visits"),
            .refused("SELECT has_table_privilege('visits', 'SELECT'), count(*) FROM visits"),
            .refused("SELECT pg_conf_load_time(), count(*) FROM visits"),
            .refused("SELECT pg_size_pretty(1), count(*) FROM visits"),
            .refused("SELECT get_block_size('d0'), count(*) FROM visits"),
            .refused("SELECT wavg(cost, age), fdiv(1, 2), split_part(patient, 'p', 2) FROM visits"),
            .refused("SELECT enum_range(NULL::ENUM ('a')), count(*) FROM visits"),
            .refused("SELECT icu_sort_key(patient, 'de'), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT can_cast_implicitly(patient, 1), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT constant_or_null(1, patient), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT alias(patient), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT replace_type(patient, NULL::VARCHAR, NULL::INTEGER), count(*) FROM visits GROUP BY 1"),
            "SELECT format('{}', patient), printf('%s', patient), count(*) FROM visits GROUP BY ALL",
            "SELECT concat(patient, ''), concat_ws('', patient), count(*) FROM visits GROUP BY ALL",
            "SELECT trim(patient), reverse(reverse(patient)), count(*) FROM visits GROUP BY ALL",
            "SELECT count(*) FROM visits WHERE starts_with(patient, 'p1')",
            "SELECT count(*) FROM visits WHERE contains(diagnosis, 'rare')",
            "SELECT count(*) FROM visits AT (VERSION => 1)",
        ])
}
