import Encoding
import Exchange
import Signing

@testable import Node

/// What can be wrong with a body whatever it says.
enum BodyFault {
    typealias Fault = (what: String, change: (inout TestRequest) -> Void, statuses: Set<Int>, mention: String)

    static func all(_ route: RouteUnderTest) -> [Fault] {
        switch route.body {
        case .none: [("a body where none belongs", { $0.body = Array("{}".utf8) }, [400], "body")]
        case .file:
            [
                ("no body", { $0.body = nil }, [400], "body"),
                ("a body that is no table", { $0.body = [0xFF, 0x00, 0xFE] }, [422], ""),
            ]
        // This node is no witness; one that is has tests of its own.
        case .text: [("too long a text", { $0.body = [UInt8](repeating: 0x0A, count: (128 << 10) + 1) }, [413], "bytes")]
        case .bytes: [("no body", { $0.body = nil }, [400], "body"), ("other bytes", { $0.body = [1] }, [404], route.pattern.contains("evidence") ? "evidence" : "program")]
        case .statement, .draft: json(route)
        }
    }

    private static func json(_ route: RouteUnderTest) -> [Fault] {
        func text(_ text: String) -> (inout TestRequest) -> Void { { $0.body = Array(text.utf8) } }
        let nested = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        let long = "{\"statement\":\"" + String(repeating: "x", count: route.maximumBody) + "\"}"
        var faults: [Fault] = [
            ("no body", { $0.body = nil }, [400], "body"),
            ("not JSON", text("hello"), [400], "JSON"), ("half a document", text("{\"statement\":"), [400], "JSON"),
            ("two documents", text("{} {}"), [400], ""), ("a member twice", text("{\"statement\":1,\"statement\":1}"), [400], "statement"),
            ("bad UTF-8", { $0.body = Array("{\"statement\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8) }, [400], "0xc3"),
            ("half a surrogate", text("{\"statement\":\"\\ud800\"}"), [400], ""), ("deep nesting", text(nested), [400], ""),
            ("deep nesting in a member", text("{\"statement\":\(nested)}"), [400], ""), ("too long", text(long), [413], "bytes"),
            ("an array", text("[]"), [400], ""), ("a string", text("\"x\""), [400], ""), ("null", text("null"), [400], ""),
            ("a huge number", text("{\"statement\":1e999999}"), [400], ""),
            ("text/plain", { $0.contentType = "text/plain" }, [415], "Content-Type"),
            ("a form", { $0.contentType = "application/x-www-form-urlencoded" }, [415], "Content-Type"),
        ]
        guard case .statement = route.body else { return faults }
        faults += [
            ("no member", text("{}"), [400], "statement"), ("an unknown member", text("{\"statement\":\"x\",\"zzz\":1}"), [400], "zzz"),
            ("a number for a statement", text("{\"statement\":1}"), [400], "JWS"), ("null for a statement", text("{\"statement\":null}"), [400], "statement"),
            ("no JWS", text("{\"statement\":\"a.b\"}"), [400], "JWS"), ("an empty JWS", text("{\"statement\":\"..\"}"), [400], "JWS"),
            ("an empty general JWS", text("{\"statement\":{\"payload\":\"\",\"signatures\":[]}}"), [400], "JWS"),
        ]
        return faults
    }
}

/// Statements that are signed by the right key but say something wrong.
struct StatementFault {
    var what: String
    var statement: JSONValue
    var statuses: Set<Int> = [400]
    var mention: String
    var status: Set<Int> { statuses }

    static func all(_ kind: StatementKind, _ content: StatementContent, signer: SigningKey) throws -> [StatementFault] {
        let sound = content.payload(space: TestNode.prefix, issuedAt: Clock.now(), nonce: Nonce.make())
        guard case .object(let object) = try JSONValue.parse(sound) else { return [] }
        // The kind's own form with one signature.
        let form = try TestNode.sign(content, by: signer).json.objectValue != nil
        func sign(_ document: JSONValue, _ type: String = kind.mediaType, general: Bool = form, _ key: SigningKey = signer) -> JSONValue {
            let payload = document.serialized()
            return general
                ? GeneralJWS.sign(payload: payload, type: type, key: key).json
                : .string(JWS.sign(payload: payload, type: type, key: key))
        }
        // Every section of a policy may be left out.
        let optional = kind == .spacePolicy ? Set(content.policySections) : []
        var faults = memberFaults(object, optional: optional) { sign(.object($0)) }
        func changed(_ name: String, _ value: JSONValue) -> JSONObject {
            var copy = object
            copy[name] = value
            return copy
        }
        let time = Clock.now()
        for (what, hours) in [("too old", -2.0), ("from the future", 2.0)] {
            let issued = time.advanced(byMilliseconds: Int64(hours * 3_600_000))
            faults.append(
                StatementFault(what: what, statement: sign(.object(changed("issuedAt", .string(issued.description)))), mention: "/issuedAt"))
        }
        let otherKind: StatementKind = kind == .runRequest ? .queryDecision : .runRequest
        let other = SigningKey.generate()
        faults += [
            StatementFault(what: "for another space", statement: sign(.object(changed("space", "86.gs.other"))), mention: "/space"),
            StatementFault(what: "of another type", statement: sign(.object(object), otherKind.mediaType), mention: ""),
            StatementFault(what: "of an unknown type", statement: sign(.object(object), "hexi-zzz+jws"), mention: "zzz"),
            StatementFault(what: "by an unknown key", statement: sign(.object(object), kind.mediaType, other), statuses: [400, 401, 422], mention: ""),
            StatementFault(what: "an array", statement: sign([]), mention: ""),
            StatementFault(what: "not what was signed", statement: tampered(sign(.object(object))), statuses: [400, 401], mention: "signature"),
        ]
        // The operator's statements may come in either form.
        let inTheOtherForm = sign(.object(object), general: !form)
        if (try? SignedStatement(inTheOtherForm)) == nil {
            faults.append(StatementFault(what: "in the other form", statement: inTheOtherForm, mention: "form"))
        }
        return faults
    }

    /// Every member missing, of each wrong type, too long; and one member too many.
    private static func memberFaults(_ object: JSONObject, optional: Set<String>, _ sign: (JSONObject) -> JSONValue) -> [StatementFault] {
        var faults: [StatementFault] = []
        for member in object.members {
            var values: [(String, JSONValue?)] = [("null", .null), ("a fraction", .number(1.5))]
            if member.value.boolValue == nil { values.append(("true", .bool(true))) }
            if member.value.stringValue == nil { values.append(("a text", "x")) } else { values.append(("nothing", "")) }
            if member.value.arrayValue == nil { values.append(("an array", [1])) }
            if member.value.objectValue == nil { values.append(("an object", ["x": 1])) }
            if member.value.stringValue != nil { values.append(("too long", .string(String(repeating: "é", count: 20_000)))) }
            // A reason and notes may be empty, and a product may have no parent.
            if ["reason", "notes"].contains(member.name) { values.removeAll { $0.0 == "nothing" } }
            // A statement may name no evidence.
            if member.name != "evidence" { values.append(("missing", nil)) }
            if optional.contains(member.name) { values.removeAll { $0.1 == nil || $0.1 == .null } }
            for (what, value) in values {
                var changed = object
                changed[member.name] = value
                faults.append(StatementFault(what: "\(member.name) is \(what)", statement: sign(changed), mention: member.name))
            }
        }
        var changed = object
        changed["zzz"] = 1
        faults.append(StatementFault(what: "an unknown member", statement: sign(changed), mention: "zzz"))
        return faults
    }

    /// One bit of the signature is another.
    private static func tampered(_ statement: JSONValue) -> JSONValue {
        func flip(_ text: String) -> String { (text.first == "A" ? "B" : "A") + text.dropFirst() }
        if let text = statement.stringValue, let dot = text.lastIndex(of: ".") {
            return .string(text[...dot] + flip(String(text[text.index(after: dot)...])))
        }
        guard var object = statement.objectValue, var signature = object["signatures"]?[0]?.objectValue else { return .null }
        signature["signature"] = .string(flip(signature["signature"]?.stringValue ?? ""))
        object["signatures"] = .array([.object(signature)])
        return .object(object)
    }
}

extension StatementContent {
    var policySections: [String] {
        if case .spacePolicy(let policy) = self { policy.members.map(\.0) } else { [] }
    }
}
