import Encoding

// What the events do to the state. What was computed when an event was decided is read back from its body.
extension ExchangeState {
    mutating func apply(_ registration: ResourceRegistration, _ event: Event, _ mark: Mark) {
        let identifier = event.statement.identifier(.resource)
        rights.resources[identifier] = DataResource(
            identifier: identifier, holder: registration.holder, title: registration.title, grade: registration.grade,
            hasLawfulBasis: !registration.lawfulBasis.allSatisfy(\.isWhitespace), created: mark)
        for external in registration.externalIdentifiers where rights.externalIdentifiers[external.key] == nil {
            rights.externalIdentifiers[external.key] = identifier
        }
    }

    mutating func apply(_ application: RightApplication, _ event: Event, _ mark: Mark, at time: Timestamp) {
        let depth = application.basis.flatMap { rights.rights[$0] }.map { $0.depth + 1 } ?? 0
        link(Right(application, event.statement, depth: depth, mark), at: time)
    }

    mutating func apply(_ split: RightSplit, _ event: Event, _ mark: Mark, at time: Timestamp) {
        guard var whole = rights.rights[split.right] else { return }
        for (index, part) in split.parts.enumerated() {
            var right = whole
            right.identifier = Right.part(index + 1, of: event.statement)
            right.holder = part.holder
            right.share = part.share
            right.replaces = [whole.identifier]
            right.licences = []
            right.pledge = nil
            (right.created, right.changed) = (mark, mark)
            link(right, at: time)
        }
        whole.status = .divided
        whole.changed = mark
        rights.rights[whole.identifier] = whole
        unlink(whole)
    }

    mutating func apply(_ merge: RightMerge, _ event: Event, _ mark: Mark, at time: Timestamp) {
        guard var right = merge.rights.first.flatMap({ rights.rights[$0] }),
            let share = event.body["share"]?.stringValue.flatMap({ Fraction($0) })
        else { return }
        right.identifier = event.statement.identifier(.right)
        right.share = share
        right.replaces = merge.rights
        right.licences = []
        right.pledge = nil
        (right.created, right.changed) = (mark, mark)
        for identifier in merge.rights {
            guard var part = rights.rights[identifier] else { continue }
            part.status = .merged
            part.changed = mark
            rights.rights[identifier] = part
            unlink(part)
        }
        link(right, at: time)
    }

    /// What a statement about one right does to it.
    static func apply(_ statement: RightStatement, _ event: Event, _ mark: Mark, at time: Timestamp, to right: inout Right) {
        switch statement {
        case .withdrawal: right.status = .withdrawn
        case .check, .decision: applyReview(event, at: time, to: &right)
        case .objection(let content):
            guard let objector = event.body.identifier("objector") else { return }
            right.objections.append(Right.Objection(objector: objector, ground: content.ground, verdict: nil, made: mark))
        case .objectionDecision(let content):
            if let index = right.objections.firstIndex(where: { $0.objector == content.objector }) {
                right.objections[index].verdict = content.verdict
            }
            if content.verdict == .upheld { right.status = .refused }
        case .transfer(let content):
            right.holder = content.to
            // Nobody needs a licence of its own right.
            right.licences.removeAll { $0.licensee == content.to }
        case .change(let content):
            right.title = content.title ?? right.title
            right.territory = content.territory ?? right.territory
        case .renewal: right.expiresAt = event.body.time("expiresAt") ?? right.expiresAt
        case .licence(let content):
            right.licences = right.licences(at: time)
            right.licences.append(
                Right.Licence(
                    licensee: content.licensee, isExclusive: content.isExclusive, until: content.until, made: mark))
        case .licenceEnd(let content): right.licences.removeAll { $0.licensee == content.licensee }
        case .pledge(let content):
            right.pledge = Right.Pledge(pledgee: content.pledgee, until: content.until, made: mark)
        case .pledgeRelease: right.pledge = nil
        case .freeze, .unfreeze: applyFreeze(event, mark, to: &right)
        case .cancellation: right.status = .cancelled
        case .resourceRegistration, .application, .split, .merge: break
        }
    }

    private static func applyReview(_ event: Event, at time: Timestamp, to right: inout Right) {
        switch event.type {
        case .rightNoticed:
            right.status = .noticed
            right.noticeUntil = event.body.time("noticeUntil")
            right.checkedBy = event.statement.keyIdentifiers
        case .rightGranted:
            right.status = .granted
            right.grantedAt = time
            right.expiresAt = event.body.time("expiresAt")
        default: right.status = .refused
        }
    }

    private static func applyFreeze(_ event: Event, _ mark: Mark, to right: inout Right) {
        guard let regulator = event.body.identifier("regulator") else { return }
        right.freezes.removeAll { $0.regulator == regulator }
        if event.type == .rightFrozen { right.freezes.append(Right.Freeze(regulator: regulator, made: mark)) }
    }

    /// Adds a right to those over its thing, from which the expired ones drop out: they cannot come back.
    private mutating func link(_ right: Right, at time: Timestamp) {
        rights.rights[right.identifier] = right
        var others = rights.overThing[right.over] ?? []
        others.removeAll { rights.rights[$0].map { $0.status == .granted && !$0.isLive(at: time) } ?? true }
        others.append(right.identifier)
        rights.overThing[right.over] = others
    }

    mutating func unlink(_ right: Right) {
        rights.overThing[right.over]?.removeAll { $0 == right.identifier }
        if rights.overThing[right.over]?.isEmpty == true { rights.overThing[right.over] = nil }
    }
}

extension Right {
    /// A right that is asked for.
    init(_ application: RightApplication, _ statement: SignedStatement, depth: Int64, _ mark: Mark) {
        let identifier = statement.identifier(.right)
        self.init(
            identifier: identifier, kind: application.kind, over: application.over, holder: application.holder,
            title: application.title, ground: application.ground, basis: application.basis, depth: depth,
            isExclusive: application.isExclusive, territory: application.territory, term: application.term,
            root: identifier, share: .one, status: .applied, created: mark, changed: mark)
    }
}

extension JSONObject {
    fileprivate func time(_ name: String) -> Timestamp? { self[name]?.stringValue.flatMap { Timestamp($0) } }

    fileprivate func identifier(_ name: String) -> Identifier? {
        self[name]?.stringValue.flatMap { try? Identifier($0) }
    }
}
