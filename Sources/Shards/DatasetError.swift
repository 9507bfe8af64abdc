/// Why a data set cannot be used, as a sentence that a stranger can act on.
package struct DatasetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure, for code that must tell them apart.
  package enum Kind: Equatable, Sendable {
    /// Neither the gzipped nor the plain file is there.
    case missingFile
    /// The operating system refused to open or read a file.
    case unreadableFile
    /// A gzip stream is cut off, fails its checksum, or is followed by other bytes.
    case damagedGzip
    /// The file does not start with the magic number of the IDX type that is expected.
    case wrongMagic
    /// A dimension in the header is zero or larger than any real data set's.
    case wrongDimensions
    /// The file ends before the bytes that its header promises.
    case shortFile
    /// Bytes follow the last one that the header promises.
    case trailingBytes
    /// The image file and the label file differ in their number of samples.
    case countMismatch
    /// A label is outside 0 ..< classes.
    case labelOutOfRange
    /// The shards, ranks, batch or classes that were asked for cannot be had.
    case impossibleLayout
    /// A sample that was asked for is not in the data set, or not held by this rank.
    case noSuchSample
    /// The digest of a file could not be computed.
    case noDigest
  }

  /// What kind of failure this is.
  package let kind: Kind
  /// The file or the configuration key that is at fault.
  package let subject: String
  /// What was found.
  package let found: String
  /// What was expected in its place.
  package let expected: String
  /// What to do about it.
  package let advice: String

  /// An error from its parts; each is a phrase without a full stop.
  package init(
    _ kind: Kind, in subject: String, found: String, expected: String, advice: String
  ) {
    self.kind = kind
    self.subject = subject
    self.found = found
    self.expected = expected
    self.advice = advice
  }

  /// What was found, where, what was expected, and what to do.
  package var description: String {
    "\(subject): found \(found); expected \(expected); \(advice)"
  }
}

extension DatasetError {
  /// The advice for a file whose content cannot be trusted.
  static let fetchAgain =
    "get the file again (apt-get install --reinstall dataset-fashion-mnist, or launch/fetch-data)"
}
