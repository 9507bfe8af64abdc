import Datasets
import TestSupport

/// NumPy arrays, each read as the samples of a data set or, where it has one dimension, as its labels
/// and its lengths.
struct NPYReader: FuzzedReader {
  private let folder: ArrayFolder
  let seeds: [[UInt8]]

  init(folder: String) throws {
    let floats = (0..<72).map { Float($0) }
    let integers = (0..<6).map { Int32(1 + $0 % 4) }
    seeds = [
      npy("<f4", [6, 4, 3], bytes(floats)), npy("<f4", [6, 12], bytes(floats), version: 2),
      npy(">f8", [6, 4, 3], bytes(floats.map { Double($0).bitPattern }, isBigEndian: true)),
      npy("<f4", [6, 4, 3], isFortranOrder: true, bytes(floats)),
      npy("|u1", [6, 4, 3], (0..<72).map { UInt8($0) }, version: 3),
      npy("<i4", [6], bytes(integers)), npy("|i1", [6], integers.map { UInt8($0) }),
    ]
    self.folder = try ArrayFolder(
      "npy", in: folder,
      [
        ("train-x.npy", seeds[0]), ("train-y.npy", seeds[6]), ("train-lengths.npy", seeds[5]),
      ])
  }

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
      try folder.read(path, as: 0, with: [1])
    } catch let error as DatasetError where error.kind == .wrongDimensions {
      try folder.read(path, as: 2, with: [0, 1])
      try folder.read(path, as: 1, with: [0])
    }
  }

  static func isRefusal(_ error: any Error) -> Bool { error is DatasetError }
}
