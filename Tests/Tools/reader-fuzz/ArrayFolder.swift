import Datasets
import Glibc

/// A folder of a data set of 6 samples, in which a file under test stands for one of the arrays, and
/// the others are valid.
struct ArrayFolder {
  /// The names of the arrays, the samples' first, and valid ones.
  typealias Arrays = [(name: String, valid: [UInt8])]

  let path: String
  let arrays: Arrays

  /// Makes the folder, a new one in `folder`.
  init(_ name: String, in folder: String, _ arrays: Arrays) throws {
    (path, self.arrays) = (folder + "/" + name, arrays)
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw BrokenPromise("cannot make \(path)")
    }
  }

  /// Reads the data set.
  ///
  /// - Parameters:
  ///   - file: the path of the file under test.
  ///   - role: the index of the array that it is.
  ///   - others: those of the arrays that are valid; what is neither is not there.
  func read(_ file: String, as role: Int, with others: [Int]) throws {
    for (index, array) in arrays.enumerated() {
      let place = path + "/" + array.name
      unlink(place)
      if index == role {
        guard symlink(file, place) == 0 else { throw BrokenPromise("cannot link \(place)") }
      } else if others.contains(index) {
        try Self.write(array.valid, to: place)
      }
    }
    try Self.read(path)
  }

  /// Reads the data set in a folder.
  static func read(_ folder: String) throws {
    let data = try readAndSurvey(folder, classes: (0..<10).map(String.init))
    guard data.sampleCount == 6 else { throw BrokenPromise("\(data.sampleCount) samples, not 6") }
  }

  private static func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = fopen(path, "w") else { throw BrokenPromise("cannot write \(path)") }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw BrokenPromise("cannot write \(path)")
    }
  }
}
