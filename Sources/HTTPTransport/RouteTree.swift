/// The routes by path segment. Nodes refer to each other by index, so the tree is a plain value.
struct RouteTree: Sendable {
    enum Match {
        case found(Route, [(name: String, value: String)])
        /// The path is known, but not with this method; the methods it is known with, sorted.
        case otherMethods([String])
        case nothing
    }

    private struct Node {
        var literals: [String: Int] = [:]
        var open: Int?
        /// Routes that end here, by method, with the names of the open parts on the way.
        var routes: [String: (route: Route, names: [String])] = [:]
        /// Routes that take whatever follows, one segment or more.
        var rest: [String: (route: Route, names: [String])] = [:]
    }

    private var nodes = [Node()]
    private(set) var allMethods: [String] = []

    mutating func add(_ method: String, _ pattern: String, _ route: Route) {
        precondition(pattern.hasPrefix("/"), "the pattern \(pattern) must start with /")
        var node = 0
        var names: [String] = []
        var takesRest = false
        for segment in pattern.split(separator: "/").map(String.init) {
            precondition(!takesRest, "{name...} must be the last segment of \(pattern)")
            if segment.hasPrefix("{"), segment.hasSuffix("...}") {
                names.append(String(segment.dropFirst().dropLast(4)))
                takesRest = true
            } else if segment.hasPrefix("{"), segment.hasSuffix("}") {
                names.append(String(segment.dropFirst().dropLast()))
                node = openChild(of: node)
            } else {
                node = literalChild(of: node, segment)
            }
        }
        let existing = takesRest ? nodes[node].rest[method] : nodes[node].routes[method]
        precondition(existing == nil, "\(method) \(pattern) is there already")
        if takesRest { nodes[node].rest[method] = (route, names) } else { nodes[node].routes[method] = (route, names) }
        allMethods = Self.allowed(Set(allMethods).union([method]))
    }

    private mutating func openChild(of node: Int) -> Int {
        if let child = nodes[node].open { return child }
        nodes.append(Node())
        nodes[node].open = nodes.count - 1
        return nodes.count - 1
    }

    private mutating func literalChild(of node: Int, _ segment: String) -> Int {
        if let child = nodes[node].literals[segment] { return child }
        nodes.append(Node())
        nodes[node].literals[segment] = nodes.count - 1
        return nodes.count - 1
    }

    func find(_ method: String, _ segments: [String]) -> Match {
        var search = Search(method: method, segments: segments)
        if let found = descend(0, 0, [], &search) { return found }
        return search.otherMethods.isEmpty ? .nothing : .otherMethods(Self.allowed(search.otherMethods))
    }

    private struct Search {
        var method: String
        var segments: [String]
        var otherMethods: Set<String> = []
    }

    /// Depth first, literal before open before rest. The depth is bounded by the patterns, not by the request's path.
    private func descend(_ node: Int, _ depth: Int, _ values: [String], _ search: inout Search) -> Match? {
        let node = nodes[node]
        guard depth < search.segments.count else { return select(node.routes, values, &search) }
        let segment = search.segments[depth]
        if let child = node.literals[segment], let found = descend(child, depth + 1, values, &search) { return found }
        if let child = node.open, let found = descend(child, depth + 1, values + [segment], &search) { return found }
        if node.rest.isEmpty { return nil }
        return select(node.rest, values + [search.segments[depth...].joined(separator: "/")], &search)
    }

    private func select(
        _ routes: [String: (route: Route, names: [String])], _ values: [String], _ search: inout Search
    ) -> Match? {
        let exact = routes[search.method] ?? (search.method == "HEAD" ? routes["GET"] : nil)
        guard let (route, names) = exact else {
            search.otherMethods.formUnion(routes.keys)
            return nil
        }
        return .found(route, zip(names, values).map { ($0, $1) })
    }

    private static func allowed(_ methods: Set<String>) -> [String] {
        methods.union(methods.contains("GET") ? ["HEAD", "OPTIONS"] : ["OPTIONS"]).sorted()
    }
}
