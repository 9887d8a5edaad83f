import Encoding

/// What came of looking through an application.
public enum ReviewFinding: String, Sendable, CaseIterable, Codable {
    case complete, incomplete
}

/// The first stage of a review: an operator has looked through an application and its evidence.
public struct ParticipantReview: Sendable, Hashable {
    public var participant: Identifier
    public var finding: ReviewFinding
    /// For the applicant, and public: what is missing, never what the evidence says.
    public var notes: String

    public init(participant: Identifier, finding: ReviewFinding, notes: String) {
        self.participant = participant
        self.finding = finding
        self.notes = notes
    }

    init(_ cursor: JSONCursor) throws(JSONMismatch) {
        participant = try cursor.member("participant").identifier(.participant)
        finding = try cursor.member("finding").oneOf(ReviewFinding.self)
        notes = try cursor.member("notes").text(0...1000, allowsLines: true)
        if finding == .incomplete, notes.isEmpty {
            throw try cursor.member("notes").mismatch("must tell the applicant what is missing")
        }
    }

    public var members: [(String, JSONValue?)] {
        [
            ("participant", .string(participant.text)), ("finding", .string(finding.rawValue)), ("notes", .string(notes)),
        ]
    }
}
