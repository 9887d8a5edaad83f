import Encoding
import Exchange
import ExchangeTestKit
import Foundation
import Signing
import Testing

@Suite("Template of the rules of rights")
struct RightsPolicyTemplateTests {
    @Test("is a section of a space's policy with the values of a new space and China's holidays")
    func template() throws {
        let file = ContractSchemasTests.folder.appendingPathComponent("templates/rights-policy.json")
        let template = try #require(try JSONValue.parse(Array(try Data(contentsOf: file))).objectValue)
        #expect(template.names == ["rights"])
        var document: JSONObject = [
            "kind": "space-policy", "space": .string(ExchangeFixture.prefix),
            "issuedAt": .string(ExchangeFixture.start.description), "nonce": "0123456789abcdef",
        ]
        document["rights"] = template["rights"]
        let jws = JWS.sign(
            payload: JSONValue.object(document).serialized(), type: StatementKind.spacePolicy.mediaType,
            key: try SigningKey.numbered(1))
        guard case .spacePolicy(let policy) = try SignedStatement(.string(jws)).content else {
            Issue.record("the template is no policy")
            return
        }
        #expect(policy.rights.calendar.holidays.count == 61 && policy.rights.calendar.workdays.count == 11)
        var plain = policy.rights
        plain.calendar = WorkingDayCalendar()
        #expect(plain == RightsPolicy())
    }
}
