import Credentials
import Encoding
import Exchange
import Foundation
import HTTPTransport
import Signing
import Testing

@testable import Node

@Suite struct CertificateTests {
    @Test("A certificate is a credential that the node's key signs; it names the entry that is on the ledger")
    func credential() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            let answer = try await stage.node.get("/api/v1/rights/\(right)/certificate")
            #expect(answer.headers["Content-Type"] == "application/vc+jwt")
            let keys = await stage.node.services.sequencer.read { $0.space?.nodeKeys ?? [] }
            let signed = try SignedCredential(answer.text)
            let key = try #require(keys.first { $0.keyIdentifier == signed.keyIdentifier })
            let credential = try signed.verify(with: key)
            try credential.checkTime(Clock.now())
            #expect(credential.types == ["RightCertificateCredential"])
            let claims = try RightClaims(subject: credential.subject)
            #expect(claims.number == right && claims.holder == stage.airport.identifier && claims.share == .one)
            let recorded = try stage.node.services.recorded(claims.entry.seq)
            #expect(recorded.event.type == .rightGranted && recorded.leafHash == claims.entry.leafHash)
            #expect(try await stage.certificate(right) == answer.text, "the same state gives the same certificate")
            #expect(try await stage.node.get("/api/v1/rights/\(RouteUnderTest.thing(.right))/certificate").status == 404)
            let waiting = try await stage.noticed()
            #expect(try await stage.node.get("/api/v1/rights/\(waiting)/certificate").code == "no-certificate")
        }
    }

    @Test("A certificate is no longer valid once the right has passed on, is frozen, or a letter of it was changed")
    func checkOfFiles() async throws {
        try await withRights { stage in
            let right = try await stage.granted()
            let certificate = try await stage.certificate(right)
            #expect(try await stage.check(certificate)["valid"] == true)
            #expect(try await stage.check(certificate + "\n")["valid"] == true)

            try await stage.record(.freeze(RightFreeze(right: right, reason: "Case 12")), by: stage.regulator.key)
            let frozen = try await stage.check(certificate)
            #expect(frozen["genuine"] == true && frozen["current"] == true && frozen["valid"] == false)
            try await stage.record(.unfreeze(RightUnfreeze(right: right, reason: "closed")), by: stage.regulator.key)
            #expect(try await stage.check(certificate)["valid"] == true)

            let parts = certificate.split(separator: ".").map(String.init)
            let forged = "\(parts[0]).\(parts[1].dropLast())\(parts[1].last == "A" ? "B" : "A").\(parts[2])"
            for text in [forged, "a.b.c", "x", String(repeating: ".", count: 1000), "\(parts[0])..\(parts[2])"] {
                let answer = try await stage.check(text)
                #expect(answer["genuine"] == false && answer["valid"] == false, "\(text.prefix(60)): \(answer)")
                #expect(answer["reason"]?.stringValue?.isEmpty == false)
            }
            try await stage.record(stage.transfer(right, to: stage.bureau), by: stage.airport.key, stage.bureau.key)
            let old = try await stage.check(certificate)
            #expect(old["genuine"] == true && old["current"] == false && old["valid"] == false)
            #expect(old["differs"]?.arrayValue?.contains("holder") == true)
            #expect(try await stage.check(try await stage.certificate(right))["valid"] == true)
        }
    }

    @Test("The status list sets the bits of what is frozen and of what holds no more, and of nothing else")
    func statusLists() async throws {
        try await withRights { stage in
            let (one, two) = (try await stage.granted(), try await stage.granted())
            let entries = try [SignedCredential(try await stage.certificate(one)).claimed.statuses, SignedCredential(try await stage.certificate(two)).claimed.statuses]
            func bits() async throws -> [[Bool?]] {
                var all: [[Bool?]] = []
                for statuses in entries {
                    var bits: [Bool?] = []
                    for entry in statuses {
                        let target = try #require(entry.list.split(separator: "/", maxSplits: 2).last.map { "/" + $0 })
                        let answer = try await stage.node.get(target)
                        #expect(answer.headers["Content-Type"] == "application/vc+jwt", "\(answer)")
                        let (list, purpose) = try SignedCredential(answer.text).claimed.statusList()
                        #expect(purpose == entry.purpose)
                        bits.append(list.isSet(entry.index))
                    }
                    all.append(bits)
                }
                return all
            }
            #expect(StatusPurpose.allCases == [.revocation, .suspension])
            #expect(try await bits() == [[false, false], [false, false]])
            try await stage.record(.freeze(RightFreeze(right: two, reason: "Case 12")), by: stage.regulator.key)
            #expect(try await bits() == [[false, false], [false, true]])
            try await stage.record(stage.transfer(one, to: stage.bureau), by: stage.airport.key, stage.bureau.key)
            #expect(try await bits() == [[true, false], [false, true]])
            for target in ["/status/rights/revocation/1", "/status/rights/gone/0", "/status/rights/revocation/-1", "/status/rights/revocation/00", "/status/rights/suspension/99999999999999999999"] {
                #expect(try await stage.node.get(target).status == 404, "\(target)")
            }
        }
    }

    @Test("A form hands in a certificate as a browser does: pasted, or as a file")
    func forms() async throws {
        try await withRights { stage in
            let certificate = try await stage.certificate(try await stage.granted())
            let boundary = "----WebKitFormBoundary7MA4"
            func part(_ name: String, _ content: String) -> String {
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(content)\r\n"
            }
            let bodies = [
                ("application/x-www-form-urlencoded", "certificate=\(certificate)"),
                ("multipart/form-data; boundary=\(boundary)", part("certificate", "") + part("file", certificate) + "--\(boundary)--\r\n"),
                ("multipart/form-data; boundary=\"\(boundary)\"", part("certificate", certificate) + part("file", "") + "--\(boundary)--\r\n"),
                ("text/plain", certificate),
            ]
            for (type, body) in bodies {
                var request = TestRequest("POST", "/verify")
                (request.body, request.contentType) = (Array(body.utf8), type)
                #expect(try await stage.node.send(request).json["valid"] == true, "\(type)")
            }
            for (type, body, status) in [
                ("application/x-www-form-urlencoded", "x=1", 400), ("multipart/form-data", "x", 400), ("image/png", "x", 415),
                ("multipart/form-data; boundary=\(boundary)", "--\(boundary)", 400), ("text/plain", String(repeating: "x", count: 97 << 10), 413),
            ] {
                var request = TestRequest("POST", "/verify")
                (request.body, request.contentType) = (Array(body.utf8), type)
                let answer = try await stage.node.send(request)
                #expect(answer.status == status && answer.problem != nil, "\(type): \(answer)")
            }
        }
    }
}
