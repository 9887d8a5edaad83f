/// Reads a tar archive in memory (POSIX.1-1988 ustar): ordinary files and folders, nothing else.
///
/// Archives come from buyers, so every header is checked: links, devices, absolute or climbing paths, names that come twice,
/// and extensions that rename or resize are refused.
struct TarReader {
    struct Entry: Sendable, Hashable {
        /// Relative, its parts joined by "/".
        var path: String
        var isExecutable: Bool
        var bytes: ArraySlice<UInt8>
    }

    static let maximumFiles = 1000
    static let maximumPathBytes = 200
    static let maximumDepth = 8
    private static let block = 512

    /// Whether it begins like an archive of this kind.
    static func isArchive(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 2 * block && bytes[257..<262].elementsEqual("ustar".utf8)
    }

    /// - Throws: `bundleRefused` with what is wrong and where.
    static func files(in archive: [UInt8]) throws(ProgramFailure) -> [Entry] {
        var entries: [Entry] = []
        var seen: Set<String> = []
        var position = 0
        while position + block <= archive.count {
            let header = archive[position..<position + block]
            // Two empty blocks end an archive; one is enough to stop.
            if header.allSatisfy({ $0 == 0 }) { return entries }
            let place = "at byte \(position)"
            try checkSum(header, place)
            let size = try octal(header, 124, 12, "size", place)
            position += block
            guard size <= archive.count - position else { throw .bundleRefused("a file \(place) is longer than the archive") }
            let content = archive[position..<position + size]
            position += (size + block - 1) / block * block
            switch header[header.startIndex + 156] {
            case UInt8(ascii: "0"), 0:
                let path = try checkedPath(name(header), place)
                guard seen.insert(path).inserted else { throw .bundleRefused("\"\(path)\" comes twice") }
                guard seen.count <= maximumFiles else { throw .bundleRefused("there are more than \(maximumFiles) files") }
                entries.append(Entry(path: path, isExecutable: try octal(header, 100, 8, "mode", place) & 0o100 != 0, bytes: content))
            case UInt8(ascii: "5"):
                let folder = name(header)
                guard ["./", "."].contains(folder) == false else { continue }
                _ = try checkedPath(folder.hasSuffix("/") ? String(folder.dropLast()) : folder, place)
            case UInt8(ascii: "x"), UInt8(ascii: "g"): try checkExtension(content, place)
            case let kind:
                throw .bundleRefused(
                    "the entry \(place) is neither a file nor a folder (type \(kind)); make the archive with tar --format=ustar --dereference")
            }
        }
        throw .bundleRefused("the archive has no end")
    }

    /// The sum of all bytes, with spaces in place of the sum itself.
    private static func checkSum(_ header: ArraySlice<UInt8>, _ place: String) throws(ProgramFailure) {
        let start = header.startIndex
        let field = start + 148..<start + 156
        let sum = header.indices.reduce(0) { $0 + (field.contains($1) ? 32 : Int(header[$1])) }
        guard try octal(header, 148, 8, "checksum", place) == sum else { throw .bundleRefused("the header \(place) has a wrong checksum") }
    }

    private static func octal(
        _ header: ArraySlice<UInt8>, _ offset: Int, _ count: Int, _ what: String, _ place: String
    ) throws(ProgramFailure) -> Int {
        let field = header.dropFirst(offset).prefix(count)
        let digits = field.drop { $0 == 32 }.prefix { $0 != 0 && $0 != 32 }
        guard !digits.isEmpty, digits.count <= 11, digits.allSatisfy({ (0x30...0x37).contains($0) }) else {
            throw .bundleRefused("the \(what) \(place) is no octal number")
        }
        return digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }
    }

    private static func name(_ header: ArraySlice<UInt8>) -> String {
        func text(_ offset: Int, _ count: Int) -> String {
            String(decoding: header.dropFirst(offset).prefix(count).prefix { $0 != 0 }, as: UTF8.self)
        }
        let (name, prefix) = (text(0, 100), text(345, 155))
        return prefix.isEmpty ? name : prefix + "/" + name
    }

    /// pax records are "length key=value\n". Times and comments change nothing; a path, size or link would.
    private static func checkExtension(_ content: ArraySlice<UInt8>, _ place: String) throws(ProgramFailure) {
        for line in content.split(separator: 0x0A) {
            let words = String(decoding: line, as: UTF8.self).split(separator: " ", maxSplits: 1)
            let key = words.count == 2 ? words[1].prefix { $0 != "=" } : ""
            guard ["mtime", "atime", "ctime", "comment", "uname", "gname", "uid", "gid"].contains(key) else {
                throw .bundleRefused("the extension \(place) sets \"\(key.prefix(40))\"; make the archive with tar --format=ustar")
            }
        }
    }

    /// Letters, digits and "._-" in each part, no part that begins with a dot, so nothing climbs and nothing hides.
    static func checkedPath(_ path: String, _ place: String) throws(ProgramFailure) -> String {
        let relative = path.hasPrefix("./") ? path.dropFirst(2) : path[...]
        let parts = relative.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && part.first != "."
                && part.utf8.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                    default: false
                    }
                }
        }
        guard isPlain, relative.utf8.count <= maximumPathBytes, parts.count <= maximumDepth else {
            throw .bundleRefused(
                "the path \"\(path.prefix(80))\" \(place) is not allowed: use folders and names of ASCII letters, digits, \".\", \"_\" and \"-\", "
                    + "at most \(maximumDepth) deep, none beginning with a dot")
        }
        return String(relative)
    }
}
