import CSandboxLauncher
import Glibc

/// What a process inside may do with files, network and signals, by Landlock (landlock(7)): a second fence within the
/// namespaces, put up by the first program inside (`hexi_confine.h`), that holds even where a mount or the namespaces fail.
///
/// The network rules need version 4 of Landlock (Linux 6.7), the fence against signals and abstract sockets version 6 (6.12);
/// Debian 12's kernel has version 2, which is the files.
struct Landlock: Sendable, Hashable {
    /// One path as it is called inside.
    struct Rule: Sendable, Hashable {
        var path: String
        var rights: Rights
    }

    struct Rights: OptionSet, Sendable, Hashable {
        let rawValue: UInt64
        static let read = Rights(rawValue: hexi_landlock_read)
        static let list = Rights(rawValue: hexi_landlock_list)
        static let execute = Rights(rawValue: hexi_landlock_execute)
        static let write = Rights(rawValue: hexi_landlock_write)
        /// Making and removing ordinary files and folders; never links, sockets, pipes or devices.
        static let make = Rights(rawValue: hexi_landlock_make)
    }

    /// 0 where the kernel has none: then nothing is forbidden by it, and `hexi doctor` says so.
    static let kernelVersion = Int(hexi_landlock_version())

    var rules: [Rule]
    var version = Landlock.kernelVersion

    /// The executable that puts up the fence and becomes the program named by its arguments.
    ///
    /// - Throws: `isolationUnavailable` where there are more rules, or longer paths, than it holds.
    func executable() throws(SandboxError) -> [UInt8] {
        let paths = rules.map { strdup($0.path) }
        defer { for path in paths { free(path) } }
        let entries = zip(paths, rules).map { hexi_confine_rule(path: UnsafePointer($0), access: $1.rights.rawValue) }
        let capacity = hexi_confine_capacity()
        let image = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
            count = hexi_confine_image(Int32(version), entries, entries.count, buffer.baseAddress, capacity)
        }
        guard !image.isEmpty else {
            throw .isolationUnavailable(
                reason: "the sandbox cannot be confined to its \(rules.count) files",
                remedy: "use x86-64 or 64-bit ARM, and fewer tables in one run")
        }
        return image
    }
}

extension Mount {
    /// What the process may do with it.
    var rule: Landlock.Rule {
        var status = stat()
        let isFolder = stat(source, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        var rights: Landlock.Rights = isFolder ? [.read, .list] : [.read]
        if isWritable { rights.formUnion(isFolder ? [.write, .make] : [.write]) }
        if isExecutable { rights.insert(.execute) }
        return Landlock.Rule(path: target, rights: rights)
    }
}
