import Files
import Glibc

/// The files of samples to evaluate or to predict: the test part of a folder, or a file of samples
/// with those beside it that belong to it.
///
/// Beside a file are looked for, gzipped or not, the labels of IDX images `NAME-images-idx3-ubyte` in
/// `NAME-labels-idx1-ubyte`, of any types, and those of `NAME-x.npy` or `NAME.npy` in `NAME-y.npy`, with
/// the lengths in `NAME-lengths.npy`. An archive `.npz` has them as `x`, `y` and `lengths`, or is taken
/// for the test part of a data set.
package struct SampleSource: Equatable, Sendable {
  /// The format of the files.
  package let format: DatasetFormat
  /// The files.
  package let paths: DatasetFormat.Paths
  /// False where samples without labels will do.
  let needsLabels: Bool

  /// Finds the files.
  ///
  /// - Parameters:
  ///   - path: a folder, or a file whose name ends in `.npy`, `.npz` or `.ts`, or else an IDX file of
  ///     images.
  ///   - format: the format of the files in a folder; nil for the one of what lies there.
  ///   - needsLabels: false where samples without labels will do.
  ///   - advice: how to name another folder.
  /// - Throws: ``DatasetError`` where one that is needed is not there.
  package init(
    _ path: String, format: DatasetFormat? = nil, needsLabels: Bool, advice: String
  ) throws(DatasetError) {
    let path = expandingTilde(path)
    self.needsLabels = needsLabels
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw DatasetError(
        .missingFile, in: path, found: String(cString: strerror(errno)),
        expected: "a folder of a data set, or a file of samples", advice: advice)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      let folder = DatasetFolder(path, advice: advice)
      self.format = if let format { format } else { try folder.format() }
      paths = try folder.paths(of: .test, self.format, needsLabels: needsLabels)
      return
    }
    let slash = path.lastIndex(of: "/")
    let folder = DatasetFolder(slash.map { String(path[...$0]) } ?? ".", advice: advice)
    (self.format, paths) = try folder.files(
      with: slash.map { String(path[path.index(after: $0)...]) } ?? path)
    guard needsLabels, paths.labels == nil else { return }
    throw DatasetError(
      .missingFile, in: path, found: "no labels with it",
      expected: "the samples' labels, such as \(Self.exampleOfLabels(self.format))",
      advice: "put them there, or \(advice)")
  }

  /// The form of the samples where pixels are read in `order`, without a look at their labels.
  ///
  /// - Throws: ``DatasetError``.
  package func form(
    order: PixelOrder = .rows, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> SampleForm {
    try format.form(of: paths, isCancelled: isCancelled)
      .read(in: order, from: paths.samples.description)
  }

  private static func exampleOfLabels(_ format: DatasetFormat) -> String {
    switch format {
    case .idx: "NAME-labels-idx1-ubyte beside NAME-images-idx3-ubyte"
    case .npy: "NAME-y.npy beside NAME-x.npy"
    case .npz: "an array y beside x"
    case .ts: "a class behind the last colon of each line"
    }
  }
}
