import Files
import Glibc

/// A part of a data set of the MNIST family.
package enum DatasetPart: String, Codable, Sendable, CaseIterable {
  /// The samples to learn from: those of the files that start with `train`, but for what is held
  /// out.
  case training
  /// The samples of the same files that are held out to evaluate on.
  case validation
  /// The samples to be judged by: the files that start with `t10k`.
  case test

  /// The name of the image file, without `.gz`.
  var imageFileName: String { prefix + "-images-idx3-ubyte" }
  /// The name of the label file, without `.gz`.
  var labelFileName: String { prefix + "-labels-idx1-ubyte" }

  private var prefix: String { self == .test ? "t10k" : "train" }

  /// The paths of the image file and the label file in `directory`: gzipped, or else plain.
  ///
  /// - Parameter advice: how to name another folder.
  /// - Throws: ``DatasetError`` that names both paths, where neither is there.
  package func paths(
    in directory: String, advice: String = "set data.directory to the folder that holds it"
  ) throws(DatasetError) -> (images: String, labels: String) {
    let directory = expandingTilde(directory)
    return (
      try locate(imageFileName, in: directory, advice),
      try locate(labelFileName, in: directory, advice)
    )
  }

  /// The height and the width of the images in `directory`, from the header of their file.
  ///
  /// - Throws: ``DatasetError``.
  package func imageSize(in directory: String) throws(DatasetError) -> [Int] {
    Array(try IDXFile.images(paths(in: directory).images).sizes.dropFirst())
  }

  private func locate(
    _ name: String, in directory: String, _ advice: String
  ) throws(DatasetError) -> String {
    let plain = directory.hasSuffix("/") ? directory + name : directory + "/" + name
    let candidates = [plain + ".gz", plain]
    guard let path = candidates.first(where: { access($0, F_OK) == 0 }) else {
      throw DatasetError(
        .missingFile, in: directory, found: "neither \(candidates[0]) nor \(candidates[1])",
        expected: "one of them",
        advice: (DatasetError.source(ofDirectory: directory).map { "get the data (\($0)), or " }
          ?? "") + advice)
    }
    return path
  }
}
