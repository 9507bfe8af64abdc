import Files
import Glibc

/// The formats of data sets: what lies in a folder says which it is.
package enum DatasetFormat: CaseIterable, Sendable {
  /// Two IDX files, as those of MNIST.
  case idx
  /// NumPy arrays: `train-x.npy`, `train-y.npy` and, where lengths differ, `train-lengths.npy`, and
  /// the same of `test`.
  case numPy
  /// Files of the time-series classification archive: `NAME_TRAIN.ts` and `NAME_TEST.ts`.
  case ts

  /// The files of a part of a data set.
  package struct Paths: Equatable, Sendable {
    /// The file that has most of the bytes.
    package let samples: String
    /// The file of the labels, which may be the same; nil where nobody labeled the samples.
    package let labels: String?
    /// The file of the lengths, if there is one.
    package let lengths: String?

    /// All that are there.
    package var all: [String] {
      [samples, labels == samples ? nil : labels, lengths].compactMap { $0 }
    }
  }

  /// The format of the data set in `directory`: IDX unless it has one of the other formats' files.
  package init(of directory: String) {
    let arrays = ["train", "test"].flatMap { ["\($0)-x.npy", "\($0)-y.npy"] }
    if arrays.contains(where: { Self.exists($0, in: directory) != nil }) {
      self = .numPy
    } else if [DatasetPart.training, .test].contains(where: {
      !Self.seriesNames(of: $0, in: directory).isEmpty
    }) {
      self = .ts
    } else {
      self = .idx
    }
  }

  /// The paths of the files of `part` in `directory`, each gzipped or plain.
  ///
  /// - Parameters:
  ///   - advice: how to name another folder.
  ///   - needsLabels: false where samples without labels will do.
  /// - Throws: ``DatasetError`` that names the paths, where one is not there.
  package func paths(
    of part: DatasetPart, in directory: String,
    advice: String = "set data.directory to the folder that holds it", needsLabels: Bool = true
  ) throws(DatasetError) -> Paths {
    let prefix = part == .test ? "t10k" : "train"
    let array = part == .test ? "test" : "train"
    func labels(_ name: String) throws(DatasetError) -> String? {
      if !needsLabels, Self.exists(name, in: directory) == nil { return nil }
      return try Self.locate(name, in: directory, advice)
    }
    switch self {
    case .idx:
      return Paths(
        samples: try Self.locate(prefix + "-images-idx3-ubyte", in: directory, advice),
        labels: try labels(prefix + "-labels-idx1-ubyte"),
        lengths: nil)
    case .numPy:
      return Paths(
        samples: try Self.locate(array + "-x.npy", in: directory, advice),
        labels: try labels(array + "-y.npy"),
        lengths: try Self.lengths(array, in: directory))
    case .ts:
      let names = Self.seriesNames(of: part, in: directory)
      guard names.count == 1 else {
        throw DatasetError(
          names.isEmpty ? .missingFile : .countMismatch, in: expandingTilde(directory),
          found: names.isEmpty
            ? "no file whose name ends in \(Self.seriesEnding(part))"
            : "\(names.sorted().joined(separator: " and "))", expected: "one such file",
          advice: "put each data set in a folder of its own, or " + advice)
      }
      let path = Self.path(names[0], in: directory)
      return Paths(samples: path, labels: path, lengths: nil)
    }
  }

  /// Opens the files of a part.
  ///
  /// - Parameters:
  ///   - classes: the names of the classes, for labels that are texts.
  ///   - needsLabels: as for `paths`.
  ///   - isCancelled: asked now and then; true ends the reading.
  /// - Throws: ``DatasetError`` where a file is damaged, or the files do not belong together.
  func open(
    _ paths: Paths, classes: [String], needsLabels: Bool = true, isCancelled: () -> Bool
  ) throws(DatasetError) -> any SampleFiles {
    let files: any SampleFiles =
      switch self {
      case .idx:
        try IDXSamples(images: paths.samples, labels: paths.labels, isCancelled: isCancelled)
      case .numPy:
        try NumPySamples(
          samples: paths.samples, labels: paths.labels, lengths: paths.lengths, classes: classes,
          isCancelled: isCancelled)
      case .ts:
        try TSSamples(
          paths.samples, classes: classes, needsLabels: needsLabels, isCancelled: isCancelled)
      }
    try Self.check(files.form, paths)
    return files
  }

  /// The form of the samples of a part, without a look at their labels.
  ///
  /// - Throws: ``DatasetError``.
  package func form(
    of paths: Paths, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> SampleForm {
    let form =
      switch self {
      case .idx: IDXSamples.form(of: try IDXFile.images(paths.samples, isCancelled: isCancelled))
      case .numPy:
        try NumPySamples.form(
          samples: paths.samples, lengths: paths.lengths, isCancelled: isCancelled)
      case .ts: try TSSamples(paths.samples, classes: nil, isCancelled: isCancelled).form
      }
    try Self.check(form, paths)
    return form
  }

  private static func check(_ form: SampleForm, _ paths: Paths) throws(DatasetError) {
    guard !form.isWithinLimits else { return }
    throw DatasetError(
      .wrongDimensions, in: paths.samples, found: form.inWords,
      expected: "at most \(SampleForm.largest) time steps and features",
      advice: "cut the sequences, or take the mean of neighbors")
  }

  /// The lengths of a part's arrays, which both parts have or none: without them, what fills up
  /// shorter sequences would count.
  private static func lengths(
    _ array: String, in directory: String
  ) throws(DatasetError) -> String? {
    let name = array + "-lengths.npy"
    if let path = exists(name, in: directory) { return path }
    let other = (array == "test" ? "train" : "test") + "-lengths.npy"
    guard let path = exists(other, in: directory) else { return nil }
    throw DatasetError(
      .missingFile, in: path, found: "no \(name) beside it",
      expected: "the lengths of both parts, or of none",
      advice: "save the lengths of the other part, too, also where all are the same")
  }

  private static func seriesEnding(_ part: DatasetPart) -> String {
    part == .test ? "_TEST.ts" : "_TRAIN.ts"
  }

  /// The names of the `.ts` files of a part in a folder, gzipped or plain; none where it cannot be
  /// listed.
  private static func seriesNames(of part: DatasetPart, in directory: String) -> [String] {
    let endings = ["", ".gz"].map { seriesEnding(part) + $0 }
    let names = try? fileNames(in: expandingTilde(directory))
    return (names ?? []).filter { name in endings.contains { name.hasSuffix($0) } }
  }

  /// The path of a file, gzipped or else plain, if there is one.
  static func exists(_ name: String, in directory: String) -> String? {
    candidates(name, in: directory).first { access($0, F_OK) == 0 }
  }

  private static func candidates(_ name: String, in directory: String) -> [String] {
    let plain = path(name, in: directory)
    return [plain + ".gz", plain]
  }

  private static func path(_ name: String, in directory: String) -> String {
    let directory = expandingTilde(directory)
    return directory.hasSuffix("/") ? directory + name : directory + "/" + name
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
