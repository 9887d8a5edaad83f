import Encoding

/// The only place where the commands call the node itself.
enum NodeEntryPoints {
    static func initialise(_ settings: NodeSettings) async throws -> Profile { Profile(directory: "", node: "", space: "", name: "") }
    static func serve(_ directory: String) async throws {}
    static func examine(_ directory: String?) async throws -> [Finding] { [] }
}
