import Glibc

@testable import Storage

extension CrashDisk {
    /// What a ledger on this disk works with.
    var operations: FileOperations {
        FileOperations(
            open: { path, flags in self.state.withLock { $0.open(path, flags) } },
            close: { descriptor in self.state.withLock { $0.close(descriptor) } },
            size: { descriptor in self.state.withLock { $0.size(descriptor) } },
            read: { descriptor, buffer, offset in
                let bytes = self.state.withLock { $0.read(descriptor, count: buffer.count, at: Int(offset)) }
                if case .success(let bytes) = bytes { buffer.copyBytes(from: bytes) }
                return bytes.count
            },
            write: { descriptor, bytes, offset in
                let bytes = Array(bytes)
                return self.state.withLock { $0.write(descriptor, bytes, at: Int(offset)) }
            },
            synchronize: { descriptor in self.state.withLock { $0.synchronize(descriptor) } },
            truncate: { descriptor, size in self.state.withLock { $0.truncate(descriptor, to: Int(size)) } },
            lock: { descriptor in self.state.withLock { $0.lock(descriptor) } },
            unlock: { descriptor in self.state.withLock { $0.unlock(descriptor) } },
            rename: { path, newPath in self.state.withLock { $0.rename(path, newPath) } },
            unlink: { path in self.state.withLock { $0.unlink(path) } },
            makeDirectory: { path in self.state.withLock { $0.makeDirectory(path) } },
            synchronizeDirectory: { path in self.state.withLock { $0.synchronizeDirectory(path) } },
            synchronizeFileSystem: { path in self.state.withLock { $0.synchronizeFileSystem(path) } })
    }

    /// Bytes that were read, or an error.
    enum Reading: Sendable {
        case success(ArraySlice<UInt8>)
        case failure(Int32)

        var count: Int {
            switch self {
            case .success(let bytes): bytes.count
            case .failure(let code): -Int(code)
            }
        }
    }
}

extension CrashDisk.State {
    /// How a call goes on.
    private enum Course {
        case normal
        /// A part of its bytes only, if it has any; it fails then unless that part is its outcome.
        case part(fails: Bool)
        /// It fails without effect.
        case error
        /// It takes effect, or not, at random; nobody hears of it.
        case end
    }

    /// Counts a call and says how it goes on.
    private mutating func begin(_ call: String, _ path: String) -> Course {
        if isDown { return .error }
        defer { steps += 1 }
        guard steps == failingStep else { return .normal }
        failedCall = "\(call) \(path)"
        switch fault {
        case .error: return .error
        case .short:
            if call == "write" { isFull = true }
            return .part(fails: false)
        case .torn: return call == "write" ? .part(fails: true) : .error
        case .powerCut, .kill:
            isDown = true
            return .end
        }
    }

    private func path(of descriptor: Int32) -> String {
        let file = descriptors[descriptor]
        return names.files.first { $0.value == file }?.key ?? "a file without a name"
    }

    /// A call that has its whole effect or none.
    private mutating func whole(_ call: String, _ path: String, _ effect: (inout Self) -> Int32) -> Int32 {
        switch begin(call, path) {
        case .normal, .part: return effect(&self)
        case .error: return -EIO
        case .end:
            if Bool.random(using: &generator) { _ = effect(&self) }
            return -EIO
        }
    }

    mutating func open(_ path: String, _ flags: Int32) -> Int32 {
        whole("open", path) { state in
            guard state.names.folders.contains(FileOperations.parent(of: path)) else { return -ENOENT }
            if let file = state.names.files[path] {
                if flags & O_EXCL != 0 { return -EEXIST }
                if flags & O_TRUNC != 0 { state.files[file].truncate(to: 0) }
                return state.describe(file)
            }
            guard flags & O_CREAT != 0 else { return -ENOENT }
            state.files.append(SimulatedFile())
            state.change(.link(path, file: state.files.count - 1))
            return state.describe(state.files.count - 1)
        }
    }

    private mutating func describe(_ file: Int) -> Int32 {
        nextDescriptor += 1
        descriptors[nextDescriptor] = file
        return nextDescriptor
    }

    private mutating func change(_ change: CrashDisk.NameChange) {
        names.apply(change)
        pendingNames.append(change)
    }

