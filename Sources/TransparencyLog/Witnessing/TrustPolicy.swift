/// Which logs to believe, and whose cosignatures their checkpoints must carry (C2SP tlog-policy).
///
/// Names are octet strings in the file; ``Witness/name`` and ``Group/name`` are for people, with what is not UTF-8 replaced.
public struct TrustPolicy: Sendable, Hashable {
    /// The longest file that is read, in bytes.
    public static let maximumLength = 64 << 10
    /// The most logs, witnesses and groups, of each.
    public static let maximumCount = 1000

    public struct Log: Sendable, Hashable {
        /// Its name is the origin of the log's checkpoints.
        public let verifier: NoteVerifier
        public let url: String?
    }

    public struct Witness: Sendable, Hashable {
        /// The name within the policy.
        public let name: String
        public let verifier: CosignatureVerifier
        /// Where checkpoints are submitted: the witness' submission prefix.
        public let url: String?
    }

    /// A place in ``witnesses`` or ``groups``.
    public enum Member: Sendable, Hashable {
        case witness(Int)
        case group(Int)
    }

    /// Has witnessed what `threshold` of its members have.
    public struct Group: Sendable, Hashable {
        public let name: String
        /// 1 up to the number of members.
        public let threshold: Int
        /// Groups among them stand earlier in ``groups``; no member is in two groups.
        public let members: [Member]
    }

    public internal(set) var logs: [Log] = []
    public internal(set) var witnesses: [Witness] = []
    public internal(set) var groups: [Group] = []
    /// Who must have witnessed a checkpoint; `nil` for `quorum none`.
    public internal(set) var quorum: Member?

    /// Reads a policy file.
    public init(_ bytes: [UInt8]) throws(TrustPolicyError) {
        self = try TrustPolicyParser.parse(bytes)
    }

    /// A policy that asks for nothing but a signature by one of the logs.
    public init(logs: [NoteVerifier]) { self.logs = logs.map { Log(verifier: $0, url: nil) } }

    init() {}

    /// The quorum's name; `none` if there is no quorum.
    public var quorumName: String { quorum.map(name) ?? "none" }

    func name(of member: Member) -> String {
        switch member {
        case .witness(let place): witnesses[place].name
        case .group(let place): groups[place].name
        }
    }

    // MARK: Judging

    /// Verifies a checkpoint against the policy.
    ///
    /// A quorum that is not reached is part of the judgement. Thrown is what makes the note unbelievable whoever else
    /// signed: no signature by a listed log, another origin, or a wrong signature or cosignature by a listed key.
    /// Signatures by unknown keys are ignored; of several cosignatures by one witness the latest time counts.
    public func judge(_ note: SignedNote) throws(TrustPolicyFailure) -> TrustJudgement {
        let (checkpoint, log) = try signedCheckpoint(note)
        var cosignatures: [TrustJudgement.Cosignature] = []
        var cosigned: Set<Int> = []
        for (place, witness) in witnesses.enumerated() {
            guard let time = try latestTime(of: witness, on: note) else { continue }
            cosignatures.append((witness: witness.name, time: time))
            cosigned.insert(place)
        }
        let witnessed = witnessed(by: cosigned)
        let isReached = quorum.map(witnessed.contains) ?? true
        return TrustJudgement(
            checkpoint: checkpoint, log: log, cosignatures: cosignatures, isQuorumReached: isReached,
            missing: isReached ? "" : missing(witnessed))
    }

    /// Whether the quorum is reached if exactly these of ``witnesses``, named by their places, have cosigned.
    public func isQuorumReached(cosignedBy cosigned: Set<Int>) -> Bool {
        guard let quorum else { return true }
        return witnessed(by: cosigned).contains(quorum)
    }

    private func signedCheckpoint(_ note: SignedNote) throws(TrustPolicyFailure) -> (Checkpoint, NoteVerifier) {
        let signers: [NoteVerifier]
        do throws(SignedNoteError) { signers = try note.verify(with: logs.map(\.verifier)) } catch { throw .log(error) }
        let checkpoint: Checkpoint
        do throws(SignedNoteError) { checkpoint = try Checkpoint(text: note.text) } catch { throw .log(error) }
        guard let log = signers.first(where: { $0.name.utf8.elementsEqual(checkpoint.origin.utf8) }) else {
            throw .otherOrigin(checkpoint.origin, signers: signers.map(\.name))
        }
        return (checkpoint, log)
    }

