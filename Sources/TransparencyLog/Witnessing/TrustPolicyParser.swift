import Encoding
import Signing

/// Reads C2SP tlog-policy files: lines of octets, items separated by spaces and tabs.
struct TrustPolicyParser {
    private typealias Octets = ArraySlice<UInt8>

    private var policy = TrustPolicy()
    private var lineNumber = 0
    private var quorumLine: Int?
    /// Witnesses and groups share their names.
    private var defined: [Octets: (member: TrustPolicy.Member, line: Int)] = [:]
    private var logKeys: [VerificationKey: Int] = [:]
    private var witnessKeys: [VerificationKey: Int] = [:]
    private var groupOfMember: [TrustPolicy.Member: Int] = [:]

    static func parse(_ bytes: [UInt8]) throws(TrustPolicyError) -> TrustPolicy {
        var parser = TrustPolicyParser()
        return try parser.read(bytes)
    }

    private mutating func read(_ bytes: [UInt8]) throws(TrustPolicyError) -> TrustPolicy {
        guard bytes.count <= TrustPolicy.maximumLength else {
            lineNumber = bytes[..<TrustPolicy.maximumLength].count { $0 == 0x0A } + 1
            throw error("the file goes on beyond the \(TrustPolicy.maximumLength) bytes that are read")
        }
        var rest = bytes[...]
        while !rest.isEmpty {
            lineNumber += 1
            guard let end = rest.firstIndex(of: 0x0A) else {
                throw error("it does not end with a line feed; the file may have been cut off")
            }
            try read(line: rest[..<end])
            rest = rest[(end + 1)...]
        }
        guard quorumLine != nil else {
            throw error("the file ends without a quorum line; write \"quorum NAME\", or \"quorum none\" to ask for no cosignatures")
        }
        return policy
    }

    private mutating func read(line: Octets) throws(TrustPolicyError) {
        if let bad = line.firstIndex(where: { ($0 < 0x20 && $0 != 0x09) || $0 == 0x7F }) {
            throw error("its byte \(bad - line.startIndex + 1) is 0x\(Hexadecimal.encode([line[bad]])), a control character; only the tab is allowed")
        }
        let items = line.split { $0 == 0x20 || $0 == 0x09 }
        guard let keyword = items.first, keyword.first != UInt8(ascii: "#") else { return }
        switch Self.text(keyword) {
        case "log": try readLog(items)
        case "witness": try readWitness(items)
        case "group": try readGroup(items)
        case "quorum": try readQuorum(items)
        default:
            throw error("it begins with \"\(Self.text(keyword))\"; a line begins with log, witness, group, quorum or #")
        }
    }

    // MARK: Lines

    private mutating func readLog(_ items: [Octets]) throws(TrustPolicyError) {
        guard (2...3).contains(items.count) else { throw error("a log line is \"log VKEY [URL]\"") }
        try checkCount(policy.logs.count, "logs")
        let verifier: NoteVerifier
        do throws(SignedNoteError) { verifier = try NoteVerifier(try utf8(items[1])) } catch { throw self.error("\(error)") }
        if let first = logKeys.updateValue(lineNumber, forKey: verifier.key) {
            throw error("line \(first) lists a log with the same public key")
        }
        policy.logs.append(TrustPolicy.Log(verifier: verifier, url: Self.url(items.dropFirst(2).first)))
    }

    private mutating func readWitness(_ items: [Octets]) throws(TrustPolicyError) {
        guard (3...4).contains(items.count) else { throw error("a witness line is \"witness NAME VKEY [URL]\"") }
        try checkCount(policy.witnesses.count, "witnesses")
        let verifier: CosignatureVerifier
        do throws(SignedNoteError) { verifier = try CosignatureVerifier(try utf8(items[2])) } catch { throw self.error("\(error)") }
        if let first = witnessKeys.updateValue(lineNumber, forKey: verifier.key) {
            throw error("line \(first) lists a witness with the same public key")
        }
        try define(items[1], as: .witness(policy.witnesses.count))
        policy.witnesses.append(
            TrustPolicy.Witness(name: Self.text(items[1]), verifier: verifier, url: Self.url(items.dropFirst(3).first)))
    }

