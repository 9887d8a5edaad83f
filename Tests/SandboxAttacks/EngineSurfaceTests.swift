import Testing

@testable import Sandbox

@Suite struct EngineSurfaceTests {
    @Test func `the list of functions is for one version of the engine`() {
        #expect(FunctionCatalog.standard.engine.hasPrefix("DuckDB "))
    }
}
