import Encoding
import Exchange
import ExchangeTestKit
import Signing

/// Each way to be refused by the rules of identity, for `RefusalTests`.
enum IdentityRefusals {
    static let cases: [RefusalCode: RefusalTests.Case] = people.merging(keys) { first, _ in first }

    private static let people: [RefusalCode: RefusalTests.Case] = [
        .dutyMissing: { market in
            let registrar = try market.fixture.appoint("registrar", [.check])
            return try market.fixture.refusal(of: market.fixture.decision(market.airport.identifier, .suspend), by: registrar)
        },
        .secondOperatorNeeded: { market in
            _ = try market.fixture.appoint("second", [.suspend])
            try market.fixture.setPolicy { $0.identity.dualControl = [.revoke] }
            return try market.fixture.refusal(
                of: market.fixture.decision(market.airport.identifier, .revoke), by: market.fixture.operatorKey)
        },
        .operatorsTooFew: { market in
            var policy = SpacePolicy()
            policy.identity.dualControl = [.policy]
            return try market.fixture.refusal(of: .spacePolicy(policy), by: market.fixture.operatorKey)
        },
        .checkMissing: { market in
            _ = try market.fixture.appoint("registrar", [.check])
            try market.fixture.setPolicy { $0.identity.review.stages = 2 }
            let applicant = try market.fixture.apply("New", [.buyer])
            return try market.fixture.refusal(
                of: market.fixture.decision(applicant.identifier, .approve), by: market.fixture.operatorKey)
        },
        .samePerson: { market in
            let registrar = try market.fixture.appoint("registrar", [.check, .approve])
            try market.fixture.setPolicy { $0.identity.review.stages = 2 }
            let applicant = try market.fixture.apply("New", [.buyer])
            try market.fixture.submit(market.fixture.review(applicant.identifier), by: registrar)
            return try market.fixture.refusal(of: market.fixture.decision(applicant.identifier, .approve), by: registrar)
        },
        .assuranceTooLow: { market in
            try market.fixture.setPolicy { $0.identity.assurance[.listProduct] = 2 }
            return try market.fixture.refusal(of: .productListing(market.fixture.listing(market.airport)), by: market.airport.key)
        },
        .notANodeKey: { market in
            try market.fixture.refusal(of: market.fixture.alarm(market.insurer.identifier), by: market.fixture.operatorKey)
        },
        .delegationOutOfRange: { market in
            let key = try market.fixture.freshKey()
            let delegation = market.fixture.delegation(market.insurer, key, roles: [.auditor])
            return try market.fixture.refusal(of: .identity(.delegation(delegation)), by: [market.insurer.key, key])
        },
        .delegationNotInForce: { market in
            let staff = try market.fixture.delegate(market.airport, days: 1)
            market.fixture.pass(milliseconds: ExchangeFixture.day)
            return try market.fixture.refusal(of: .productListing(market.fixture.listing(market.airport)), by: staff)
        },
        .permissionMissing: { market in
            let staff = try market.fixture.delegate(market.airport, permissions: [.productWithdrawal])
            return try market.fixture.refusal(of: .productListing(market.fixture.listing(market.airport)), by: staff)
        },
        .scopeExceeded: { market in
            let staff = try market.fixture.delegate(market.insurer, fieldSet: [market.weather: ["origin"]])
            let submission = market.fixture.submission(market.insurer, [market.flights])
            return try market.fixture.refusal(of: .querySubmission(submission), by: staff, ExchangeFixture.accepted)
        },
    ]

    private static let keys: [RefusalCode: RefusalTests.Case] = [
        .signerKeyRetired: { market in
            let key = try market.fixture.freshKey()
            let change = market.fixture.keyChange(market.airport, add: [key], remove: [market.airport.key])
            try market.fixture.submit(change, by: [market.airport.key, key])
            return try market.fixture.refusal(of: .productListing(market.fixture.listing(market.airport)), by: market.airport.key)
        },
        .keyRetired: { market in
            let key = try market.fixture.freshKey()
            try market.fixture.submit(market.fixture.keyChange(market.airport, add: [key]), by: [market.airport.key, key])
            try market.fixture.submit(market.fixture.keyChange(market.airport, remove: [key]), by: market.airport.key)
            return try market.fixture.refusal(
                of: market.fixture.keyChange(market.airport, add: [key]), by: [market.airport.key, key])
        },
        .keysOutOfRange: { market in
            try market.fixture.refusal(
                of: market.fixture.keyChange(market.airport, remove: [market.airport.key]), by: market.airport.key)
        },
        .keysUnchanged: { market in
            let key = market.fixture.nodeKey
            let change = NodeKeys(nodeKeys: [key.verificationKey], reason: "")
            return try market.fixture.refusal(of: .identity(.nodeKeys(change)), by: market.fixture.operatorKey)
        },
        .keyProofMissing: { market in
            let key = try market.fixture.freshKey()
            return try market.fixture.refusal(of: market.fixture.keyChange(market.airport, add: [key]), by: market.airport.key)
        },
        .recoveryPending: { market in
            for attempt in 0..<2 {
                let key = try market.fixture.freshKey()
                let recovery = market.fixture.recovery(market.airport.identifier, [key])
                let signers = [market.fixture.operatorKey, key]
                if attempt == 1 { return try market.fixture.refusal(of: recovery, by: signers) }
                try market.fixture.submit(recovery, by: signers)
            }
            return nil
        },
        .recoveryWaiting: { market in
            let key = try market.fixture.freshKey()
            let recovery = market.fixture.recovery(market.airport.identifier, [key])
            try market.fixture.submit(recovery, by: [market.fixture.operatorKey, key])
            return try market.fixture.refusal(of: market.fixture.completion(market.airport.identifier), by: key)
        },
    ]
}
