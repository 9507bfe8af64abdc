import Files
import Glibc

extension SequenceTable {
  /// The names of the arrays of a data set, in the order in which they are written: the one by which
  /// a reader knows the folder last.
  package static let arrayNames = ["test", "train"].flatMap { part in
    ["lengths", "y", "x"].map { "\(part)-\($0).npy" }
  }

  /// True if the labels are the numbers of the classes, from 0 on.
  package var hasNumbers: Bool { classes == classes.indices.map(String.init) }
  /// The time steps of the shortest and of the longest sequence.
  package var lengths: ClosedRange<Int> {
    let lengths = rows.map(\.count)
    return (lengths.min() ?? 0)...(lengths.max() ?? 0)
  }

  /// Writes the arrays of both parts to a folder that is there: `x` `[N, T, F]` of 32-bit floats, with
  /// zeros behind the end of shorter sequences, `y` `[N]`, numbers or texts, and, where lengths differ,
  /// `lengths` `[N]`.
  ///
  /// - Parameter parts: as from ``parts(testShare:)``.
  /// - Returns: the files' names and shapes.
  /// - Throws: ``FileError``, also where one of the arrays is there; ``DatasetError`` where a sequence
  ///   is longer than any that is read.
  package func write(
    _ parts: (training: [Int], test: [Int]), to folder: String
  ) throws -> [(name: String, shape: [Int])] {
    guard lengths.upperBound <= SampleForm.largest else {
      throw DatasetError(
        .wrongDimensions, in: path, found: "a sequence of \(lengths.upperBound) time steps",
        expected: "at most \(SampleForm.largest)",
        advice: "cut the sequences, or take the mean of neighbors")
    }
    let present = try fileNames(in: folder)
    for name in Self.arrayNames where present.contains(name) || present.contains(name + ".gz") {
      throw FileError(
        .cannotWrite, path: folder, reason: "\(name) is there, of another data set",
        advice: "give another --output, or remove it", code: EEXIST)
    }
    var written: [(name: String, shape: [Int])] = []
    do { try write(parts, to: folder, &written) } catch {
      // Part of a data set would keep the same command from another try.
      for file in written { unlink("\(folder)/\(file.name)") }
      throw error
    }
    return written
  }

  private func write(
    _ parts: (training: [Int], test: [Int]), to folder: String,
    _ written: inout [(name: String, shape: [Int])]
  ) throws {
    let longest = lengths.upperBound
    for (name, part) in [("test", parts.test), ("train", parts.training)] {
      func file(_ content: String, _ type: String, _ shape: [Int]) throws(FileError) -> NPYWriter {
        written.append(("\(name)-\(content).npy", shape))
        return try NPYWriter("\(folder)/\(name)-\(content).npy", type, shape: shape)
      }
      if lengths.lowerBound < longest {
        let file = try file("lengths", "<i4", [part.count])
        try file.append(part.map { Int32(length($0)) })
        try file.commit()
      }
      try writeLabels(part) { (type) throws(FileError) in try file("y", type, [part.count]) }
      let samples = try file("x", "<f4", [part.count, longest, features.count])
      for sequence in part {
        var numbers: [Float] = []
        numbers.reserveCapacity(longest * features.count)
        for row in rows[sequence] {
          numbers += values[Int(row) * features.count..<(Int(row) + 1) * features.count]
        }
        numbers += [Float](repeating: 0, count: longest * features.count - numbers.count)
        try samples.append(numbers)
      }
      try samples.commit()
    }
  }

  private func writeLabels(
    _ part: [Int], to makeFile: (_ type: String) throws(FileError) -> NPYWriter
  ) throws(FileError) {
    let file: NPYWriter
    if hasNumbers {
      file = try makeFile("<i4")
      try file.append(part.map { Int32(sequences[$0].label) ?? 0 })
    } else {
      let width = classes.map(\.unicodeScalars.count).max() ?? 1
      file = try makeFile("<U\(width)")
      for sequence in part {
        let codes = sequences[sequence].label.unicodeScalars.map(\.value)
        try file.append(codes + [UInt32](repeating: 0, count: width - codes.count))
      }
    }
    try file.commit()
  }
}
