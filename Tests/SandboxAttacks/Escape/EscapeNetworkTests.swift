// Family: network. Source: socket(2) and address_families(7); abstract sockets, unix(7), as in CVE-2020-15257 (containerd-shim).
import Foundation
import SandboxTestKit
import Testing

@testable import Sandbox

@Suite struct EscapeNetworkTests {
    /// Every address family that Linux has had, and the kinds of sockets that say something of their own.
    static let sockets = (0...45).map { Escape("family \($0)", "socket", String($0), "2") }
        + [
            Escape("stream", "socket", "2", "1"), Escape("raw", "socket", "2", "3"), Escape("stream 6", "socket", "10", "1"),
            Escape("packet", "socket", "17", "3"), Escape("seqpacket", "socket", "1", "5"), Escape("netlink route", "socket", "16", "3"),
            Escape("pair", "socketpair"), Escape("the node itself", "connect", "8080"), Escape("DNS by TCP", "connect", "53"),
            Escape("X11 by abstract name", "abstract", "/tmp/.X11-unix/X0"), Escape("containerd by abstract name", "abstract", "/containerd-shim/x/shim.sock"),
            Escape("D-Bus by abstract name", "abstract", "/tmp/dbus-x"),
        ]

    static let batch = EscapeBatch(sockets)

    @Test(arguments: sockets, EscapeSandbox.allCases)
    func noSocketOfAnyKindCanBeMade(escape: Escape, sandbox: EscapeSandbox) async throws {
        #expect(try await Self.batch.answer(escape, in: sandbox) == "held EPERM")
    }

    @Test(arguments: [["socket", "2", "1"], ["socket", "1", "1"], ["socketpair"], ["socket", "16", "3"]])
    func outsideTheSandboxTheAttemptSucceeds(words: [String]) async throws {
        #expect(try await EscapeSandbox.outside(words) == "ESCAPED")
    }
}
