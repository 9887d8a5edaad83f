import Encoding

// What a policy hash is taken of: everything that decides what may leave.

extension QueryPlan {
    var document: JSONValue {
        [
            "stages": .array(
                stages.map { stage in
                    [
                        "limits": .array(stage.limits.map { ["sql": .string($0.sql), "limit": .integer(Int64($0.limit))] }),
                        "cells": stage.cells.document, "tables": .array(stage.tables.map { .integer(Int64($0)) }),
                    ]
                }),
            "result": .string(result), "limit": limit.map { .string($0) } ?? .null, "offset": offset.map { .string($0) } ?? .null,
        ]
    }
}

extension CellQuery {
    var document: JSONValue {
        [
            "with": .string(with), "source": .string(source), "groups": .array(groups.map { .string($0) }),
            "sets": .array(groupingSets.map { .array($0.map { .integer(Int64($0)) }) }),
            "units": .array(units.map { ["sql": .string($0.sql), "table": .string($0.table)] }),
            "aggregates": .array(aggregates.map(\.document)), "minimumGroupSize": .integer(Int64(minimumGroupSize)),
        ]
    }
}

extension CellAggregate {
    fileprivate var document: JSONValue {
        let guards = guards.map { rule -> JSONValue in
            switch rule {
            case .enoughUnits(let test): ["enough": .string(test)]
            case .noneOrEnoughUnits(let test): ["noneOrEnough": .string(test)]
            case .enoughUnitsBesideAnyValue(let value): ["besideAnyValue": .string(value)]
            }
        }
        return [
            "statistic": .string(statistic.rawValue), "sql": .string(sql),
            "contribution": contribution.map { .string($0) } ?? .null, "guards": .array(guards),
        ]
    }
}

extension TablePolicy {
    /// Its name, owner and what its aggregate policy asks for.
    var document: JSONValue {
        var members: [(String, JSONValue)] = [("name", .string(name)), ("owner", .string(owner))]
        if let aggregate {
            func number(_ value: Int?) -> JSONValue { value.map { .integer(Int64($0)) } ?? .null }
            members.append(
                (
                    "aggregate",
                    [
                        "minimumGroupSize": number(aggregate.minimumGroupSize), "maximumRows": number(aggregate.maximumRows),
                        "maximumJoinMultiplicity": number(aggregate.maximumJoinMultiplicity),
                        "dominance": aggregate.dominance.map { [number($0.contributors), number($0.percent)] } ?? .null,
                        "priorPosteriorPercent": number(aggregate.priorPosteriorPercent), "countBase": number(aggregate.countBase),
                        "significantDigits": number(aggregate.significantDigits), "perturbation": number(aggregate.perturbation),
                        "differencing": .bool(aggregate.isDifferencingChecked), "extremes": .bool(aggregate.allowsExtremes),
                    ]
                ))
        }
        if let privacy {
            let bounds = privacy.bounds.sorted { $0.key < $1.key }
                .map { bound -> JSONValue in [.string(bound.key), .number(bound.value.lowerBound), .number(bound.value.upperBound)] }
            members.append(
                (
                    "private",
                    [
                        "groupsPerUnit": .integer(Int64(privacy.maximumGroupsPerUnit)),
                        "rowsPerUnit": .integer(Int64(privacy.maximumRowsPerUnit)), "bounds": .array(bounds),
                        "maximumRows": .integer(Int64(privacy.maximumRows)), "deltaExponent": .integer(Int64(privacy.deltaExponent)),
                    ]
                ))
        }
        if let rows {
            members.append(
                ("rows", ["columns": .array(rows.columns.map { .string($0) }), "maximumRows": .integer(Int64(rows.maximumRows))]))
        }
        return .object(JSONObject(members))
    }
}
