import Files

/// The formats of data sets.
package enum DatasetFormat: String, CaseIterable, Sendable {
  /// Two IDX files, as those of MNIST.
  case idx
  /// NumPy arrays: `train-x.npy`, `train-y.npy` and, where lengths differ, `train-lengths.npy`, and
  /// the same of `test`.
  case npy
  /// The same arrays in one archive `.npz`.
  case npz
  /// Files of the time-series classification archive: `NAME_TRAIN.ts` and `NAME_TEST.ts`.
  case ts

  /// The files of a part of a data set.
  package struct Paths: Equatable, Sendable {
    /// The file that has most of the bytes.
    package let samples: DataFile
    /// The file of the labels, which may be the same; nil where nobody labeled the samples.
    package let labels: DataFile?
    /// The file of the lengths, if there is one.
    package let lengths: DataFile?

    /// The paths of all that are there.
    package var all: [String] {
      var paths = [samples.path]
      for file in [labels, lengths] {
        if let path = file?.path, !paths.contains(path) { paths.append(path) }
      }
      return paths
    }
  }

  /// The format of a single array, in those formats that have some.
  var array: ArrayFile.Format { self == .idx ? .idx : .npy }

  /// Opens the files of a part.
  ///
  /// - Parameters:
  ///   - classes: the names of the classes, for labels that are texts.
  ///   - needsLabels: false where samples without labels will do.
  ///   - allowsMissing: true if numbers may be missing: they are read as NaN.
  ///   - isCancelled: asked now and then; true ends the reading.
  /// - Throws: ``DatasetError`` where a file is damaged, or the files do not belong together.
  func open(
    _ paths: Paths, classes: [String], needsLabels: Bool = true, allowsMissing: Bool = false,
    isCancelled: () -> Bool
  ) throws(DatasetError) -> any SampleFiles {
    let files: any SampleFiles =
      switch self {
      case .idx, .npy, .npz:
        try ArraySamples(
          paths, array, classes: classes, allowsMissing: allowsMissing, isCancelled: isCancelled)
      case .ts:
        try TSSamples(
          paths.samples.path, classes: classes, needsLabels: needsLabels,
          allowsMissing: allowsMissing, isCancelled: isCancelled)
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
      case .idx, .npy, .npz: try ArraySamples.form(paths, array, isCancelled: isCancelled)
      case .ts:
        try TSSamples(
          paths.samples.path, classes: nil, allowsMissing: true, isCancelled: isCancelled
        ).form
      }
    try Self.check(form, paths)
    return form
  }

  private static func check(_ form: SampleForm, _ paths: Paths) throws(DatasetError) {
    guard !form.isWithinLimits else { return }
    throw DatasetError(
      .wrongDimensions, in: paths.samples.description, found: form.inWords,
      expected: "at most \(SampleForm.largest) time steps and features",
      advice: "cut the sequences, or take the mean of neighbors")
  }
}
