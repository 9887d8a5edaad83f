import Testing

@testable import Signing

@Suite struct NonceMemoryTests {
    private func parameters(_ nonce: String, key: String = "k", created: Int64 = 1000) -> HTTPSignatureParameters {
        HTTPSignatureParameters(created: created, expires: created + 60, nonce: nonce, keyIdentifier: key, tag: "hexi")
    }

    private func use(_ memory: NonceMemory, _ nonce: String, key: String = "k", until: Int64 = 1060, now: Int64 = 1000) throws {
        try memory.use(parameters(nonce, key: key), until: until, now: now)
    }

    @Test func aNonceIsUsedOncePerKey() throws {
        let memory = NonceMemory(startedAt: 0)
        try use(memory, "a")
        try use(memory, "b")
        try use(memory, "a", key: "other")
        #expect(throws: HTTPMessageSignatureError.replayed) { try use(memory, "a") }
        #expect(throws: HTTPMessageSignatureError.replayed) { try use(memory, "a", until: 1070) }
        #expect(memory.count == 3)
    }

    @Test func aNonceIsRememberedThroughItsLastSecondAndThenForgotten() throws {
        let memory = NonceMemory(startedAt: 0)
        try use(memory, "a", until: 1060)
        #expect(throws: HTTPMessageSignatureError.replayed) { try use(memory, "a", until: 1060, now: 1060) }
        try use(memory, "b", until: 1100, now: 1061)
        #expect(memory.count == 1)
    }

    @Test func aClockSetBackOpensNoDoor() throws {
        let memory = NonceMemory(startedAt: 0)
        try use(memory, "a", until: 1060)
        try use(memory, "b", until: 1200, now: 1150)
        #expect(throws: HTTPMessageSignatureError.expired(ago: 89)) { try use(memory, "a", until: 1060, now: 1000) }
        try use(memory, "c", until: 1200, now: 1000)
        #expect(throws: HTTPMessageSignatureError.replayed) { try use(memory, "b", until: 1200, now: 1000) }
    }

    @Test func aFullMemoryRefusesAndForgetsNothingEarly() throws {
        let memory = NonceMemory(startedAt: 0, capacity: 3, capacityOfOneKey: 3)
        for nonce in ["a", "b", "c"] { try use(memory, nonce) }
        #expect(throws: HTTPMessageSignatureError.nonceMemoryFull) { try use(memory, "d") }
        #expect(throws: HTTPMessageSignatureError.replayed) { try use(memory, "a") }
        try use(memory, "d", until: 1100, now: 1061)
        #expect(memory.count == 1)
    }

    @Test func oneKeyCannotTakeTheShareOfOthers() throws {
        let memory = NonceMemory(startedAt: 0, capacity: 100, capacityOfOneKey: 2)
        try use(memory, "a")
        try use(memory, "b")
        #expect(throws: HTTPMessageSignatureError.tooManyRequests(keyIdentifier: "k")) { try use(memory, "c") }
        try use(memory, "c", key: "other")
        // Its share is free again when its nonces are forgotten.
        try use(memory, "c", until: 1100, now: 1061)
    }

    @Test func whatWasSignedBeforeTheStartIsRefused() throws {
        let memory = NonceMemory(startedAt: 1001)
        #expect(throws: HTTPMessageSignatureError.createdBeforeStart) { try use(memory, "a") }
    }

    @Test func ofManyRequestsAtOnceWithOneNonceExactlyOneIsAccepted() async throws {
        let memory = NonceMemory(startedAt: 0)
        for nonce in 0..<20 {
            let accepted = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<16 {
                    group.addTask { (try? memory.use(self.parameters("\(nonce)"), until: 1060, now: 1000)) != nil }
                }
                return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(accepted == 1)
        }
    }
}
