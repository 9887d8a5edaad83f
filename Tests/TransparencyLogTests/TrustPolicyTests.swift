import Signing
import Testing
import TransparencyLog

/// The rules of C2SP tlog-policy for what a policy file may hold.
@Suite struct TrustPolicyTests {
    private func log(_ number: Int) throws -> String { try Witnessing.log(number).verifier.description }
    private func witness(_ number: Int) throws -> String { try Witnessing.cosigner(number).verifier.description }

    private func policy(_ text: String) throws -> TrustPolicy { try TrustPolicy(Array(text.utf8)) }

    /// Reads a file that must be refused, and returns why.
    private func error(_ bytes: [UInt8]) -> TrustPolicyError? {
        #expect(throws: TrustPolicyError.self) { try TrustPolicy(bytes) }
    }

    private func error(_ text: String) -> TrustPolicyError? { error(Array(text.utf8)) }

    @Test func theExampleOfTheSpecificationIsRead() throws {
        var text = "log \(try log(0))\n\n"
        for number in 1...6 { text += "witness \(number < 4 ? "X\(number)" : "Y\(number - 3)") \(try witness(number))\n" }
        text += "group X-witnesses 2 X1 X2 X3\ngroup Y-witnesses any Y1 Y2 Y3\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
        let policy = try policy(text)
        #expect(policy.logs.map(\.verifier) == [try Witnessing.log(0).verifier])
        #expect(policy.witnesses.map(\.name) == ["X1", "X2", "X3", "Y1", "Y2", "Y3"])
        #expect(policy.groups.map(\.threshold) == [2, 1, 2])
        #expect(policy.quorumName == "X-and-Y")
        for (cosigned, isReached) in [([0, 1, 3], true), ([0, 2, 5], true), ([0, 1], false), ([0, 3, 4, 5], false), ([], false)] {
            #expect(policy.isQuorumReached(cosignedBy: Set(cosigned)) == isReached, "\(cosigned)")
        }
    }

    @Test func whiteSpaceCommentsAndLinesAfterTheQuorumAreAllowed() throws {
        let policy = try policy(
            "\n \t \n# a comment with \u{4E2D}\u{6587}\n\t # another, quorum none\n\twitness  K \t\(try witness(1))\thttps://w.example/ \n"
                + "quorum K\n \tlog \(try log(0))   http://log.example\nlog \(try log(1))\nwitness late \(try witness(2))\n")
        #expect(policy.witnesses.map(\.url) == ["https://w.example/", nil])
        #expect(policy.logs.map(\.url) == ["http://log.example", nil])
        #expect(policy.quorum == .witness(0))
    }

    @Test func aPolicyWithoutWitnessesAndLogsIsOne() throws {
        let policy = try policy("quorum none\n")
        #expect(policy.quorum == nil)
        #expect(policy.isQuorumReached(cosignedBy: []))
    }

    @Test func theSameKeyMayServeALogAndAWitness() throws {
        let key = try Witnessing.key(5)
        let (log, witness) = (try NoteVerifier(name: "a", key: key.verificationKey), try CosignatureVerifier(name: "a", key: key.verificationKey))
        #expect(try policy("log \(log)\nwitness w \(witness)\nquorum w\n").witnesses.count == 1)
    }

    @Test func namesAreOctets() throws {
        // An ASCII K, the Kelvin sign that Unicode holds equal to it, a composed and a decomposed letter, and no UTF-8.
        let names: [[UInt8]] = [[0x4B], [0xE2, 0x84, 0xAA], [0xC3, 0xA9], [0x65, 0xCC, 0x81], [0xFF], [0xFE, 0x80]]
        var bytes: [UInt8] = []
        for (number, name) in names.enumerated() {
            bytes += Array("witness ".utf8) + name + Array(" \(try witness(number + 1))\n".utf8)
        }
        bytes += Array("group all all ".utf8) + names.joined(separator: [0x20]) + Array("\nquorum all\n".utf8)
        let policy = try TrustPolicy(bytes)
        #expect(policy.witnesses.count == 6)
        #expect(!policy.isQuorumReached(cosignedBy: [0, 1, 2, 3, 4]))
        #expect(policy.isQuorumReached(cosignedBy: [0, 1, 2, 3, 4, 5]))
        let other = Array("witness K \(try witness(1))\nquorum ".utf8) + [0xE2, 0x84, 0xAA, 0x0A]
        #expect(error(other)?.line == 2)
    }

    @Test func urlsThatAreNotUTF8ArePercentEncoded() throws {
        let bytes = Array("log \(try log(0)) http://a/".utf8) + [0xFF, 0x0A] + Array("quorum none\n".utf8)
        #expect(try TrustPolicy(bytes).logs.first?.url == "http://a/%FF")
    }

    @Test func onlyTheAllowedOctetsAreRead() throws {
        for octet in UInt8.min...UInt8.max {
            let bytes = Array("quorum none\n# ".utf8) + [octet] + Array("\n".utf8)
            if octet == 0x09 || octet == 0x0A || (0x20...0x7E).contains(octet) || octet >= 0x80 {
                #expect(throws: Never.self) { try TrustPolicy(bytes) }
            } else {
                #expect(error(bytes)?.line == 2, "octet \(octet)")
            }
        }
    }

