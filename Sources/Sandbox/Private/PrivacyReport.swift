import DifferentialPrivacy
import Encoding

/// What a run in private mode spent, and under which bounds: all of it public, none of it from rows.
public struct PrivacyReport: Sendable, Hashable {
    public var mechanism: NoiseMechanism
    /// In thousandths.
    public var epsilonThousandths: Int64
    /// δ of this run is 10 to the power of minus this, divided by 2,000; 0 where no group had to be chosen.
    public var deltaExponent: Int
    public var choosesGroups: Bool
    /// Such as "visits.patient".
    public var unit: String
    /// The tables whose budget the run spends.
    public var tables: [String]
    public var groupsPerUnit: Int
    public var rowsPerUnit: Int
    /// From which noisy number of units on a group is shown; `nil` without GROUP BY.
    public var threshold: Int64?

    /// In millionths, rounded up.
    public var rhoMillionths: Int64 {
        let (square, isTooLarge) = epsilonThousandths.multipliedReportingOverflow(by: epsilonThousandths)
        return isTooLarge ? .max : square / 2 + square % 2
    }

    /// As it stands in a result.
    public var document: JSONValue {
        [
            "mechanism": .string(mechanism.rawValue), "epsilonThousandths": .integer(epsilonThousandths),
            "rhoMillionths": .integer(rhoMillionths),
            "delta": choosesGroups ? .string("5e-\(deltaExponent + 4)") : .string("0"), "unit": .string(unit),
            "groupsPerUnit": .integer(Int64(groupsPerUnit)), "rowsPerUnit": .integer(Int64(rowsPerUnit)),
            "threshold": threshold.map { .integer($0) } ?? .null, "errorConfidencePercent": 95,
        ]
    }
}
