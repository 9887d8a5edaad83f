import CQRencode

/// A text as a QR code (ISO/IEC 18004), made by libqrencode.
///
/// Error correction is level M, which reads through 15 % of damage: enough for a printed page, and the code stays small.
struct QRCode: Sendable, Hashable {
    /// Modules that stay light around the code, as the standard asks for.
    static let quietZone = 4
    /// A text that is longer needs a code too fine to read off paper, in bytes.
    static let maximumCount = 1024

    /// Modules along one side, 21 to 177.
    let width: Int
    /// Row by row, whether a module is dark.
    private let modules: [Bool]

    /// - Returns: `nil` for a text that is empty, too long, or has a NUL.
    init?(_ text: String) {
        let bytes = Array(text.utf8)
        guard (1...Self.maximumCount).contains(bytes.count), !bytes.contains(0) else { return nil }
        // The library picks the smallest version that holds the text.
        guard let code = QRcode_encodeData(Int32(bytes.count), bytes, 0, QR_ECLEVEL_M) else { return nil }
        defer { QRcode_free(code) }
        let side = Int(code.pointee.width)
        guard (21...177).contains(side), let data = code.pointee.data else { return nil }
        width = side
        modules = UnsafeBufferPointer(start: data, count: side * side).map { $0 & 1 == 1 }
    }

    func isDark(row: Int, column: Int) -> Bool {
        guard (0..<width).contains(row), (0..<width).contains(column) else { return false }
        return modules[row * width + column]
    }

    /// The dark modules as the data of one SVG path, a unit for each module, the quiet zone included.
    var pathData: String {
        var data = ""
        for row in 0..<width {
            var column = 0
            while column < width {
                guard isDark(row: row, column: column) else { column += 1; continue }
                let start = column
                while column < width, isDark(row: row, column: column) { column += 1 }
                data += "M\(start + Self.quietZone) \(row + Self.quietZone)h\(column - start)v1h-\(column - start)z"
            }
        }
        return data
    }

    /// The code as an SVG element that grows with what it stands in.
    ///
    /// - Parameter label: markup-free words for readers who cannot see it; already escaped.
    func svg(label: String) -> String {
        let side = width + 2 * Self.quietZone
        return """
            <svg xmlns="http://www.w3.org/2000/svg" class="qr" role="img" aria-label="\(label)" viewBox="0 0 \(side) \(side)" \
            shape-rendering="crispEdges"><rect width="\(side)" height="\(side)" fill="#fff"/>\
            <path d="\(pathData)" fill="#000"/></svg>
            """
    }
}
