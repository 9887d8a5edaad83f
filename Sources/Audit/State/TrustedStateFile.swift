import Encoding
import Foundation
import Glibc
import Signing

/// The file in which an auditor keeps a ``TrustedState``:
///
///     hexi-audit/state@v1
///     {…}                              the state, JSON on one line
///     sha256 <64 hexadecimal digits>   of both lines above with their line feeds
///
/// The checksum finds accidents. Against intent the file is protected as the auditor's other files are: it is readable
/// and writable by its owner alone, and refused if others could have written it.
struct TrustedStateFile: Sendable {
    private static let firstLine = Array("hexi-audit/state@v1\n".utf8)
    private static let lastLinePrefix = Array("sha256 ".utf8)
    private static let lastLineLength = lastLinePrefix.count + 64 + 1
    private static let maximumLength = 1 << 30

    let path: String

    /// The state; `nil` if there is no file. Throws ``AuditFailure/badState(path:reason:)``.
    func read() throws(AuditFailure) -> TrustedState? {
        var information = stat()
        guard stat(path, &information) == 0 else {
            if errno == ENOENT { return nil }
            throw .badState(path: path, reason: "it cannot be read: \(Self.text(errno))")
        }
        guard information.st_mode & S_IFMT == S_IFREG else { throw refusal("it is not a regular file") }
        guard information.st_uid == geteuid() || information.st_uid == 0, information.st_mode & 0o022 == 0 else {
            throw refusal("others than its owner could have changed it (chmod 600 it if you are sure that nobody has)")
        }
        return try parse(try JournalFile.contents(of: path, maximumCount: Self.maximumLength))
    }

    private func parse(_ bytes: [UInt8]) throws(AuditFailure) -> TrustedState {
        guard bytes.starts(with: Self.firstLine) else {
            throw refusal("its first line is not \"hexi-audit/state@v1\": it is no state file, or one of another version")
        }
        guard bytes.count > Self.firstLine.count + Self.lastLineLength else { throw refusal("it is cut off") }
        let (body, end) = (bytes.dropLast(Self.lastLineLength), bytes.suffix(Self.lastLineLength))
        guard Self.lastLine(of: body).elementsEqual(end) else {
            throw refusal("its checksum does not fit: it was changed, or was not written completely")
        }
        let state: TrustedState
        do { state = try JSONDecoder().decode(TrustedState.self, from: Data(body.dropFirst(Self.firstLine.count))) } catch {
            throw refusal("its contents are not a state: \(error)")
        }
        for milestone in [state.tied?.milestone, state.unfinished].compactMap({ $0 }) {
            guard milestone.size == milestone.state.size, milestone.size > 0, milestone.state.space != nil else {
                throw refusal("its parts are of different sizes")
            }
        }
        return state
    }

    /// Replaces the file: a reader, also one after a crash, finds the old state or the new one.
    func write(_ state: TrustedState) throws(AuditFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let json = try? encoder.encode(state) else {
            throw .cannotWrite(path: path, reason: "the state cannot be put into JSON")
        }
        let body = Self.firstLine + json + [0x0A]
        try AtomicFile.replace(path, with: body + Self.lastLine(of: body[...]))
    }

    private static func lastLine(of body: ArraySlice<UInt8>) -> [UInt8] {
        lastLinePrefix + Array(SHA256.hash(body).description.utf8) + [0x0A]
    }

    private func refusal(_ reason: String) -> AuditFailure { .badState(path: path, reason: reason) }

    private static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
