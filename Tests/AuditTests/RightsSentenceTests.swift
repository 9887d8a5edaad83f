import Encoding
import Exchange
import ExchangeTestKit
import Testing

@testable import Audit

@Suite struct RightsSentenceTests {
    private static func sentences(_ story: RightsStory) throws -> [(type: EventType, text: String, state: ExchangeState)] {
        var state = ExchangeState()
        return try story.fixture.lines.map { line in
            let entry = try LedgerEntry(line)
            try state.replay(entry)
            return (entry.event.type, EntrySentence(entry, after: state).text, state)
        }
    }

    @Test func everySentenceAboutARightSaysWhoDidWhat() throws {
        let story = try RightsStory()
        let sentences = try Self.sentences(story)
        func text(_ type: EventType) throws -> String { try #require(sentences.first { $0.type == type }?.text) }
        for (type, text, _) in sentences where EventType.ofRights.contains(type) {
            #expect(["Airport (P…", "气象局 (P…", "Regulator (P…", "the operator "].contains { text.hasPrefix($0) }, "\(text)")
            #expect(!text.contains("\n") && !text.contains("  "), "\(text)")
        }
        #expect(try text(.rightApplied).contains("an exclusive right of holding over"))
        #expect(try text(.rightNoticed).contains("its public notice ends at"))
        #expect(try text(.rightObjected).contains("better-right"))
        #expect(try text(.rightGranted).contains("a right of holding over"))
        #expect(try text(.rightTransferred).contains("to 气象局 (P…"))
        #expect(try text(.rightDivided).contains("into 2 parts: 1/3 to 气象局 (P…"))
        #expect(try text(.rightMerged).contains("share 1/1"))
        #expect(try text(.rightPledged).contains("CNY"))
    }

    @Test func aRightHasANameAndSaysHowItStands() throws {
        let story = try RightsStory()
        let sentences = try Self.sentences(story)
        let granted = try #require(sentences.first { $0.type == .rightGranted }?.state)
        #expect(granted.status(of: story.right) == "in-force")
        #expect(granted.givenName(of: story.right)?.isEmpty == false)
        #expect(granted.givenName(of: story.resource)?.isEmpty == false)
        #expect(sentences.first { $0.type == .rightFrozen }?.state.status(of: story.right) == "frozen")
        #expect(story.fixture.state.status(of: story.right) == "divided")
        #expect(story.fixture.state.status(of: story.merged) == "cancelled")
    }

    @Test func everyEntryAboutRightsHasWordsInBothLanguages() {
        for type in EventType.ofRights {
            let words = ReportWords.type(type)
            #expect(words.zh != type.rawValue && words.en != type.rawValue, "\(type)")
        }
        for standing in RightStanding.allCases { #expect(ReportWords.status(standing.rawValue).zh != standing.rawValue) }
    }
}
