import Foundation
import TestSupport

/// Sequences of several lengths, whose class is the signs of two features.
enum SignSequences {
  /// A workspace with a set of them in each format, and the configuration of a training on it.
  static func workspace() throws -> Workspace {
    let workspace = try Workspace()
    for folder in ["/sequences", "/series", "/archive", "/even-arrays", "/even-idx"] {
      try FileManager.default.createDirectory(
        atPath: workspace.path + folder, withIntermediateDirectories: true)
    }
    let training = try writeSet("train", 203, firstNoise: 1, to: workspace.path)
    let test = try writeSet("test", 61, firstNoise: 77, to: workspace.path)
    try Data(zipArchive(training.members + test.members, isDeflated: true))
      .write(to: URL(filePath: workspace.path + "/archive/signs.npz"))
    try workspace.write(
      "table.csv", "part,walk,time,north,east,noise,corner\n" + training.rows + test.rows)
    try workspace.write(
      "tiny.yaml", Workspace.configuration(data: workspace.path + "/sequences"))
    return workspace
  }

  /// Writes sequences of 1 to 9 time steps of 3 features, whose class is the signs of the first two
  /// features: as NumPy arrays, with what is no number behind each end, and as a `.ts` file. The first
  /// time steps, which all have, are written as NumPy arrays and as IDX files of their own.
  ///
  /// - Parameter isUneven: true for classes of which some have more samples, with numbers missing.
  /// - Returns: the arrays as members of an archive, and the rows of a table, the last time steps first.
  @discardableResult
  static func writeSet(
    _ part: String, _ count: Int, firstNoise: UInt32, to path: String, isUneven: Bool = false
  ) throws -> (members: [(name: String, bytes: [UInt8])], rows: String) {
    var noise = firstNoise
    func next() -> Float {
      noise = noise &* 1_664_525 &+ 1_013_904_223
      return Float(noise >> 8) / 0x1p24
    }
    var (values, labels, lengths) = ([Float](), [Int32](), [Int64]())
    for index in 0..<count {
      let label = isUneven ? [0, 0, 1, 0, 2, 1, 3][index % 7] : index * 7 % 4
      let length = 1 + Int(next() * 9)
      labels.append(Int32(label))
      lengths.append(Int64(length))
      for time in 0..<9 {
        let signs: [Float] = [label & 1 == 0 ? 0.5 : -0.5, label & 2 == 0 ? 0.5 : -0.5, 0]
        for sign in signs {
          let isMissing = isUneven && values.count % 9 == 4
          values.append(time < length && !isMissing ? sign + 2 * next() - 1 : .nan)
        }
      }
    }
    let classes = ["north-west", "north-east", "south-west", "south-east"]
    var text = "@data\n"
    for (index, length) in lengths.enumerated() {
      for feature in 0..<3 {
        text +=
          (0..<Int(length)).map { "\(values[(index * 9 + $0) * 3 + feature])" }
          .joined(separator: ",") + ":"
      }
      text += classes[Int(labels[index])] + "\n"
    }
    try text.write(
      toFile: path + "/series/Signs_\(part.uppercased()).ts", atomically: true, encoding: .utf8)
    func row(_ index: Int, _ time: Int) -> String {
      let features = (0..<3).map { "\(values[(index * 9 + time) * 3 + $0])" }
      return "\(part),\(part) \(index),\(Double(time) / 4),"
        + features.joined(separator: ",") + ",\(classes[Int(labels[index])])\n"
    }
    // The last time step of each, in the order of the arrays, and then the others, backwards.
    var rows = lengths.enumerated().map { row($0, Int($1) - 1) }.joined()
    for time in (0..<8).reversed() {
      for (index, length) in lengths.enumerated() where time < length - 1 {
        rows += row(index, time)
      }
    }
    let arrays = [
      ("x", npy("<f4", [count, 9, 3], bytes(values))), ("y", npy("<i4", [count], bytes(labels))),
      ("lengths", npy("<i8", [count], bytes(lengths))),
    ]
    for (name, file) in arrays {
      try Data(file).write(to: URL(filePath: "\(path)/sequences/\(part)-\(name).npy"))
    }
    let first = (0..<count).flatMap { values[$0 * 27..<$0 * 27 + 3] }
    let prefix = part == "test" ? "t10k" : part
    for (name, file) in [
      ("even-arrays/\(part)-x.npy", npy("<f4", [count, 1, 3], bytes(first))),
      ("even-arrays/\(part)-y.npy", npy("<i4", [count], bytes(labels))),
      (
        "even-idx/\(prefix)-images-idx3-double",
        idx(0x0E, [count, 1, 3], bytes(first.map { Double($0).bitPattern }, isBigEndian: true))
      ),
      (
        "even-idx/\(prefix)-labels-idx1-short",
        idx(0x0B, [count], bytes(labels.map { Int16($0) }, isBigEndian: true))
      ),
    ] { try Data(file).write(to: URL(filePath: "\(path)/\(name)")) }
    return (arrays.map { (name: "\(part)-\($0.0).npy", bytes: $0.1) }, rows)
  }

  private static func idx(_ type: UInt8, _ sizes: [Int], _ elements: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(sizes.count)] + bytes(sizes.map { UInt32($0) }, isBigEndian: true) + elements
  }
}
