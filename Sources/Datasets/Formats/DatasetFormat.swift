import Files
import Glibc

/// The formats of data sets: what lies in a folder says which it is.
package enum DatasetFormat: CaseIterable, Sendable {
  /// Two IDX files, as those of MNIST.
  case idx
  /// NumPy arrays: `train-x.npy`, `train-y.npy` and, where lengths differ, `train-lengths.npy`, and
  /// the same of `test`.
  case numPy

  /// The files of a part of a data set.
  package struct Paths: Equatable, Sendable {
    /// The file that has most of the bytes.
    package let samples: String
    package let labels: String
    /// The file of the lengths, if there is one.
    package let lengths: String?

    /// All that are there.
    package var all: [String] { [samples, labels] + (lengths.map { [$0] } ?? []) }
  }

  /// The format of the data set in `directory`: IDX unless it has one of the other formats' files.
  package init(of directory: String) {
    let names = [DatasetPart.training, .test].map(Self.arrayName)
    self =
      names.contains { Self.exists("\($0)-x.npy", in: directory) != nil } ? .numPy : .idx
  }

  /// The paths of the files of `part` in `directory`, each gzipped or plain.
  ///
  /// - Parameter advice: how to name another folder.
  /// - Throws: ``DatasetError`` that names the paths, where one is not there.
  package func paths(
    of part: DatasetPart, in directory: String,
    advice: String = "set data.directory to the folder that holds it"
  ) throws(DatasetError) -> Paths {
    let prefix = part == .test ? "t10k" : "train"
    let array = Self.arrayName(part)
    switch self {
    case .idx:
      return Paths(
        samples: try Self.locate(prefix + "-images-idx3-ubyte", in: directory, advice),
        labels: try Self.locate(prefix + "-labels-idx1-ubyte", in: directory, advice),
        lengths: nil)
    case .numPy:
      return Paths(
        samples: try Self.locate(array + "-x.npy", in: directory, advice),
        labels: try Self.locate(array + "-y.npy", in: directory, advice),
        lengths: Self.exists(array + "-lengths.npy", in: directory))
    }
  }

  /// Opens the files of a part.
  ///
  /// - Parameters:
  ///   - classes: the names of the classes, for labels that are texts.
  ///   - isCancelled: asked now and then; true ends the reading.
  /// - Throws: ``DatasetError`` where a file is damaged, or the files do not belong together.
  func open(
    _ paths: Paths, classes: [String], isCancelled: () -> Bool
  ) throws(DatasetError) -> any SampleFiles {
    switch self {
    case .idx:
      try IDXSamples(images: paths.samples, labels: paths.labels, isCancelled: isCancelled)
    case .numPy:
      try NumPySamples(
        samples: paths.samples, labels: paths.labels, lengths: paths.lengths, classes: classes,
        isCancelled: isCancelled)
    }
  }

  /// The form of the samples of a part, without a look at their labels.
  ///
  /// - Throws: ``DatasetError``.
  package func form(
    of paths: Paths, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> SampleForm {
    switch self {
    case .idx: IDXSamples.form(of: try IDXFile.images(paths.samples, isCancelled: isCancelled))
    case .numPy:
      try NumPySamples.form(
        samples: paths.samples, lengths: paths.lengths, isCancelled: isCancelled)
    }
  }

  private static func arrayName(_ part: DatasetPart) -> String {
    part == .test ? "test" : "train"
  }

  /// The path of a file, gzipped or else plain, if there is one.
  private static func exists(_ name: String, in directory: String) -> String? {
    candidates(name, in: directory).first { access($0, F_OK) == 0 }
  }

  private static func candidates(_ name: String, in directory: String) -> [String] {
    let directory = expandingTilde(directory)
    let plain = directory.hasSuffix("/") ? directory + name : directory + "/" + name
    return [plain + ".gz", plain]
  }

  private static func locate(
    _ name: String, in directory: String, _ advice: String
  ) throws(DatasetError) -> String {
    if let path = exists(name, in: directory) { return path }
    let candidates = candidates(name, in: directory)
    throw DatasetError(
      .missingFile, in: expandingTilde(directory),
      found: "neither \(candidates[0]) nor \(candidates[1])", expected: "one of them",
      advice: (DatasetError.source(ofDirectory: directory).map { "get the data (\($0)), or " }
        ?? "") + advice)
  }
}
