import Files
import Glibc

/// The files of samples to evaluate or to predict: the test part of a folder, or a file of samples
/// with those beside it that belong to it.
///
/// Beside a file are looked for, gzipped or not, the labels of `NAME-images-idx3-ubyte` in
/// `NAME-labels-idx1-ubyte`, and those of `NAME-x.npy` or `NAME.npy` in `NAME-y.npy`, with the
/// lengths in `NAME-lengths.npy`.
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
  ///   - path: a folder, or a file whose name ends in `.npy` or `.ts`, or else an IDX file of images.
  ///   - needsLabels: false where samples without labels will do.
  ///   - advice: how to name another folder.
  /// - Throws: ``DatasetError`` where one that is needed is not there.
  package init(_ path: String, needsLabels: Bool, advice: String) throws(DatasetError) {
    let path = expandingTilde(path)
    self.needsLabels = needsLabels
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      format = DatasetFormat(of: path)
      paths = try format.paths(of: .test, in: path, advice: advice, needsLabels: needsLabels)
      return
    }
    (format, paths) = Self.files(with: path)
    guard needsLabels, paths.labels == nil else { return }
    throw DatasetError(
      .missingFile, in: path, found: "no labels beside it",
      expected: "a file of the samples' labels, such as \(Self.exampleOfLabels(format))",
      advice: "put it there, or \(advice)")
  }

  /// The form of the samples, without a look at their labels.
  ///
  /// - Throws: ``DatasetError``.
  package func form(isCancelled: () -> Bool = { false }) throws(DatasetError) -> SampleForm {
    try format.form(of: paths, isCancelled: isCancelled)
  }

  /// The format of the file at `path`, by its name, and what belongs to it.
  private static func files(with path: String) -> (DatasetFormat, DatasetFormat.Paths) {
    let slash = path.lastIndex(of: "/")
    let directory = slash.map { String(path[...$0]) } ?? "."
    var name = slash.map { String(path[path.index(after: $0)...]) } ?? path
    if name.hasSuffix(".gz") { name.removeLast(3) }
    func beside(_ name: String) -> String? { DatasetFormat.exists(name, in: directory) }
    if name.hasSuffix(".ts") {
      return (.ts, DatasetFormat.Paths(samples: path, labels: path, lengths: nil))
    }
    if name.hasSuffix(".npy") {
      var base = name.dropLast(4)
      if base.hasSuffix("-x") { base.removeLast(2) }
      return (
        .numPy,
        DatasetFormat.Paths(
          samples: path, labels: beside("\(base)-y.npy"), lengths: beside("\(base)-lengths.npy"))
      )
    }
    let images = "-images-idx3-ubyte"
    let labels =
      name.hasSuffix(images) ? beside("\(name.dropLast(images.count))-labels-idx1-ubyte") : nil
    return (.idx, DatasetFormat.Paths(samples: path, labels: labels, lengths: nil))
  }

  private static func exampleOfLabels(_ format: DatasetFormat) -> String {
    format == .numPy
      ? "NAME-y.npy for NAME-x.npy" : "NAME-labels-idx1-ubyte for NAME-images-idx3-ubyte"
  }
}
