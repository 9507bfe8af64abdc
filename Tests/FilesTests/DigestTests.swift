import Files
import Testing

@Suite("SHA-256")
struct DigestTests {
  @Test("The digest of a known message is that of FIPS 180-4")
  func knownAnswers() throws {
    #expect(
      "\(try SHA256Digest(of: Array("abc".utf8)))"
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(
      "\(try SHA256Digest(of: []))"
        == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
  }

  @Test("Bytes in pieces have the digest of the whole, and a hasher starts afresh after it")
  func pieces() throws {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
    let hasher = SHA256Hasher()
    for start in stride(from: 0, to: 1000, by: 37) {
      hasher.update(bytes.span.extracting(start..<min(start + 37, 1000)).bytes)
    }
    let whole = try SHA256Digest(of: bytes)
    #expect(try hasher.finalize() == whole)
    hasher.update(bytes.span.bytes)
    #expect(try hasher.finalize() == whole)
  }

  @Test("A digest is read back from its hexadecimal digits, and nothing else is")
  func hexadecimal() throws {
    let digest = try SHA256Digest(of: [1, 2, 3])
    #expect(SHA256Digest(hexadecimal: "\(digest)") == digest)
    #expect(SHA256Digest(hexadecimal: "\(digest)".uppercased()) == digest)
    #expect(SHA256Digest(hexadecimal: "\(digest)0") == nil)
    #expect(SHA256Digest(hexadecimal: String(repeating: "g", count: 64)) == nil)
    #expect(SHA256Digest(bytes: digest.bytes) == digest)
    #expect(SHA256Digest(bytes: [1]) == nil)
  }
}
