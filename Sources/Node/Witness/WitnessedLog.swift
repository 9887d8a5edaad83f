import Glibc
import Signing
import Synchronization
import TransparencyLog

/// One log that this node witnesses, and what it has cosigned last of it.
///
/// The file is the cosigned note itself: the log's signature, and this witness' own cosignature, which also tells a
/// damaged file from a sound one.
final class WitnessedLog: Sendable {
    struct Cosigned: Sendable {
        let note: SignedNote
        let checkpoint: Checkpoint
        /// The one that the note holds.
        let cosignature: NoteSignature
        /// Of the cosignature, in POSIX seconds.
        let time: UInt64
    }

    private enum Record {
        case unread
        case read(Cosigned?)
    }

    let origin: String
    let verifiers: [NoteVerifier]
    let url: String?
    private let path: String
    private let cosigner: Cosigner
    private let file: DurableFile
    /// Held from the decision until the state is durable: the two are one step.
    private let record = Mutex(Record.unread)

    /// - Parameter directory: where the state files lie; each is named by the hash of its origin.
    init(
        origin: String, verifiers: [NoteVerifier], url: String?, directory: String, cosigner: Cosigner, file: DurableFile
    ) {
        self.origin = origin
        self.verifiers = verifiers
        self.url = url
        path = "\(directory)/\(SHA256.hash(origin.utf8))"
        self.cosigner = cosigner
        self.file = file
    }

    /// What was cosigned last; `nil` if nothing. Throws ``WitnessError/damagedState(path:reason:)``.
    func latest() throws(WitnessError) -> Cosigned? {
        try record.withLock { record throws(WitnessError) in try read(&record) }
    }

    /// Decides, makes the new state durable, and only then returns the cosignature. Blocks while the disk works.
    ///
    /// - Parameter now: POSIX seconds; the time of a cosignature never goes back, even where the clock does.
    func cosign(_ request: AddCheckpointRequest, now: UInt64) throws(WitnessError) -> NoteSignature {
        try record.withLock { record throws(WitnessError) in
            let latest = try read(&record)
            let checkpoint: Checkpoint
            do throws(WitnessRefusal) {
                checkpoint = try WitnessRules.judge(request, logs: verifiers, known: latest?.checkpoint)
            } catch { throw .refused(error) }
            let time = max(now, latest?.time ?? 0)
            // Anybody can send the same checkpoint again and again; within a second there is nothing new to say, and the
            // disk is spared.
            if let latest, latest.time == time, latest.note.text == request.note.text { return latest.cosignature }
            let cosignature = cosigner.cosign(request.note.text, at: time)
            let note = try stored(request.note, cosignature)
            // If this fails, or ends half-way, the file says which state holds.
            record = .unread
            do throws(PrivateFile.Failure) { try file.replace(path, with: note.bytes) } catch {
                throw .notDurable(reason: "\(error)")
            }
            record = .read(Cosigned(note: note, checkpoint: checkpoint, cosignature: cosignature, time: time))
            return cosignature
        }
    }

    /// The text with the log's own signatures and the cosignature; what strangers signed is left out.
    private func stored(_ submitted: SignedNote, _ cosignature: NoteSignature) throws(WitnessError) -> SignedNote {
        var note: SignedNote
        do throws(SignedNoteError) { note = try SignedNote(text: submitted.text, signers: []) } catch {
            throw .notDurable(reason: "\(error)")
        }
        let keys = verifiers.map(\.keyIdentifier)
        for signature in submitted.signatures
        where keys.contains(signature.keyIdentifier) && signature.keyName.utf8.elementsEqual(origin.utf8) {
            note.add(signature)
        }
        note.add(cosignature)
        return note
    }

    private func read(_ record: inout Record) throws(WitnessError) -> Cosigned? {
        if case .read(let cosigned) = record { return cosigned }
        let cosigned = try readFile()
        record = .read(cosigned)
        return cosigned
    }

    private func readFile() throws(WitnessError) -> Cosigned? {
        if access(path, F_OK) != 0 && errno == ENOENT { return nil }
        do {
            let note = try SignedNote(try PrivateFile.read(path, maximumCount: AddCheckpointRequest.maximumLength * 2))
            let checkpoint = try Checkpoint(text: note.text)
            guard checkpoint.origin.utf8.elementsEqual(origin.utf8) else {
                throw WitnessError.damagedState(path: path, reason: "it is of the log \"\(checkpoint.origin)\"")
            }
            for cosignature in note.signatures {
                guard let time = cosigner.verifier.time(of: cosignature, on: note.text) else { continue }
                return Cosigned(note: note, checkpoint: checkpoint, cosignature: cosignature, time: time)
            }
            throw WitnessError.damagedState(path: path, reason: "it has no valid cosignature by \(cosigner.name)")
        } catch let error as WitnessError {
            throw error
        } catch {
            throw .damagedState(path: path, reason: "\(error)")
        }
    }
}
