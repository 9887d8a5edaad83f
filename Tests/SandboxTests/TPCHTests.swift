import Encoding
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

/// TPC-H's tables at a small scale factor, or at the one that `HEXI_TPCH` names, such as `HEXI_TPCH=1` after `ops/setup --tpch 1`.
enum TPCH {
    static let tables = TPCHTables(
        folder: Bench.root + "/Tools/data/tpch-" + (ProcessInfo.processInfo.environment["HEXI_TPCH"] ?? "0.01"))

    static let snapshots = Task { () async throws -> [String: String] in
        let folder = (tables.folder as NSString).resolvingSymlinksInPath
        return try await TPCHTables(folder: folder).snapshots(Bench.engine, in: Bench.folder)
    }

    static func check(_ number: Int) async throws -> CheckedQuery {
        let query = try #require(try tables.queries().first { $0.number == number })
        return try await Bench.engine.check(sql: query.sql, mode: .aggregate, tables: try TPCHTables.policies(), parameters: [])
    }
}

@Suite(.enabled(if: TPCH.tables.isThere, "ops/setup makes TPC-H's tables")) struct TPCHTests {
    /// Those that name single customers or orders: for each, the rule and what the message speaks of.
    static let refused: [Int: (code: QueryRefusal.Code, piece: String)] = [
        3: (.columnRole, "l_orderkey"), 10: (.columnUnknown, "c_name"), 18: (.columnUnknown, "c_name"),
    ]

    static let accepted = (1...22).filter { refused[$0] == nil }

    @Test func thereAreTwentyTwoQueriesAndTheirPolicyFitsTheTables() async throws {
        #expect(try TPCH.tables.queries().map(\.number) == Array(1...22))
        let paths = try await TPCH.snapshots.value
        let policies = try TPCHTables.policies()
        #expect(policies.count == 8)
        for policy in policies {
            let described = try Bench.direct("DESCRIBE \(policy.name)", snapshots: [policy.name: paths[policy.name] ?? ""])
            #expect(described.map { Array($0.prefix(2)) } == policy.columns.map { [$0.name, $0.type] })
        }
    }

    @Test(arguments: accepted) func theOracleLeavesOutOfDuckDBsAnswerAndAddsNothing(number: Int) async throws {
        let paths = try await TPCH.snapshots.value
        let original = try #require(try TPCH.tables.queries().first { $0.number == number }).sql
        let text = TPCHOracle.sql(number, original: original)
        #expect((text == original) == TPCHOracle.open.contains(number), "Q\(number): the disclosure control must be in it")
        let all = Set(try Bench.direct(original, snapshots: paths))
        for row in try Bench.direct(text, snapshots: paths) where !row.contains("NULL") { #expect(all.contains(row), "Q\(number)") }
    }

    @Test(arguments: accepted) func anAcceptedQueryGivesWhatDuckDBGivesButForSmallGroups(number: Int) async throws {
        let paths = try await TPCH.snapshots.value
        let original = try #require(try TPCH.tables.queries().first { $0.number == number }).sql
        let text = TPCHOracle.sql(number, original: original)
        let expected = try Bench.direct(text, snapshots: paths)
        let query = try await TPCH.check(number)
        let result: RunResult
        do {
            result = try await Bench.engine.run(query, snapshots: paths)
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            #expect(refusal.code == .groupBelowMinimum && expected.isEmpty, "Q\(number): \(refusal)")
            return
        }
        #expect(result.rows.count == expected.count, "Q\(number)")
        for (row, wanted) in zip(result.rows, expected) {
            #expect(row.count == wanted.count)
            for (index, cell) in row.enumerated() {
                #expect(Self.isSame(cell, result.columns[index].type, wanted[index]), "Q\(number): \(cell) for \(wanted[index]), \(result.columns[index])")
            }
        }
    }

    @Test(arguments: refused.keys.sorted()) func aQueryThatNamesOneCustomerOrOrderIsRefusedWithItsReason(number: Int) async throws {
        let refusal = try #require(
            await Bench.refusal { () async throws(SandboxError) in
                do { return try await TPCH.check(number) } catch let error as SandboxError { throw error } catch {
                    throw .engineFailed(operatorDetail: "\(error)")
                }
            })
        #expect(refusal.code == Self.refused[number]?.code, "Q\(number): \(refusal)")
        #expect(refusal.piece.contains(Self.refused[number]?.piece ?? "-"), "Q\(number): \(refusal)")
        #expect(refusal.line != nil, "the refusal tells where")
    }

    /// Decimal numbers digit by digit; floating point to one part in a thousand million.
    private static func isSame(_ cell: JSONValue, _ type: String, _ wanted: String) -> Bool {
        if cell.isNull { return wanted == "NULL" }
        let text = cell.stringValue ?? cell.integerValue.map { String($0) } ?? cell.serializedString()
        if text == wanted { return true }
        guard let one = cell.doubleValue ?? Double(text), let other = Double(wanted) else { return false }
        if type.hasPrefix("DECIMAL"), !wanted.contains("e") { return Self.trimmed(text) == Self.trimmed(wanted) }
        return abs(one - other) <= 1e-9 * max(1, abs(other))
    }

    private static func trimmed(_ number: String) -> Substring {
        guard number.contains(".") else { return number[...] }
        let digits = number.prefix(through: number.lastIndex { $0 != "0" } ?? number.startIndex)
        return digits.last == "." ? digits.dropLast() : digits
    }
}