    mutating func close(_ descriptor: Int32) { descriptors[descriptor] = nil }

    mutating func size(_ descriptor: Int32) -> Int {
        guard let file = descriptors[descriptor] else { return -Int(EBADF) }
        guard case .normal = begin("size", path(of: descriptor)) else { return -Int(EIO) }
        return files[file].content.count
    }

    mutating func read(_ descriptor: Int32, count: Int, at offset: Int) -> CrashDisk.Reading {
        guard let file = descriptors[descriptor] else { return .failure(EBADF) }
        let rest = files[file].content.dropFirst(offset).prefix(count)
        switch begin("read", path(of: descriptor)) {
        case .normal: return .success(rest)
        case .part: return .success(rest.prefix((rest.count + 1) / 2))
        case .error, .end: return .failure(EIO)
        }
    }

    mutating func write(_ descriptor: Int32, _ bytes: [UInt8], at offset: Int) -> Int {
        guard let file = descriptors[descriptor] else { return -Int(EBADF) }
        if isFull && !isDown { return -Int(ENOSPC) }
        let part = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &generator)
        switch begin("write", path(of: descriptor)) {
        case .normal:
            files[file].write(bytes, at: offset)
            return bytes.count
        case .part(let fails):
            files[file].write(Array(bytes[..<part]), at: offset)
            return fails || part == 0 ? -Int(ENOSPC) : part
        case .error: return -Int(EIO)
        case .end:
            let count = Bool.random(using: &generator) ? part : bytes.count
            files[file].write(Array(bytes[..<count]), at: offset)
            return -Int(EIO)
        }
    }

    mutating func synchronize(_ descriptor: Int32) -> Int32 {
        guard let file = descriptors[descriptor] else { return -EBADF }
        switch begin("synchronize", path(of: descriptor)) {
        case .normal, .part:
            files[file].synchronize()
            return 0
        case .error:
            if !isDown { files[file].failToSynchronize(using: &generator) }
            return -EIO
        case .end:
            if Bool.random(using: &generator) { files[file].synchronize() }
            return -EIO
        }
    }

    mutating func truncate(_ descriptor: Int32, to size: Int) -> Int32 {
        guard let file = descriptors[descriptor] else { return -EBADF }
        return whole("truncate", path(of: descriptor)) { state in
            state.files[file].truncate(to: size)
            return 0
        }
    }

    mutating func lock(_ descriptor: Int32) -> Int32 {
        guard let file = descriptors[descriptor] else { return -EBADF }
        return locked.insert(file).inserted ? 0 : -EWOULDBLOCK
    }

    mutating func unlock(_ descriptor: Int32) {
        if let file = descriptors[descriptor] { locked.remove(file) }
    }

    mutating func rename(_ path: String, _ newPath: String) -> Int32 {
        whole("rename", path) { state in
            guard let file = state.names.files[path] else { return -ENOENT }
            state.change(.move(from: path, to: newPath, file: file))
            if newPath.hasSuffix("/checkpoint") { state.published.append(state.files[file].content) }
            return 0
        }
    }

    mutating func unlink(_ path: String) -> Int32 {
        whole("unlink", path) { state in
            guard state.names.files[path] != nil else { return -ENOENT }
            state.change(.removal(path))
            return 0
        }
    }

    mutating func makeDirectory(_ path: String) -> Int32 {
        whole("mkdir", path) { state in
            guard state.names.folders.contains(FileOperations.parent(of: path)) else { return -ENOENT }
            guard !state.names.folders.contains(path) else { return -EEXIST }
            state.change(.folder(path))
            return 0
        }
    }

    mutating func synchronizeDirectory(_ path: String) -> Int32 {
        whole("synchronizeDirectory", path) { state in
            guard state.names.folders.contains(path) else { return -ENOENT }
            for change in state.pendingNames where change.folder == path { state.durableNames.apply(change) }
            state.pendingNames.removeAll { $0.folder == path }
            return 0
        }
    }

    mutating func synchronizeFileSystem(_ path: String) -> Int32 {
        whole("synchronizeFileSystem", path) { state in
            for file in state.files.indices { state.files[file].synchronize() }
            (state.durableNames, state.pendingNames) = (state.names, [])
            return 0
        }
    }
}
