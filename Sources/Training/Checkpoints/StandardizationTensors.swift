import Datasets
import Files
import Safetensors

extension Standardization {
  /// The names of the tensors of a file that hold the means and the deviations, `[F]` each.
  package static let tensorNames = ["features.mean", "features.deviation"]

  /// Reads the means and deviations of `features` features.
  ///
  /// - Parameter advice: what to do where the tensors are none of a training set.
  /// - Throws: `FileError` where the file lacks them, they have another shape, or they are no means and
  ///   deviations.
  init(_ file: SafetensorsFile, features: Int, advice: String) throws(FileError) {
    var tensors: [[Float]] = []
    for name in Self.tensorNames {
      guard let entry = file.entry(named: name) else {
        throw FileError(
          .noSuchTensor, path: file.path,
          reason: "it has no tensor \(name), which data.normalize: standard needs", advice: advice)
      }
      guard entry.shape == [features] else {
        throw FileError(
          .wrongShape, path: file.path,
          reason: "its tensor \(name) has the shape \(entry.shape), and the samples have "
            + counted(features, "feature"), advice: advice)
      }
      tensors.append(try file.floats(named: name))
    }
    guard tensors[0].allSatisfy(\.isFinite), tensors[1].allSatisfy({ $0 > 0 && $0.isFinite }) else {
      throw FileError(
        .malformed, path: file.path,
        reason: "the means or deviations of its features are no numbers", advice: advice)
    }
    self.init(means: tensors[0], deviations: tensors[1])
  }
}
