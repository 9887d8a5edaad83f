import Encoding
import Exchange
import Signing

@testable import Node

extension RouteUnderTest {
    private static let pages: [(name: String, bad: [String])] = [("limit", ["0", "201", "x"]), ("cursor", ["x", "-1"])]
    private static let token = String(repeating: "a", count: 64)

    /// What comes before a run, and what becomes of what it made.
    static let aroundRuns = tasks + consents + [
        RouteUnderTest(method: "POST", pattern: "/api/v1/runs/{prefix}/{suffix}/destruction", identifier: .run),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/artefacts", parameters: pages + [("status", ["open", ""])]),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/runs/{prefix}/{suffix}/artefacts/{name}",
            example: "/api/v1/runs/\(thing(.run))/artefacts/weights"),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/runs/{prefix}/{suffix}/artefacts/{name}/decisions",
            body: .statement(.artefactDecision) { _ in
                .run(
                    .artefactDecision(
                        ArtefactDecision(run: RouteUnderTest.thing(.run), artefact: "weights", sha256: token, decision: .refuse, reason: "")))
            }, caller: { $0.airport.key }, example: "/api/v1/runs/\(thing(.run))/artefacts/weights/decisions"),
        RouteUnderTest(
            method: "PUT", pattern: "/api/v1/programs/{sha256}", body: .bytes(Array("program".utf8)),
            example: "/api/v1/programs/\(SHA256.hash("program".utf8))"),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/programs/{sha256}", example: "/api/v1/programs/\(SHA256.hash("program".utf8))"),
    ]

    private static let tasks = [
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/tasks",
            body: .statement(.taskRequest) { _ in
                .run(.task(TaskRequest(query: RouteUnderTest.thing(.query), contracts: [], parameters: [:])))
            }, stranger: ({ $0.airport.key }, 403)),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/tasks/{prefix}/{suffix}/cancellation",
            body: .statement(.taskCancellation) { _ in
                .run(.taskCancellation(TaskCancellation(task: RouteUnderTest.thing(.task), reason: "")))
            }, identifier: .task),
        RouteUnderTest(
            method: "GET", pattern: "/api/v1/tasks", parameters: pages + [("status", ["done", ""]), ("query", ["x", ""])]),
        RouteUnderTest(method: "GET", pattern: "/api/v1/tasks/{prefix}/{suffix}", identifier: .task),
    ]

    private static let consents = [
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/products/{prefix}/{suffix}/subjects",
            body: .draft({ _ in ["subject": "17"] }, members: ["subject"]), caller: { $0.airport.key },
            example: "/api/v1/products/\(thing(.product))/subjects"),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/consents",
            body: .statement(.subjectConsent) { market in
                .run(
                    .consent(
                        SubjectConsent(
                            product: RouteUnderTest.thing(.product), buyer: market.insurer.identifier, token: token,
                            validFrom: Timestamp(milliseconds: 0), validUntil: Timestamp(milliseconds: 4_000_000_000_000))))
            }, caller: { $0.airport.key }),
        RouteUnderTest(
            method: "POST", pattern: "/api/v1/consents/ends",
            body: .statement(.subjectConsentEnd) { market in
                .run(.consentEnd(SubjectConsentEnd(product: RouteUnderTest.thing(.product), buyer: market.insurer.identifier, token: token)))
            }, caller: { $0.airport.key }),
        RouteUnderTest(method: "GET", pattern: "/api/v1/consents", parameters: pages + [("product", ["x", ""])]),
    ]
}
