import Encoding

/// What a node found out that the rules cannot: whether a query passed its check, how a run went.
public enum Facts: Sendable, Hashable {
    case none
    case check(QueryCheck)
    case outcome(RunOutcome)
}

/// The verdict of the sandbox's machine check on a query's text.
public enum QueryCheck: Sendable, Hashable {
    /// `policy` is the SHA-256 of the rewritten syntax tree, in hexadecimal; `engine` its name and version.
    case accepted(policy: String, engine: String)
    case refused(QueryFault)
}

/// What the check refuses in a query, with its place in the text.
public struct QueryFault: Sendable, Hashable {
    public var code: String
    public var message: String
    /// The offending piece of text.
    public var piece: String
    /// Line and column of the piece, from 1; 0 where the engine gives no place.
    public var line: Int64
    public var column: Int64

    public init(code: String, message: String, piece: String, line: Int64, column: Int64) {
        self.code = code
        self.message = message
        self.piece = piece
        self.line = line
        self.column = column
    }
}

public enum RunOutcome: Sendable, Hashable {
    case completed(RunFacts)
    /// The sandbox ran and refused the result, or failed.
    case refusedBySandbox(code: String, message: String)
    /// The rules refuse the run; `decide` says with which reason.
    case refusedByRules
}

/// A verified statement, with what the node found out about it.
public struct Command: Sendable {
    public let verified: VerifiedStatement
    public let facts: Facts

    public var statement: SignedStatement { verified.statement }

    public init(_ verified: VerifiedStatement, facts: Facts = .none) {
        self.verified = verified
        self.facts = facts
    }
}
