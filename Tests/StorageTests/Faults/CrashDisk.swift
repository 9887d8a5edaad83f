import ExchangeTestKit
import Glibc
import Synchronization

@testable import Storage

/// A disk that exists in memory only and knows what a power cut would leave of it. It keeps what was synchronised apart
/// from what was only written: file contents until the file is synchronised, names until their folder is.
///
/// A plan makes one call fail. Calls are counted from 0 in the order in which they come.
final class CrashDisk: Sendable {
    enum Fault: Sendable, Hashable, CaseIterable {
        /// The call fails and has no effect.
        case error
        /// A read or write does only a part, without an error; a write's second call then finds the disk full.
        case short
        /// A write does a part and fails.
        case torn
        /// The power goes out during the call; no later call succeeds.
        case powerCut
        /// The process is ended during the call; what it had written stays in the page cache.
        case kill

        var endsProcess: Bool { self == .powerCut || self == .kill }
    }

    enum NameChange: Sendable {
        case link(String, file: Int)
        case removal(String)
        case move(from: String, to: String, file: Int)
        case folder(String)

        /// The folder that has to be synchronised to make the change durable.
        var folder: String {
            switch self {
            case .link(let path, _), .removal(let path), .folder(let path), .move(_, let path, _):
                FileOperations.parent(of: path)
            }
        }
    }

    struct Names: Sendable {
        var files: [String: Int] = [:]
        var folders: Set<String> = []

        mutating func apply(_ change: NameChange) {
            switch change {
            case .link(let path, let file): files[path] = file
            case .removal(let path): files[path] = nil
            case .folder(let path): folders.insert(path)
            case .move(let path, let newPath, let file):
                if files[path] == file { files[path] = nil }
                files[newPath] = file
            }
        }
    }

    struct State: Sendable {
        var files: [SimulatedFile] = []
        var names = Names()
        var durableNames = Names()
        var pendingNames: [NameChange] = []
        var descriptors: [Int32: Int] = [:]
        var nextDescriptor: Int32 = 1000
        var locked: Set<Int> = []
        var generator: FixedGenerator
        /// Calls so far.
        var steps = 0
        var failingStep: Int?
        var fault = Fault.error
        /// What the failing call was, once it has failed.
        var failedCall: String?
        var isFull = false
        var isDown = false
        /// Everything that was put in place under the name of a checkpoint.
        var published: [[UInt8]] = []
    }

    static let root = "/disk"
    let state: Mutex<State>

    init(seed: UInt64) {
        var state = State(generator: FixedGenerator(seed: seed))
        state.names.folders = [Self.root]
        state.durableNames.folders = [Self.root]
        self.state = Mutex(state)
    }

    private init(_ state: State) { self.state = Mutex(state) }

    /// Makes the call with this number fail.
    func fail(at step: Int?, with fault: Fault) {
        state.withLock { ($0.failingStep, $0.fault) = (step, fault) }
    }

    /// Lets every later call fail: this process touches the disk no more.
    func cutOff() { state.withLock { $0.isDown = true } }

    /// Gives the same disk to a new process.
    func restart(seed: UInt64) { state.withLock { $0.restart(seed: seed) } }

    /// Makes room on a full disk.
    func makeRoom() { state.withLock { $0.isFull = false } }

    var steps: Int { state.withLock { $0.steps } }
    var isDown: Bool { state.withLock { $0.isDown } }
    var failedCall: String? { state.withLock { $0.failedCall } }
    var published: [[UInt8]] { state.withLock { $0.published } }

    func content(of path: String) -> [UInt8]? {
        state.withLock { state in state.names.files[path].map { state.files[$0].content } }
    }

    /// Every file as programs see it, for comparing with a real folder.
    var contents: [String: [UInt8]] {
        state.withLock { state in state.names.files.mapValues { state.files[$0].content } }
    }

    /// The disk as the next process finds it after this one was killed.
    func afterKill(seed: UInt64) -> CrashDisk {
        var next = state.withLock { $0 }
        next.restart(seed: seed)
        return CrashDisk(next)
    }

    /// The disk as the next process finds it after the power was cut.
    func afterPowerCut(_ fate: SimulatedFile.Fate, seed: UInt64) -> CrashDisk {
        var next = state.withLock { $0 }
        next.restart(seed: seed)
        for change in next.pendingNames {
            let isKept = fate == .allKept || fate == .mixed && Bool.random(using: &next.generator)
            if isKept { next.durableNames.apply(change) }
        }
        next.pendingNames = []
        var names = next.durableNames
        names.files = names.files.filter { names.folders.contains(FileOperations.parent(of: $0.key)) }
        var generator = next.generator
        next.files = next.files.map { SimulatedFile(durable: $0.afterPowerCut(fate, using: &generator)) }
        next.generator = generator
        (next.names, next.durableNames) = (names, names)
        return CrashDisk(next)
    }
}

extension CrashDisk.State {
    /// Nothing of a process outlives it but its files.
    mutating func restart(seed: UInt64) {
        descriptors = [:]
        locked = []
        generator = FixedGenerator(seed: seed)
        (steps, failingStep, failedCall) = (0, nil, nil)
        (isFull, isDown) = (false, false)
    }
}
