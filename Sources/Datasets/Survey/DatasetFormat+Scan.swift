import Files

extension DatasetFormat {
  /// The format in words.
  package var inWords: String {
    switch self {
    case .idx: "IDX files"
    case .npy: "NumPy arrays"
    case .npz: "an archive of NumPy arrays"
    case .ts: ".ts files"
    }
  }

  /// Reads the files of a part into a survey, which notes what is wrong in them.
  ///
  /// - Throws: ``DatasetError`` where the reading of a file cannot go on.
  func scan(
    _ paths: Paths, into survey: inout PartSurvey, _ isCancelled: () -> Bool
  ) throws(DatasetError) {
    switch self {
    case .idx, .npy, .npz: try scanArrays(paths, into: &survey, isCancelled)
    case .ts: try Self.scanSeries(paths.samples.path, into: &survey, isCancelled)
    }
  }
}
