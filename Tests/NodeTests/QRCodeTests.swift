import Foundation
import Testing

@testable import Node

@Suite struct QRCodeTests {
    /// The code as a picture of four dots for each module (PGM, netpbm's plain grey map).
    static func picture(_ code: QRCode) -> Data {
        let scale = 4
        let side = (code.width + 2 * QRCode.quietZone) * scale
        var bytes = Array("P5\n\(side) \(side)\n255\n".utf8)
        for y in 0..<side {
            for x in 0..<side {
                let isDark = code.isDark(row: y / scale - QRCode.quietZone, column: x / scale - QRCode.quietZone)
                bytes.append(isDark ? 0 : 255)
            }
        }
        return Data(bytes)
    }

    /// What another program (zbarimg, which ops/setup installs) reads off the code.
    static func readBack(_ code: QRCode) throws -> String {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("hexi-qr-\(UUID().uuidString).pgm")
        defer { try? FileManager.default.removeItem(at: file) }
        try picture(code).write(to: file)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["zbarimg", "--quiet", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable", file.path]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    @Test(
        "Another program reads off the code what was written",
        arguments: [
            "A", "https://node.example/verify/86.gs.qingyang/T0123456789ABCDEFGHJKMNPQRSX",
            "http://[::1]:8620/verify/86.gs.qingyang/T0123456789ABCDEFGHJKMNPQRSX?lang=zh", String(repeating: "x9", count: 300),
        ])
    func readsBack(_ text: String) throws {
        let code = try #require(QRCode(text))
        #expect(try Self.readBack(code) == text)
    }

    @Test("The SVG path draws exactly the dark modules")
    func pathDrawsTheMatrix() throws {
        let code = try #require(QRCode("https://node.example/verify/1"))
        var drawn = Set<[Int]>()
        for part in code.pathData.split(separator: "z") {
            let pieces = part.dropFirst().split(whereSeparator: { " hv".contains($0) }).compactMap { Int($0) }
            let (x, y, length) = (pieces[0], pieces[1], pieces[2])
            #expect(part == "M\(x) \(y)h\(length)v1h-\(length)")
            for column in x..<(x + length) { drawn.insert([y - QRCode.quietZone, column - QRCode.quietZone]) }
        }
        var dark = Set<[Int]>()
        for row in 0..<code.width { for column in 0..<code.width where code.isDark(row: row, column: column) { dark.insert([row, column]) } }
        #expect(drawn == dark)
        // The finder pattern in the corner (ISO/IEC 18004, 6.3.3.1): a ring of seven.
        for index in 0..<7 { #expect(code.isDark(row: 0, column: index) && code.isDark(row: index, column: 0)) }
        for index in 1..<6 { #expect(!code.isDark(row: 1, column: index) && !code.isDark(row: 7, column: index)) }
    }

    @Test("What no code can hold gives none")
    func refusals() {
        #expect(QRCode("") == nil)
        #expect(QRCode("a\0b") == nil)
        #expect(QRCode(String(repeating: "a", count: QRCode.maximumCount + 1)) == nil)
        #expect(QRCode(String(repeating: "a", count: QRCode.maximumCount)) != nil)
    }
}
