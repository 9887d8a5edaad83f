import CSodium
import Encoding
import Testing

@testable import Signing

@Suite struct SealedBoxTests {
    /// The key pair of libsodium's own test of the conversion (test/default/ed25519_convert.c and .exp).
    private let seed = "421151a459faeade3d247115f94aedae42318124095afabe4d1451a559faedee"
    private let publicKey = "f1814f0e8ff1043d8a44d25babff3cedcae6c22c3edaa48f857ae70de2baae50"
    private let secretKey = "8052030376d47112be7f73ed7a019293dd12ad910b654455798b4667d73de166"

    private func key() throws -> SigningKey { try SigningKey(seed: try #require(Hexadecimal.decode(seed))) }

    @Test func whatIsSealedIsOpenedByTheKeysX25519FormWithLibsodiumItself() throws {
        let message = Array("结果: 42".utf8)
        let sealed = try SealedBox.seal(message, to: try key().verificationKey)
        #expect(sealed.count == message.count + SealedBox.overhead)
        var opened = [UInt8](repeating: 0, count: message.count)
        let (recipient, secret) = (try #require(Hexadecimal.decode(publicKey)), try #require(Hexadecimal.decode(secretKey)))
        #expect(crypto_box_seal_open(&opened, sealed, UInt64(sealed.count), recipient, secret) == 0)
        #expect(opened == message)
    }

    @Test func whatLibsodiumSealsToTheX25519FormIsOpened() throws {
        let message = [UInt8](0..<255)
        var sealed = [UInt8](repeating: 0, count: message.count + Int(crypto_box_PUBLICKEYBYTES + crypto_box_MACBYTES))
        #expect(crypto_box_seal(&sealed, message, UInt64(message.count), try #require(Hexadecimal.decode(publicKey))) == 0)
        #expect(try key().open(sealed) == message)
    }

    @Test func theEmptyMessageIsSealedToo() throws {
        #expect(try key().open(try SealedBox.seal([], to: try key().verificationKey)) == [])
    }

    @Test func anotherKeyAChangeAndACutAreRefused() throws {
        let sealed = try SealedBox.seal([1, 2, 3], to: try key().verificationKey)
        #expect(throws: SealedBoxError.notForThisKey) { try SigningKey.generate().open(sealed) }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: SealedBoxError.notForThisKey) { try key().open(changed) }
        }
        #expect(throws: SealedBoxError.notForThisKey) { try key().open(Array(sealed.dropLast())) }
        #expect(throws: SealedBoxError.tooShort(count: 47)) { try key().open(Array(sealed.prefix(47))) }
    }

    @Test func theSameMessageIsNeverSealedTheSameWay() throws {
        let recipient = try key().verificationKey
        #expect(try SealedBox.seal([7], to: recipient) != SealedBox.seal([7], to: recipient))
    }
}

@Suite struct KeyedHashTests {
    private func hexadecimal(_ text: String) throws -> [UInt8] { try #require(Hexadecimal.decode(text)) }

    /// The first lines of the keyed BLAKE2b vectors in the BLAKE2 authors' package (testvectors/blake2b-kat.txt).
    @Test func theAuthorsVectorsHold() throws {
        let key = SecretBytes(copying: [UInt8](0..<64))
        let empty = try hexadecimal("10ebb67700b1868efb4417987acf4690ae9d972fb7a590c2f02871799aaa4786b5e996e8f0f4eb981fc214b005f42d2ff4233499391653df7aefcbc13fc51568")
        let zero = try hexadecimal("961f6dd1e4dd30f63901690c512e78e4b45e4742ed197c3c5e45c549fd25f2e4187b0bc9fe30492b16b0d0bc4ef9b0f34c7003fac09a5ef1532e69430234cebd")
        #expect(KeyedHash.hash([], key: key, count: 64) == empty)
        #expect(KeyedHash.hash([0], key: key, count: 64) == zero)
    }

    @Test func sizesOutOfRangeGiveNothing() {
        let key = SecretBytes(copying: [UInt8](repeating: 1, count: 32))
        #expect(KeyedHash.hash([], key: key, count: 15) == nil)
        #expect(KeyedHash.hash([], key: key, count: 65) == nil)
        #expect(KeyedHash.hash([], key: SecretBytes(copying: [1, 2])) == nil)
    }

    @Test func eachPurposeHasAKeyOfItsOwn() throws {
        let key = SecretBytes(copying: [UInt8](repeating: 1, count: 32))
        func bytes(_ purpose: String) throws -> [UInt8] { try #require(KeyedHash.derivedKey(purpose, from: key)).withUnsafeBytes { Array($0) } }
        #expect(try bytes("a") == bytes("a"))
        #expect(try bytes("a") != bytes("b"))
        #expect(try bytes("a").count == 32)
    }
}

@Suite struct SecretBoxTests {
    @Test func aBoxOpensWithItsKeyAndContextOnly() throws {
        let key = SecretBytes(copying: [UInt8](repeating: 5, count: 32))
        let message = Array("subject 17".utf8)
        let box = try #require(SecretBox.close(message, context: [1], key: key))
        #expect(SecretBox.open(box, context: [1], key: key) == message)
        #expect(SecretBox.open(box, context: [2], key: key) == nil)
        #expect(SecretBox.open(box, context: [1], key: SecretBytes(copying: [UInt8](repeating: 6, count: 32))) == nil)
        for index in box.indices {
            var changed = box
            changed[index] ^= 0x80
            #expect(SecretBox.open(changed, context: [1], key: key) == nil)
        }
        #expect(SecretBox.open(Array(box.prefix(SecretBox.overhead - 1)), context: [1], key: key) == nil)
        #expect(SecretBox.close(message, context: [], key: SecretBytes(copying: [1])) == nil)
    }
}
