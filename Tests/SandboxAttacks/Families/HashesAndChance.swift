// Hashes pick arbitrary subsets and tell values by guessing; chance and time make each run another query.
// Sources: Gadotti et al., "When the Signal is in the Noise" (2019), cloning by hash-like conditions; Cohen and Nissim (2018), random subsets by
// arithmetic on identifiers; DuckDB documentation, "Utility functions".

extension AttackFamily {
    static let hashesAndChance = AttackFamily(
        "hashes, chance and the clock",
        [
            .refused("SELECT hash(ward), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT hash(patient), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT md5(patient), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT md5_number(region), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT sha256(patient), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT sha1(region), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT count(*) FROM visits WHERE hash(patient) % 2 = 0"),
            .refused("SELECT count(*) FROM visits WHERE random() < 0.5"),
            .refused("SELECT uuid(), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT gen_random_uuid(), count(*) FROM visits"),
            .refused("SELECT setseed(0.5), count(*) FROM visits"),
            .refused("SELECT count(*) FROM visits WHERE now() > day"),
            .refused("SELECT count(*) FROM visits WHERE current_date > day"),
            .refused("SELECT sum(hash(cost)) FROM visits"),
            .refused("SELECT bit_xor(hash(visits)) FROM visits"),
            .refused("SELECT to_base64(patient::BLOB), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT hex(patient), count(*) FROM visits GROUP BY 1"),
            .refused("SELECT ascii(right(patient, 1)), count(*) FROM visits GROUP BY 1"),
            "SELECT count(*) FROM visits WHERE (age * 2654435761) % 2 = 0",
            "SELECT sum(cost) FROM visits WHERE (age * 7919) % 13 < 6",
            "SELECT count(*) FROM visits WHERE length(region) % 2 = 0",
            "SELECT sum(age) FROM visits WHERE sin(age * 12.9898) > 0",
            "SELECT count(*) FROM visits WHERE age & 1 = 1",
            "SELECT count(*) FROM visits WHERE xor(age, 97) = 0",
            "SELECT age % 7, sum(cost) FROM visits GROUP BY 1",
            "SELECT count(*) FROM visits WHERE ward COLLATE nocase = 'a' AND region = 'isle'",
            "SELECT region COLLATE noaccent, count(*) FROM visits GROUP BY 1",
        ])
}
