import Datasets
import TestSupport

/// Gzipped IDX files: damaged streams, whole streams of damaged files, and bombs.
struct GzipReader: FuzzedReader {
  private let plain: [[UInt8]]
  private let bombs: [[UInt8]]
  private let folder: ArrayFolder
  let seeds: [[UInt8]]

  init(folder: String) throws {
    plain = try IDXReader(folder: folder).seeds
    self.folder = try ArrayFolder(
      "gzip", in: folder,
      [("train-images-idx3-ubyte.gz", plain[0]), ("train-labels-idx1-ubyte.gz", plain[8])])
    seeds =
      plain.map { gzip($0) }
      + plain.map { gzip(Array($0[..<6])) + gzip(Array($0[6...])) }
      + [gzip(plain[0], level: 0), gzipWithFields(plain[0])]
    func header(_ magic: UInt, _ sizes: UInt...) -> [UInt8] {
      ([magic] + sizes).flatMap { littleEndian($0, size: 4).reversed() }
    }
    bombs = [
      // One whose header agrees with what it inflates to, and ones whose header does not.
      gzipBomb(header(0x0803, 2 << 10, 1 << 10, 1 << 10), megabytes: 2 << 10),
      gzipBomb(header(0x0803, 3 << 12, 512, 512), megabytes: 3 << 10),
      gzipBomb(header(0x0801, 1 << 30), megabytes: 1 << 10),
      gzipBomb(header(0x0801, .max), megabytes: 64),
      gzipBomb(header(0x0803, .max, 1 << 15, 1 << 15), megabytes: 2 << 10),
      gzipBomb(header(0x0803, 1, 1, 1), megabytes: 4 << 10),
      gzipBomb([], megabytes: 4 << 10),
    ]
  }

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    if random.once(in: 1000) { return random.pick(bombs) }
    var bytes: [UInt8]
    switch random.below(4) {
    case 0:
      // A good checksum over a bad file.
      return gzip(mutatedIDX(plain, &random), level: random.pick([0, 1, 6, 9]))
    case 1:
      // Members, whole, empty and mutated.
      let body = mutatedIDX(plain, &random)
      let cut = random.below(body.count + 1)
      bytes = gzip(Array(body[..<cut]))
      for _ in 0..<random.below(random.once(in: 100) ? 3000 : 4) { bytes += gzip([]) }
      bytes += gzip(Array(body[cut...]))
      if random.once(in: 2) { return bytes }
    case 2: bytes = random.pick(seeds)
    default: bytes = random.pick(seeds.filter { $0.count < 1000 })
    }
    for _ in 0..<1 + random.below(3) {
      if random.once(in: 3), bytes.count > 18 {
        // A field of the header, or of the checksum and the length at the end.
        let fields = [2, 3, 3, 3, 8, 9, 10, 11] + (1...8).map { bytes.count - $0 }
        bytes[random.pick(fields)] = UInt8(random.below(256))
      } else {
        mutateBlindly(&bytes, &random)
      }
    }
    return bytes
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    try readIDX(path, folder)
  }

  static func isRefusal(_ error: any Error) -> Bool { error is DatasetError }
}

/// A gzip stream with every optional field of RFC 1952 but a checksum of the header.
private func gzipWithFields(_ bytes: [UInt8]) -> [UInt8] {
  var stream = gzip(bytes)
  stream[3] = 0b1_1100
  let fields = [4, 0, 1, 2, 3, 4] + Array("a name\0".utf8) + Array("a comment\0".utf8)
  stream.insert(contentsOf: fields, at: 10)
  return stream
}
