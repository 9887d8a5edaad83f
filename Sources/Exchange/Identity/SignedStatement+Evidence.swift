import Encoding

extension SignedStatement {
    /// The files that the statement names as evidence. Every family of statements writes them alike, as the member `evidence`
    /// of its payload.
    public var evidence: [EvidenceReference] {
        switch content {
        case .participantApplication(let application): return application.evidence
        case .catalogue, .right:
            guard let document = try? JSONValue.parse(payload, maximumDepth: 16, maximumCount: Self.maximumCount) else { return [] }
            return (try? JSONCursor(document).evidence()) ?? []
        default: return []
        }
    }
}
