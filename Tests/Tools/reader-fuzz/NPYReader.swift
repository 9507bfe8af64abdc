import Datasets
import Glibc
import TestSupport

/// NumPy arrays, each read as the samples of a data set or, where it has one dimension, as its labels
/// and its lengths.
struct NPYReader: FuzzedReader {
  private let folder: String
  let seeds: [[UInt8]]

  init(folder: String) throws {
    self.folder = folder + "/npy"
    guard mkdir(self.folder, 0o700) == 0 || errno == EEXIST else {
      throw BrokenPromise("cannot make \(self.folder)")
    }
    let floats = (0..<72).map { Float($0) }
    let integers = (0..<6).map { Int32(1 + $0 % 4) }
    seeds = [
      npy("<f4", [6, 4, 3], bytes(floats)), npy("<f4", [6, 12], bytes(floats), version: 2),
      npy(">f8", [6, 4, 3], bytes(floats.map { Double($0).bitPattern }, isBigEndian: true)),
      npy("<f4", [6, 4, 3], isFortranOrder: true, bytes(floats)),
      npy("|u1", [6, 4, 3], (0..<72).map { UInt8($0) }, version: 3),
      npy("<i4", [6], bytes(integers)), npy("|i1", [6], integers.map { UInt8($0) }),
    ]
    samples = seeds[0]
    (labels, lengths) = (seeds[6], seeds[5])
  }

  private let samples, labels, lengths: [UInt8]

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    var bytes = random.pick(seeds)
    for _ in 0..<1 + random.below(3) {
      guard random.once(in: 2), bytes.count >= 128 else {
        mutateBlindly(&bytes, &random)
        continue
      }
      // A character of the header, or a number in place of one.
      let place = 6 + random.below(100)
      if random.once(in: 2) {
        bytes[place] = random.pick(Array("0123456789(),'\"<>=|fiucUSb{}: TFL\\".utf8))
      } else {
        let number = Array(String(random.pick(extremeNumbers)).utf8)
        bytes.replaceSubrange(place..<min(place + number.count, bytes.count), with: number)
      }
    }
    return bytes
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    do {
      try read(path, as: "x")
    } catch let error as DatasetError where error.kind == .wrongDimensions {
      try read(path, as: "lengths")
      try read(path, as: "y")
    }
  }

  /// Reads a data set, of which the file at `path` is one array and the others are valid.
  private func read(_ path: String, as role: String) throws {
    for (name, content) in [("x", samples), ("y", labels), ("lengths", lengths)] {
      let file = "\(folder)/train-\(name).npy"
      unlink(file)
      if name == role {
        guard symlink(path, file) == 0 else { throw BrokenPromise("cannot link \(file)") }
      } else if name == "y" || role == "lengths" || role == "y" && name == "x" {
        try write(content, to: file)
      }
    }
    let data = try readAndSurvey(folder, classes: (0..<10).map(String.init))
    guard data.sampleCount == 6 else { throw BrokenPromise("\(data.sampleCount) samples, not 6") }
  }

  private func write(_ bytes: [UInt8], to path: String) throws {
    guard let file = fopen(path, "w") else { throw BrokenPromise("cannot write \(path)") }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw BrokenPromise("cannot write \(path)")
    }
  }

  static func isRefusal(_ error: any Error) -> Bool { error is DatasetError }
}
