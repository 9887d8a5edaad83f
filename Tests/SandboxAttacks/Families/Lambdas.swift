// A function of one's own, run for every element, is a program inside a query.
// Sources: DuckDB documentation, "Lambda Functions" and "List comprehension"; Haeberlen, Pierce, Narayan (2011) on arbitrary
// microqueries.

extension AttackFamily {
    static let lambdas = AttackFamily(
        "lambdas, generators and comprehensions",
        [
            "SELECT list_transform(list(cost), x -> x) FROM visits",
            "SELECT list_filter(list(cost), x -> x > 4000) FROM visits",
            "SELECT list_reduce(list(cost), (a, b) -> greatest(a, b)) FROM visits",
            "SELECT [x FOR x IN list(cost) IF x > 4000] FROM visits",
            "SELECT list_transform(list(patient), lambda x : upper(x)) FROM visits",
            "SELECT apply(list(cost), x -> x + 1) FROM visits",
            "SELECT array_filter(array_agg(region), x -> x = 'isle') FROM visits",
            "SELECT count(*) FROM visits WHERE list_contains([region], 'isle')",
            "SELECT count(*) FROM visits WHERE list_any_value([cost]) = 4711",
            "SELECT sum(list_sum([cost * (age // 97)])) FROM visits",
            "SELECT count(*) FROM visits WHERE array_position([4711], cost) > 0",
            "SELECT list_zip(list(patient), list(cost)) FROM visits",
            "SELECT list_aggr(list(cost), 'string_agg', ',') FROM visits",
            "SELECT list_transform([1, 2], x -> (SELECT max(cost) FROM visits)), count(*) FROM visits",
        ])
}