    @Test func everyBrokenRuleIsNamedWithItsLine() throws {
        let (l, w, v) = (try log(0), try witness(1), try witness(2))
        let cases: [(text: String, line: Int, word: String)] = [
            ("", 1, "quorum"), ("# only\n", 1, "quorum"), ("log \(l)\n\nwitness a \(w)\n", 3, "quorum"),
            ("quorum none", 1, "cut off"), ("quorum none\n ", 2, "cut off"),
            ("quorum none\nquorum none\n", 2, "line 1"), ("quorum\n", 1, "quorum NAME"), ("quorum none none\n", 1, "quorum NAME"),
            ("quorum a\nwitness a \(w)\n", 1, "earlier line"), ("quorum none # no\n", 1, "quorum NAME"),
            ("policy x\nquorum none\n", 1, "policy"), ("Log \(l)\nquorum none\n", 1, "Log"), ("quorum none\r\n", 1, "0x0d"),
            ("log\nquorum none\n", 1, "log VKEY"), ("log \(l) u #c\nquorum none\n", 1, "log VKEY"),
            ("log \(w)\nquorum none\n", 1, "0x01"), ("log x+y\nquorum none\n", 1, "verifier key"),
            ("log \(l)\n\n log \(l) u\nquorum none\n", 3, "line 1"),
            ("witness a\nquorum none\n", 1, "witness NAME"), ("witness a \(w) u x\nquorum none\n", 1, "witness NAME"),
            ("witness a \(l)\nquorum none\n", 1, "0x04"), ("witness none \(w)\nquorum none\n", 1, "reserved"),
            ("witness a \(w)\nwitness b \(w)\nquorum a\n", 2, "line 1"), ("witness a \(w)\nwitness a \(v)\nquorum a\n", 2, "line 1"),
            ("witness a \(w)\ngroup a any a\nquorum a\n", 2, "line 1"), ("witness a \(w)\ngroup none any a\nquorum a\n", 2, "reserved"),
            ("group g any\nquorum none\n", 1, "at least one"), ("group g any g\nquorum g\n", 1, "earlier line"),
            ("group g any a\nwitness a \(w)\nquorum g\n", 1, "earlier line"), ("group g any none\nquorum g\n", 1, "earlier line"),
            ("witness a \(w)\nwitness b \(v)\ngroup g any a b a\nquorum g\n", 3, "at most once"),
            ("witness a \(w)\nwitness b \(v)\ngroup g any a b\ngroup h any b\nquorum g\n", 4, "line 3"),
            ("witness a \(w)\ngroup g any a\ngroup h any g\ngroup i any g\nquorum i\n", 4, "line 3"),
        ]
        for (text, line, word) in cases {
            let error = error(text)
            #expect(error?.line == line, "\(text)")
            #expect(error?.description.contains(word) == true, "\(text): \(error?.description ?? "")")
        }
    }

    @Test func aDuplicateIsFoundByThePublicKeyWhateverItsName() throws {
        let key = try Witnessing.key(7).verificationKey
        let logs = try ["a", "b"].map { "log \(try NoteVerifier(name: $0, key: key))\n" }.joined()
        #expect(error(logs + "quorum none\n")?.line == 2)
        let witnesses = try ["a", "b"].map { "witness \($0) \(try CosignatureVerifier(name: $0, key: key))\n" }.joined()
        #expect(error(witnesses + "quorum none\n")?.line == 2)
    }

    @Test func thresholdsAreFromOneToTheNumberOfMembers() throws {
        let witnesses = try (1...3).map { "witness w\($0) \(try witness($0))\n" }.joined()
        for (text, threshold) in [("any", 1), ("all", 3), ("1", 1), ("2", 2), ("3", 3)] {
            #expect(try policy(witnesses + "group g \(text) w1 w2 w3\nquorum g\n").groups.first?.threshold == threshold)
        }
        for text in ["0", "4", "-1", "+1", "01", "1.0", "0x1", "ALL", "\u{FF11}", "99999999999999999999", "w1"] {
            #expect(error(witnesses + "group g \(text) w1 w2 w3\nquorum g\n")?.line == 4, "\(text)")
        }
    }

    @Test func aThousandOfEachAreReadAndNoMore() throws {
        // A verifier key takes about a hundred bytes, so the length limits logs and witnesses first; groups it does not.
        func chain(_ count: Int) throws -> String {
            var text = "witness w \(try witness(1))\n"
            for number in 1...count { text += "group g\(number) any \(number == 1 ? "w" : "g\(number - 1)")\n" }
            return text + "quorum g\(count)\n"
        }
        let policy = try policy(try chain(1000))
        #expect(policy.isQuorumReached(cosignedBy: [0]))
        #expect(!policy.isQuorumReached(cosignedBy: []))
        #expect(error(try chain(1001))?.line == 1002)
        let many = try (1...400).map { "log \(try log($0))\nwitness w\($0) \(try witness($0))\n" }.joined()
        #expect(try self.policy(many + "quorum none\n").witnesses.count == 400)
    }

    @Test func aFileThatIsTooLongIsRefused() throws {
        let comment = "#" + String(repeating: "x", count: 1022) + "\n"
        let full = String(repeating: comment, count: 63) + "#" + String(repeating: "x", count: 1010) + "\nquorum none\n"
        #expect(full.utf8.count == TrustPolicy.maximumLength)
        #expect(throws: Never.self) { try policy(full) }
        #expect(error("\n" + full)?.line == 66)
    }

    @Test func noChangedOctetOfAPolicyIsAcceptedAsTheSamePolicy() throws {
        let text = "log \(try log(0))\nwitness a \(try witness(1))\nwitness b \(try witness(2))\ngroup g 2 a b\nquorum g\n"
        let original = try policy(text)
        var bytes = Array(text.utf8)
        for place in bytes.indices where bytes[place] != 0x20 {
            for mask: UInt8 in [1, 2, 8, 0x20, 0x80] {
                bytes[place] ^= mask
                // A change makes another policy (another name, threshold or key) or none.
                if let changed = try? TrustPolicy(bytes) { #expect(changed != original, "byte \(place)") }
                bytes[place] ^= mask
            }
        }
    }
}