    private mutating func readGroup(_ items: [Octets]) throws(TrustPolicyError) {
        guard items.count >= 4 else { throw error("a group line is \"group NAME THRESHOLD MEMBER…\" with at least one member") }
        try checkCount(policy.groups.count, "groups")
        let names = items[3...]
        let threshold = try threshold(items[2], count: names.count)
        var members: [TrustPolicy.Member] = []
        for name in names {
            let member = try reference(name)
            if let line = groupOfMember.updateValue(lineNumber, forKey: member) {
                throw error(
                    "\"\(Self.text(name))\" is a member of the group of line \(line) already; a name is listed as a member at most once")
            }
            members.append(member)
        }
        try define(items[1], as: .group(policy.groups.count))
        policy.groups.append(TrustPolicy.Group(name: Self.text(items[1]), threshold: threshold, members: members))
    }

    private mutating func readQuorum(_ items: [Octets]) throws(TrustPolicyError) {
        guard items.count == 2 else { throw error("a quorum line is \"quorum NAME\", or \"quorum none\"") }
        if let quorumLine { throw error("line \(quorumLine) defines the quorum already; there is exactly one quorum line") }
        if !items[1].elementsEqual("none".utf8) { policy.quorum = try reference(items[1]) }
        quorumLine = lineNumber
    }

    // MARK: Items

    private func threshold(_ item: Octets, count: Int) throws(TrustPolicyError) -> Int {
        let text = Self.text(item)
        if text == "any" { return 1 }
        if text == "all" { return count }
        guard (1...4).contains(item.count), item.first != 0x30, item.allSatisfy({ (0x30...0x39).contains($0) }),
            let number = Int(text), (1...count).contains(number)
        else {
            throw error("the threshold is \"\(text)\"; it must be any, all, or a number from 1 to \(count), the number of members")
        }
        return number
    }

    private mutating func define(_ name: Octets, as member: TrustPolicy.Member) throws(TrustPolicyError) {
        guard !name.elementsEqual("none".utf8) else { throw error("\"none\" is reserved: it cannot name a witness or a group") }
        if let first = defined[name] { throw error("line \(first.line) defines the name \"\(Self.text(name))\" already") }
        defined[name] = (member, lineNumber)
    }

    private func reference(_ name: Octets) throws(TrustPolicyError) -> TrustPolicy.Member {
        guard let found = defined[name] else {
            throw error("\"\(Self.text(name))\" is not defined on an earlier line as a witness or a group")
        }
        return found.member
    }

    private func checkCount(_ count: Int, _ what: String) throws(TrustPolicyError) {
        guard count < TrustPolicy.maximumCount else { throw error("there are more than \(TrustPolicy.maximumCount) \(what)") }
    }

    /// Verifier keys are part of signed notes, and those are UTF-8.
    private func utf8(_ item: Octets) throws(SignedNoteError) -> String {
        guard let text = String(validating: item, as: UTF8.self) else {
            throw .badVerifierKey(Self.text(item), reason: "it is not UTF-8")
        }
        return text
    }

    private static func text(_ item: Octets) -> String { String(decoding: item, as: UTF8.self) }

    /// A URL's octets are kept: where they are not UTF-8 they are percent-encoded, as a URL has them.
    private static func url(_ item: Octets?) -> String? {
        guard let item else { return nil }
        if let text = String(validating: item, as: UTF8.self) { return text }
        return item.map { $0 < 0x80 ? String(UnicodeScalar($0)) : "%" + Hexadecimal.encode([$0]).uppercased() }.joined()
    }

    private func error(_ reason: String) -> TrustPolicyError { TrustPolicyError(line: max(lineNumber, 1), reason: reason) }
}
