import Encoding

extension ExchangeState {
    func decide(_ statement: IdentityStatement, _ command: Command, at time: Timestamp) throws(Refusal) -> Event {
        switch statement {}
    }

    mutating func apply(_ statement: IdentityStatement, _ event: Event, _ mark: Mark, at time: Timestamp) {
        switch statement {}
    }

    /// The last change by a statement of this kind to what the statement is about, by which a repetition is recognised.
    func lastMark(_ statement: IdentityStatement, _ signed: SignedStatement) -> Mark? {
        switch statement {}
    }
}
