/// A text of SQL whose parameters are still open.
///
/// A parameter stands as its position between two control characters, which no identifier, constant or function name of a
/// written query contains.
enum SQLTemplate {
    static func placeholder(_ index: Int) -> String { "\u{1}\(index)\u{2}" }

    /// Replaces every placeholder.
    static func replacing(_ text: String, _ replacement: (Int) -> String) -> String {
        guard text.utf8.contains(1) else { return text }
        var result = ""
        var rest = text.unicodeScalars[...]
        while let start = rest.firstIndex(of: "\u{1}") {
            result.unicodeScalars.append(contentsOf: rest[..<start])
            let tail = rest[rest.index(after: start)...]
            guard let end = tail.firstIndex(of: "\u{2}") else { break }
            result += replacement(Int(String(tail[..<end])) ?? 0)
            rest = tail[tail.index(after: end)...]
        }
        result.unicodeScalars.append(contentsOf: rest)
        return result
    }

    /// With the parameters' values, each as a constant of its type.
    static func bound(_ text: String, _ parameters: [QueryParameter], _ values: [String: ParameterValue]) -> String {
        replacing(text) { index in
            guard parameters.indices.contains(index), let value = values[foldedName(parameters[index].name)] else { return "NULL" }
            return "TRY_CAST(\(SQLWriter.text(value.text)) AS \(value.typeName))"
        }
    }

    /// As a person reads it and as it is hashed: `$name`.
    static func named(_ text: String, _ parameters: [QueryParameter]) -> String {
        replacing(text) { parameters.indices.contains($0) ? "$" + parameters[$0].name : "$?" }
    }
}
