import Encoding

extension ExchangeState {
    func decide(_ statement: RunStatement, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        switch statement {
        case .task(let content): try decide(content, command, at: time)
        case .taskCancellation(let content): try decide(content, command, at: time)
        case .destruction(let content): try decide(content, command, at: time)
        case .artefactDecision(let content): try decide(content, command)
        case .consent(let content): try decide(content, command, at: time)
        case .consentEnd(let content): try decide(content, command, at: time)
        }
    }

    mutating func apply(_ statement: RunStatement, _ event: Event, _ mark: Mark, at time: Timestamp) {
        switch statement {
        case .task(let content): apply(content, event, mark)
        case .taskCancellation(let content): runs.close(content.task, .cancelled, mark, at: time)
        case .destruction(let content): runs.destroy(content.run, event, mark, at: time)
        case .artefactDecision(let content): runs.apply(content, event, mark)
        case .consent(let content): runs.apply(content, mark, at: time)
        case .consentEnd(let content): runs.apply(content, mark, at: time)
        }
    }

    /// The last change by a statement of this kind to what the statement is about, by which a repetition is recognised.
    func lastMark(_ statement: RunStatement, _ signed: SignedStatement) -> Mark? {
        switch statement {
        case .task: runs.tasks[signed.identifier(.task)]?.minted
        case .taskCancellation(let content): runs.tasks[content.task]?.closed
        case .destruction(let content): runs.destroyed[content.run]?.mark
        case .artefactDecision(let content):
            // Two providers may sign the same words; each is on the record only with its own.
            signed.keyIdentifiers.first.flatMap(holder).flatMap {
                runs.artefacts[ArtefactKey(run: content.run, name: content.artefact)]?.decisions[$0]?.mark
            }
        case .consent(let content): runs.consents[content.key]?.given
        case .consentEnd(let content): runs.consents[content.key]?.ended
        }
    }
}
