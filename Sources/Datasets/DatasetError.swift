import Files

/// The reason why a data set cannot be used, as a sentence that a stranger can act on.
package struct DatasetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kinds of failure, for code that must tell them apart.
  package enum Kind: Equatable, Sendable {
    /// Neither the gzipped nor the plain file is there.
    case missingFile
    /// The operating system refused to open or read a file, or somebody wrote to it meanwhile.
    case unreadableFile
    /// A gzip stream is cut off, fails its checksum, or is followed by other bytes.
    case damagedGzip
    /// A zip archive is cut off, a member of it fails its checksum, or is of no kind that is read.
    case damagedArchive
    /// A row of a table does not fit the others, or what it should hold.
    case damagedTable
    /// The file does not start with the magic number of the type that is expected.
    case wrongMagic
    /// A dimension in the header, or a length, is zero or larger than it can be, or the header does not
    /// say what it should.
    case wrongDimensions
    /// The file ends before the bytes that its header promises.
    case shortFile
    /// Bytes follow the last one that the header promises.
    case trailingBytes
    /// The files differ in their number of samples.
    case countMismatch
    /// A label is outside 0 ..< classes.
    case labelOutOfRange
    /// A number in the data is infinite or none.
    case notFinite
    /// This process cannot have the memory for the samples.
    case outOfMemory
    /// The shards, ranks, batch or classes that were asked for cannot be had.
    case impossibleLayout
    /// A sample that was asked for is not in the data set, or not held by this rank.
    case noSuchSample
    /// The caller asked to stop reading.
    case cancelled
  }

  /// The kind of failure.
  package let kind: Kind
  /// The file or the configuration key that is at fault.
  package let subject: String
  /// The finding.
  package let found: String
  /// The finding, what was expected in its place, and what to do.
  package let reason: String

  /// An error from its parts; each is a phrase without a full stop.
  package init(
    _ kind: Kind, in subject: String, found: String, expected: String, advice: String
  ) {
    self.kind = kind
    self.subject = subject
    self.found = found
    reason = "found \(found); expected \(expected); \(advice)"
  }

  /// The error of a file that cannot be read or inflated.
  init(_ error: FileError) {
    kind =
      switch error.kind {
      case .cannotRead, .truncated: .unreadableFile
      case .malformed: .damagedArchive
      default: .damagedGzip
      }
    subject = error.path
    found = error.reason
    reason = error.reason
  }

  /// Where it failed, what was found and expected, and what to do.
  package var description: String { "\(subject): \(reason)" }
}

extension DatasetError {
  /// Calls `body`, and throws the failure of a file as that of the data set.
  static func reading<Result>(
    _ body: () throws(FileError) -> Result
  ) throws(DatasetError) -> Result {
    do { return try body() } catch { throw DatasetError(error) }
  }

  /// The advice for a file whose content cannot be trusted, or else `otherwise`.
  static func repair(
    _ path: String, otherwise: String = "put a whole copy of the file there"
  ) -> String {
    let directory = path.split(separator: "/").dropLast().joined(separator: "/")
    return source(ofDirectory: directory, again: true).map { "get the file again (\($0))" }
      ?? otherwise
  }

  /// The classes in words, for the error of a label that is the name of none of them.
  static func oneOf(_ classes: [String]) -> String {
    "one of the classes " + classes.joined(separator: ", ").excerpt(200)
  }

  /// The commands that get the data set that is looked for in `directory`; nil for one that nobody
  /// but the user knows.
  static func source(ofDirectory directory: String, again: Bool = false) -> String? {
    switch directory.split(separator: "/").last {
    case "fashion-mnist":
      "apt-get install \(again ? "--reinstall " : "")dataset-fashion-mnist, or launch/fetch-data"
    case "mnist": "launch/fetch-data mnist"
    case "kmnist": "launch/fetch-data kmnist"
    case "japanese-vowels": "launch/fetch-data japanese-vowels"
    default: nil
    }
  }
}
