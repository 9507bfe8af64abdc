import COpenSSL

/// A SHA-256 digest: 32 bytes, written as 64 lower-case hexadecimal digits.
///
/// Source: FIPS 180-4.
package struct SHA256Digest: Equatable, Hashable, Sendable, CustomStringConvertible {
  /// The number of bytes in a digest.
  package static let byteCount = 32

  /// The digest's 32 bytes, in the order in which they are printed.
  package let bytes: [UInt8]

  /// A digest from its bytes; `nil` unless there are 32 of them.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// A digest from its 64 hexadecimal digits, of either case; `nil` for any other text.
  package init?(hexadecimal text: String) {
    let digits = text.utf8.map { UInt8(hexadecimalDigit: $0) }
    guard digits.count == 2 * Self.byteCount else { return nil }
    var bytes: [UInt8] = []
    for pair in stride(from: 0, to: digits.count, by: 2) {
      guard let high = digits[pair], let low = digits[pair + 1] else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// The digest of `bytes`.
  ///
  /// - Throws: ``SHA256Error`` where libcrypto refuses to compute a SHA-256.
  package init(of bytes: [UInt8]) throws(SHA256Error) {
    let hasher = SHA256Hasher()
    hasher.update(bytes.span.bytes)
    self = try hasher.finalize()
  }

  /// 64 lower-case hexadecimal digits, as `sha256sum` prints them.
  package var description: String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Libcrypto could not compute a SHA-256: it is out of memory, or its configuration forbids the
/// digest.
package struct SHA256Error: Error, Equatable, Sendable, CustomStringConvertible {
  /// A sentence that says what to do.
  package var description: String {
    "libcrypto could not compute a SHA-256; check that `openssl dgst -sha256 /dev/null` works here"
  }
}

/// A SHA-256 over bytes that arrive in pieces.
///
/// A failure of libcrypto is remembered and thrown once, by ``finalize()``.
///
/// Source: OpenSSL's `EVP_DigestInit_ex`, `EVP_DigestUpdate` and `EVP_DigestFinal_ex`.
package final class SHA256Hasher {
  private let context: OpaquePointer?
  private var isHealthy: Bool

  /// A hasher that has seen no bytes.
  package init() {
    context = EVP_MD_CTX_new()
    isHealthy = context != nil && EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Adds `bytes` to what is hashed.
  package func update(_ bytes: RawSpan) {
    bytes.withUnsafeBytes { update($0) }
  }

  /// Adds `bytes` to what is hashed.
  package func update(_ bytes: UnsafeRawBufferPointer) {
    guard isHealthy, !bytes.isEmpty else { return }
    isHealthy = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
  }

  /// The digest of every byte so far; the hasher is then ready for new bytes, having seen none.
  ///
  /// - Throws: ``SHA256Error`` where any call since the last digest failed.
  package func finalize() throws(SHA256Error) -> SHA256Digest {
    var bytes = [UInt8](repeating: 0, count: SHA256Digest.byteCount)
    isHealthy = isHealthy && EVP_DigestFinal_ex(context, &bytes, nil) == 1
    guard isHealthy, let digest = SHA256Digest(bytes: bytes) else { throw SHA256Error() }
    isHealthy = EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
    return digest
  }
}

extension UInt8 {
  fileprivate init?(hexadecimalDigit digit: UInt8) {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self = digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self = digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self = digit - UInt8(ascii: "A") + 10
    default: return nil
    }
  }
}
