/// A reader of files under test, with the inputs that are made for it.
protocol FuzzedReader: SendableMetatype {
  /// Makes the valid files that inputs are mutated from; `folder` is there for files.
  init(folder: String) throws

  /// The valid files, which the reader must accept.
  var seeds: [[UInt8]] { get }

  /// The bytes of the next input.
  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8]

  /// Reads the file at `path` as the program would, and checks what came of it.
  ///
  /// - Throws: the reader's refusal, or ``BrokenPromise`` where the file was accepted wrongly.
  func read(_ path: String, _ random: inout InputGenerator) throws

  /// Reads one of the valid files.
  func readSeed(_ path: String) throws

  /// True if `error` is of the kind that the reader promises.
  static func isRefusal(_ error: any Error) -> Bool
}

extension FuzzedReader {
  func readSeed(_ path: String) throws {
    var random = InputGenerator(seed: 0, index: 0)
    try read(path, &random)
  }
}

/// Something that a reader did other than to refuse an input or to accept it.
struct BrokenPromise: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// The readers by their names on the command line.
let fuzzedReaders: [(name: String, type: any FuzzedReader.Type)] = [
  ("idx", IDXReader.self),
  ("gzip", GzipReader.self),
  ("npy", NPYReader.self),
  ("npz", NPZReader.self),
  ("ts", TSReader.self),
  ("csv", CSVReader.self),
  ("safetensors", SafetensorsReader.self),
  ("checkpoint", CheckpointReader.self),
  ("yaml", YAMLReader.self),
]
