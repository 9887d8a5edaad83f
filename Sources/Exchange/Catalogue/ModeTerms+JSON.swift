import Encoding

extension AggregateTerms {
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        minimumGroupSize = try cursor.member("minimumGroupSize").integer(in: 1...1_000_000)
        maximumRows = try cursor.member("maximumRows").integer(in: 1...1_000_000)
        maximumJoinMultiplicity = try cursor.optionalMember("maximumJoinMultiplicity")?.integer(in: 1...1000)
        if let member = try cursor.optionalMember("dominance") {
            dominance = Dominance(
                contributors: try member.member("contributors").integer(in: 1...5),
                percent: try member.member("percent").integer(in: 1...100))
        }
        priorPosteriorPercent = try cursor.optionalMember("priorPosteriorPercent")?.integer(in: 1...100)
        countBase = try cursor.optionalMember("countBase")?.integer(in: 1...1_000_000)
        significantDigits = try cursor.optionalMember("significantDigits")?.integer(in: 1...15)
        perturbation = try cursor.optionalMember("perturbation")?.integer(in: 1...10)
        differencing = try cursor.isMarked("differencing")
        extremes = try cursor.isMarked("extremes")
    }

    var json: JSONValue {
        var object = JSONObject([
            ("minimumGroupSize", .integer(minimumGroupSize)), ("maximumRows", .integer(maximumRows)),
        ])
        let numbers = [
            ("maximumJoinMultiplicity", maximumJoinMultiplicity), ("priorPosteriorPercent", priorPosteriorPercent),
            ("countBase", countBase), ("significantDigits", significantDigits), ("perturbation", perturbation),
        ]
        if let dominance {
            object["dominance"] = ["contributors": .integer(dominance.contributors), "percent": .integer(dominance.percent)]
        }
        for (name, number) in numbers { if let number { object[name] = .integer(number) } }
        if differencing { object["differencing"] = true }
        if extremes { object["extremes"] = true }
        return .object(object)
    }
}

extension RowsTerms {
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        columns = try cursor.member("columns").strings(maximumCount: 1000, each: 128)
        maximumRows = try cursor.member("maximumRows").integer(in: 1...1_000_000)
    }

    var json: JSONValue {
        ["columns": .array(columns.map { .string($0) }), "maximumRows": .integer(maximumRows)]
    }
}

extension PrivateTerms {
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        epsilon = try cursor.member("epsilon").integer(in: 1...100_000)
        deltaExponent = try cursor.member("deltaExponent").integer(in: 4...15)
        periodDays = try cursor.member("periodDays").integer(in: 1...3660)
        maximumEpsilonPerRun = try cursor.member("maximumEpsilonPerRun").integer(in: 1...100_000)
        guard maximumEpsilonPerRun <= epsilon else {
            throw try cursor.member("maximumEpsilonPerRun").mismatch("must not be more than \"epsilon\", the budget of a whole period")
        }
        maximumGroupsPerUnit = try cursor.member("maximumGroupsPerUnit").integer(in: 1...1000)
        maximumRowsPerUnit = try cursor.member("maximumRowsPerUnit").integer(in: 1...100_000)
        var bounds: [Bounds] = []
        for element in try cursor.member("bounds").array(maximumCount: 256) {
            let column = Bounds(
                column: try element.member("column").text(1...128), lower: try DecimalNumber(element.member("lower")),
                upper: try DecimalNumber(element.member("upper")))
            guard column.lower < column.upper else { throw try element.member("upper").mismatch("must be more than \"lower\"") }
            if bounds.contains(where: { $0.column == column.column }) { throw element.mismatch("repeats a column") }
            bounds.append(column)
        }
        self.bounds = bounds
        maximumRows = try cursor.member("maximumRows").integer(in: 1...1_000_000)
    }

    var json: JSONValue {
        let boundValues = bounds.map { bound -> JSONValue in
            ["column": .string(bound.column), "lower": bound.lower.json, "upper": bound.upper.json]
        }
        return [
            "epsilon": .integer(epsilon), "deltaExponent": .integer(deltaExponent), "periodDays": .integer(periodDays),
            "maximumEpsilonPerRun": .integer(maximumEpsilonPerRun), "maximumGroupsPerUnit": .integer(maximumGroupsPerUnit),
            "maximumRowsPerUnit": .integer(maximumRowsPerUnit), "bounds": .array(boundValues),
            "maximumRows": .integer(maximumRows),
        ]
    }
}

extension MatchTerms {
    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        subject = try cursor.member("subject").text(1...128)
        maximumPerDay = try cursor.member("maximumPerDay").integer(in: 1...100_000)
    }

    var json: JSONValue { ["subject": .string(subject), "maximumPerDay": .integer(maximumPerDay)] }
}

extension MetricsTerms {
    /// The most that a product can allow of one run's artefacts together, in bytes.
    static let largestArtefacts: Int64 = 1 << 40

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        runtimes = try cursor.member("runtimes").choices(ProgramRuntime.self, minimumCount: 1)
        maximumSeconds = try cursor.member("maximumSeconds").integer(in: 1...86_400)
        maximumMemory = try cursor.member("maximumMemory").integer(in: 16...1_048_576)
        maximumScratch = try cursor.member("maximumScratch").integer(in: 1...1_048_576)
        let allowsArtefacts = try cursor.member("artefacts").bool()
        maximumArtefactBytes = try cursor.optionalMember("maximumArtefactBytes")?.integer(in: 1...Self.largestArtefacts)
        guard allowsArtefacts == (maximumArtefactBytes != nil) else {
            throw try cursor.member("artefacts").mismatch(
                "and \"maximumArtefactBytes\" belong together: where artefacts are allowed it says how large they may be")
        }
        significantDigits = try cursor.member("significantDigits").integer(in: 1...15)
    }

    var json: JSONValue {
        var object = JSONObject([
            ("runtimes", .array(runtimes.map { .string($0.rawValue) })), ("maximumSeconds", .integer(maximumSeconds)),
            ("maximumMemory", .integer(maximumMemory)), ("maximumScratch", .integer(maximumScratch)),
            ("artefacts", .bool(maximumArtefactBytes != nil)),
        ])
        if let maximumArtefactBytes { object["maximumArtefactBytes"] = .integer(maximumArtefactBytes) }
        object["significantDigits"] = .integer(significantDigits)
        return .object(object)
    }
}

extension JSONCursor {
    /// Whether a member is there. It stands for yes by being `true`; to say no, it is left out, so that every statement has one
    /// form only.
    func isMarked(_ name: String) throws(JSONMismatch) -> Bool {
        guard let member = try optionalMember(name) else { return false }
        guard try member.bool() else { throw member.mismatch("is left out where it is not so") }
        return true
    }
}