    private func latestTime(of witness: Witness, on note: SignedNote) throws(TrustPolicyFailure) -> UInt64? {
        var latest: UInt64?
        for signature in note.signatures where witness.verifier.isNamed(by: signature) {
            if let time = witness.verifier.time(of: signature, on: note.text) {
                latest = max(latest ?? 0, time)
                continue
            }
            // Another listed key may have the same name and identifier by chance.
            let isAnothers = witnesses.contains { $0.verifier.time(of: signature, on: note.text) != nil }
            guard isAnothers else { throw .wrongCosignature(witness: witness.name, key: witness.verifier) }
        }
        return latest
    }

    /// The members that have witnessed. Groups stand behind their members, so one pass is enough.
    private func witnessed(by cosigned: Set<Int>) -> Set<Member> {
        var witnessed = Set(cosigned.filter(witnesses.indices.contains).map { Member.witness($0) })
        for (place, group) in groups.enumerated() {
            let count = group.members.count { witnessed.contains($0) }
            if count >= group.threshold { witnessed.insert(.group(place)) }
        }
        return witnessed
    }

    // MARK: Words

    /// How many groups and names a sentence holds at most.
    private static let maximumWords = 8

    /// What the quorum lacks, from the quorum downwards.
    private func missing(_ witnessed: Set<Member>) -> String {
        guard let quorum else { return "" }
        var sentences: [String] = []
        var waiting = [quorum]
        while let member = waiting.popLast(), sentences.count < Self.maximumWords {
            guard case .group(let place) = member else {
                sentences.append("no cosignature by \(name(of: member))")
                continue
            }
            let group = groups[place]
            let (present, absent) = (group.members.filter(witnessed.contains), group.members.filter { !witnessed.contains($0) })
            sentences.append(
                "\(group.name) needs \(group.threshold) of \(group.members.count) and has \(present.count)"
                    + (present.isEmpty ? "" : " (\(list(present)))") + "; missing: \(list(absent))")
            // A group inside says more of why; a witness has been named.
            waiting += absent.filter { if case .group = $0 { true } else { false } }.reversed()
        }
        return sentences.joined(separator: ". ") + (waiting.isEmpty ? "" : ". And so on")
    }

    private func list(_ members: [Member]) -> String {
        let names = members.prefix(Self.maximumWords).map(name).joined(separator: ", ")
        return members.count <= Self.maximumWords ? names : "\(names) and \(members.count - Self.maximumWords) more"
    }
}

/// What a policy says of a checkpoint that a listed log has signed.
public struct TrustJudgement: Sendable {
    /// The witness' name in the policy, and when it cosigned in POSIX seconds.
    public typealias Cosignature = (witness: String, time: UInt64)

    public let checkpoint: Checkpoint
    /// The listed log that signed.
    public let log: NoteVerifier
    /// In the policy's order.
    public let cosignatures: [Cosignature]
    public let isQuorumReached: Bool
    /// What the quorum lacks, in words; empty if it is reached.
    public let missing: String
}

/// Why a note is not to be believed.
public enum TrustPolicyFailure: Error, Equatable, CustomStringConvertible {
    /// No listed log has signed, a signature by one is wrong, or the text is not a checkpoint.
    case log(SignedNoteError)
    case otherOrigin(String, signers: [String])
    case wrongCosignature(witness: String, key: CosignatureVerifier)

    public var description: String {
        switch self {
        case .log(let error): "\(error)"
        case .otherOrigin(let origin, let signers):
            "the checkpoint's origin is \"\(origin)\", but it is signed by \(signers.joined(separator: ", ")); "
                + "a log's key has the origin as its name"
        case .wrongCosignature(let witness, let key):
            "the cosignature by the witness \(witness) (\(key.name)) does not fit the checkpoint"
        }
    }
}
