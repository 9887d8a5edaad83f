import Encoding
import Exchange
import ExchangeTestKit
import Signing

/// Each way to be refused by the rules of rights, for `RefusalTests`. The airport holds a resource, and the bureau and the
/// insurer are the others.
enum RightRefusals {
    static let cases: [RefusalCode: RefusalTests.Case] = asking.merging(having) { first, _ in first }

    private static let asking: [RefusalCode: RefusalTests.Case] = [
        .rightOverCoreData: { market in
            try market.fixture.setPolicy { $0.rights.acceptsCoreResources = true }
            let resource = try market.fixture.registerResource(market.airport, grade: .core)
            return try market.fixture.refusal(
                of: .right(.application(market.fixture.application(over: resource, market.airport))), by: market.airport.key)
        },
        .rightWithoutLawfulSource: { market in
            let resource = try market.fixture.registerResource(market.airport)
            return try market.fixture.refusal(
                of: .right(.application(market.fixture.application(over: resource, market.bureau))), by: market.bureau.key)
        },
        .rightUnderDispute: { market in
            let (resource, right) = try Self.noticed(&market)
            try market.fixture.submit(ExchangeFixture.objection(right), by: market.bureau.key)
            return try market.fixture.refusal(
                of: .right(.application(market.fixture.application(.processing, over: resource, market.airport))),
                by: market.airport.key)
        },
        .rightAlreadyRegistered: { market in
            let (resource, _) = try Self.noticed(&market)
            return try market.fixture.refusal(
                of: .right(.application(market.fixture.application(over: resource, market.airport))), by: market.airport.key)
        },
        .rightBasisMissing: { market in
            let (resource, right) = try Self.granted(&market)
            return try market.fixture.refusal(
                of: .right(.application(market.fixture.application(.processing, over: resource, market.bureau, basis: right))),
                by: market.bureau.key)
        },
        .noticeNotOver: { market in
            let (_, right) = try Self.noticed(&market)
            return try market.fixture.refusal(of: ExchangeFixture.decision(right), by: market.fixture.operatorKey)
        },
        .noticeOver: { market in
            let (_, right) = try Self.noticed(&market)
            market.fixture.passNotice(of: right)
            return try market.fixture.refusal(of: ExchangeFixture.objection(right), by: market.bureau.key)
        },
        .objectionOpen: { market in
            let (_, right) = try Self.noticed(&market)
            try market.fixture.submit(ExchangeFixture.objection(right), by: market.bureau.key)
            market.fixture.passNotice(of: right)
            return try market.fixture.refusal(of: ExchangeFixture.decision(right), by: market.fixture.operatorKey)
        },
        .objectionRepeated: { market in
            let (_, right) = try Self.noticed(&market)
            try market.fixture.submit(ExchangeFixture.objection(right), by: market.bureau.key)
            return try market.fixture.refusal(of: ExchangeFixture.objection(right), by: market.bureau.key)
        },
    ]

    private static let having: [RefusalCode: RefusalTests.Case] = [
        .rightNotInForce: { market in
            let (_, right) = try Self.granted(&market)
            market.fixture.pass(milliseconds: 800 * ExchangeFixture.day)
            return try market.fixture.refusal(of: ExchangeFixture.cancellation(right), by: market.airport.key)
        },
        .rightPledged: { market in
            let (_, right) = try Self.granted(&market)
            try market.fixture.submit(ExchangeFixture.pledge(right, market.bureau), by: [market.airport.key, market.bureau.key])
            return try market.fixture.refusal(
                of: ExchangeFixture.transfer(right, from: market.airport, to: market.insurer),
                by: [market.airport.key, market.insurer.key])
        },
        .rightFrozen: { market in
            let (_, right) = try Self.granted(&market)
            let regulator = try market.fixture.register("Regulator", [.regulator])
            try market.fixture.submit(ExchangeFixture.freeze(right), by: regulator.key)
            return try market.fixture.refusal(of: ExchangeFixture.change(right), by: market.airport.key)
        },
        .rightLicensed: { market in
            let (_, right) = try Self.granted(&market)
            try market.fixture.submit(
                market.fixture.licence(right, market.insurer), by: [market.airport.key, market.insurer.key])
            return try market.fixture.refusal(of: ExchangeFixture.cancellation(right), by: market.airport.key)
        },
        .sharesWrong: { market in
            let (_, right) = try Self.granted(&market)
            let split = try ExchangeFixture.split(right, [(market.airport, 1, 3), (market.airport, 1, 3)])
            return try market.fixture.refusal(of: split, by: [market.airport.key])
        },
        .partsDiffer: { market in
            let (_, first) = try Self.granted(&market)
            let (_, second) = try Self.granted(&market)
            return try market.fixture.refusal(of: ExchangeFixture.merge(market.airport, [first, second]), by: market.airport.key)
        },
        .signatureMissing: { market in
            let (_, right) = try Self.granted(&market)
            return try market.fixture.refusal(
                of: ExchangeFixture.transfer(right, from: market.airport, to: market.bureau), by: [market.airport.key])
        },
        .renewalTooEarly: { market in
            let (_, right) = try Self.granted(&market)
            return try market.fixture.refusal(of: ExchangeFixture.renewal(right), by: market.airport.key)
        },
    ]

    /// A resource of the airport, and its application for the holding right in public notice.
    private static func noticed(_ market: inout Market) throws -> (Identifier, Identifier) {
        let resource = try market.fixture.registerResource(market.airport)
        let right = try market.fixture.applyForRight(over: resource, market.airport)
        try market.fixture.submit(ExchangeFixture.check(right), by: market.fixture.operatorKey)
        return (resource, right)
    }

    private static func granted(_ market: inout Market) throws -> (Identifier, Identifier) {
        let (resource, right) = try noticed(&market)
        market.fixture.passNotice(of: right)
        try market.fixture.submit(ExchangeFixture.decision(right), by: market.fixture.operatorKey)
        return (resource, right)
    }
}
