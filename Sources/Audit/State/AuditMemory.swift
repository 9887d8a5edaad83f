import Exchange
import TransparencyLog

/// What an audit has from the audits before it, and leaves to the ones after it.
struct AuditMemory {
    private let file: TrustedStateFile?
    private var state: TrustedState?
    /// What an auditor should know of the state file itself.
    private(set) var warnings: [String] = []

    /// Reads the state file, if the options name one.
    init(_ options: AuditOptions) throws(AuditFailure) {
        guard let path = options.stateFile else {
            file = nil
            return
        }
        if options.isChainOnly { throw .stateNeedsFullAudit }
        let file = TrustedStateFile(path: path)
        self.file = file
        do throws(AuditFailure) { state = try file.read() } catch {
            guard options.isFromStart else { throw error }
            warnings.append("The state file was not used, because of --from-start, and could not have been: \(error).")
        }
    }

    var trustedTree: TrustedTree? { state?.trustedTree }
    var space: Space? { state?.tied?.milestone.state.space }
    /// How many entries an earlier audit came to trust.
    var size: UInt64 { state?.tied?.milestone.size ?? 0 }

    /// Where an audit up to so many entries can go on from, which only works in a journal if the place in it is known.
    func start(size: UInt64, _ source: AuditSource) -> AuditMilestone? {
        let start = state?.start(size: size)
        if case .folder = source {
            return start?.position.journal == nil ? nil : start
        }
        return start
    }

    /// Refuses a state of another log.
    func expect(origin: String) throws(AuditFailure) {
        guard let file, let state, state.origin != origin else { return }
        throw .stateOfAnotherLog(path: file.path, expected: state.origin, found: origin)
    }

    func conflict(with check: CheckpointCheck) -> CheckpointConflict? {
        trustedTree.map { CheckpointConflict(trusted: $0.note, shown: check.note.bytes) }
    }

    /// Keeps a milestone that an accepted checkpoint speaks for.
    mutating func keep(_ milestone: AuditMilestone?, _ check: CheckpointCheck, _ report: AuditReport) throws(AuditFailure) {
        guard let file, let milestone, let summary = report.checkpoint else { return }
        let basis = TrustBasis(
            pinnedKeys: check.pinnedKeys.map(\.description), signers: summary.signers,
            witnesses: summary.cosignatures.map(\.witness))
        let note = String(decoding: check.note.bytes, as: UTF8.self)
        let tied = TrustedState.Tied(milestone: milestone, checkpoint: note, basis: basis)
        let state = TrustedState(origin: check.checkpoint.origin, tied: tied, unfinished: nil)
        try file.write(state)
        self.state = state
    }

    /// Keeps how far an audit came that was stopped; whether there was anything to keep.
    mutating func keep(unfinished milestone: AuditMilestone?) throws(AuditFailure) -> Bool {
        guard let file, let milestone, let origin = milestone.state.space?.origin else { return false }
        // An audit from the start that has not yet come as far as an earlier one adds nothing.
        guard milestone.size > state?.tied?.milestone.size ?? 0 else { return false }
        let state = TrustedState(origin: origin, tied: self.state?.tied, unfinished: milestone)
        try file.write(state)
        self.state = state
        return true
    }
}
