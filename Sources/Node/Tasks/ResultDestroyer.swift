import Encoding
import Exchange
import HTTPTransport
import Signing

/// Destroys the results of runs, with every file that the run made, and puts that on record with the node's signature.
///
/// What is kept goes first, then comes the entry: were the node killed in between, the state still has the result as kept, and
/// the next round destroys nothing once more and records it.
struct ResultDestroyer: Sendable {
    let services: NodeServices

    /// Destroys a run's result.
    ///
    /// - Returns: `nil` where no result of the run is kept.
    func destroy(_ run: Identifier, _ ground: DestructionGround, at time: Timestamp) async throws -> Recorded? {
        guard let kept = await services.sequencer.read({ $0.runs.results[run] }) else { return nil }
        let recorded = try services.recorded(kept.seq)
        guard try await services.results.destroy(recorded, of: run, at: time) else {
            throw NodeError.home(path: services.home.vaultDirectory, reason: "the result of \(run) could not be destroyed")
        }
        for artefact in await unneeded(of: run) { services.programs.removeArtefact(artefact) }
        return try await record(run, ground)
    }

    /// The artefacts of a run that no other run has too.
    private func unneeded(of run: Identifier) async -> [String] {
        await services.sequencer.read { state in
            let own = state.runs.artefacts.filter { $0.key.run == run }.map(\.value.artefact.sha256)
            let others = state.neededArtefacts(besides: run)
            return own.filter { !others.contains($0) }
        }
    }

    private func record(_ run: Identifier, _ ground: DestructionGround) async throws -> Recorded {
        let key = try await services.voice()
        let statement = try SignedStatement.sign(
            .run(.destruction(ResultDestruction(run: run, ground: ground))), space: services.home.configuration.space,
            issuedAt: await services.sequencer.now(), nonce: Nonce.make(), key: key)
        let verified = try statement.verified { $0 == key.keyIdentifier ? key.verificationKey : nil }
        return try await services.sequencer.submit(Command(verified))
    }

    /// Destroys the results whose time is over; one that cannot be destroyed now does not hold up the others.
    ///
    /// - Returns: how many were destroyed, and whether all that were due.
    func destroyExpired(at time: Timestamp) async -> (count: Int, isComplete: Bool) {
        let due = await services.sequencer.read { state in
            state.runs.results.filter { $0.value.keptUntil <= time }.sorted { $0.value.seq < $1.value.seq }.map(\.key)
        }
        var (count, isComplete) = (0, true)
        for run in due {
            do {
                if try await destroy(run, .retention, at: time) != nil { count += 1 }
            } catch {
                isComplete = false
                services.log.write(
                    .error, "a result could not be destroyed", ["run": .string(run.text), "reason": .string("\(error)")])
            }
        }
        return (count, isComplete)
    }
}

extension ExchangeState {
    /// SHA-256 of the artefacts that are held, or have been released and may still be fetched.
    func neededArtefacts(besides run: Identifier? = nil) -> Set<String> {
        Set(
            runs.artefacts.filter { key, held in
                key.run != run && runs.results[key.run] != nil && (held.status == .held || held.status == .released)
            }.map(\.value.artefact.sha256))
    }
}
