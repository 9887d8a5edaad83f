import Glibc
import TransparencyLog

/// What one place shows of a log in a round: its latest checkpoint, not verified yet.
struct Sighting {
    var kind: WatchedPlace.Kind
    var name: String
    /// The connection to an address; `nil` for a witness, and where there is none.
    var remote: RemoteLedger?
    var note: SignedNote?
    var checkpoint: Checkpoint?
    /// Why there is no checkpoint.
    var failure: String?

    /// Looks at an address of the log.
    static func address(_ url: String, _ kind: WatchedPlace.Kind, timeoutSeconds: Double) -> Sighting {
        var sighting = Sighting(kind: kind, name: url)
        do throws(AuditFailure) {
            let remote = try RemoteLedger(url, timeoutSeconds: timeoutSeconds)
            sighting.remote = remote
            sighting.take(remote.checkpoint)
        } catch { sighting.failure = error.description }
        return sighting
    }

    /// Asks a witness what it cosigned last of a log. The address is the one of Hexi's witnesses (`/checkpoint?origin=` below
    /// the submission prefix); C2SP tlog-witness knows none, so another witness may not tell.
    static func witness(_ witness: TrustPolicy.Witness, origin: String, timeoutSeconds: Double) -> Sighting? {
        guard let url = witness.url else { return nil }
        var sighting = Sighting(kind: .witness, name: witness.name)
        do throws(AuditFailure) {
            let address = try RemoteAddress(url)
            let connection = try RemoteConnection(address, timeoutSeconds: timeoutSeconds) { Task.isCancelled }
            let answer = try connection.get(
                "\(address.base)/checkpoint?origin=\(escaped(origin))", maximumBytes: CheckpointCheck.maximumLength, .brief)
            if answer.status == 200 {
                sighting.take(answer.body)
            } else {
                sighting.failure = "it answers with status \(answer.status): it has not cosigned this log, or does not tell"
            }
        } catch { sighting.failure = error.description }
        return sighting
    }

    private mutating func take(_ bytes: [UInt8]) {
        do {
            let note = try SignedNote(bytes)
            (checkpoint, self.note) = (try Checkpoint(text: note.text), note)
        } catch { failure = "what it shows is no checkpoint: \(error)" }
    }

    /// What is wrong with the checkpoint by the log's keys and the policy; `nil` if nothing is.
    func fault(_ keys: [NoteVerifier], _ policy: TrustPolicy?) -> String? {
        guard let note, let checkpoint else { return failure }
        do {
            let signers = try note.verify(with: keys)
            guard signers.contains(where: { $0.name.utf8.elementsEqual(checkpoint.origin.utf8) }) else {
                return "its checkpoint calls itself \"\(checkpoint.origin)\", but no key of that name has signed it"
            }
            guard let policy else { return nil }
            let judgement = try policy.judge(note)
            guard kind == .witness, !judgement.cosignatures.contains(where: { $0.witness == name }) else { return nil }
            return "its checkpoint does not bear its own cosignature"
        } catch { return "its checkpoint cannot be believed: \(error)" }
    }

    /// Everything but the unreserved characters of RFC 3986 section 2.3 in per cent form.
    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x2D, 0x2E, 0x5F, 0x7E, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return String(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                return "%" + (digits.utf8.count == 1 ? "0" : "") + digits
            }
        }.joined()
    }
}
