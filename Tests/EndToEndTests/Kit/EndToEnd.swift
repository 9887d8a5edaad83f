import Testing

/// All tests that start programs run one after another: several nodes at once would measure each other's load.
@Suite(.serialized) enum EndToEnd {}
