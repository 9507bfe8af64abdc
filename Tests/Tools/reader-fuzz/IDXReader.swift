import Datasets

/// Plain IDX files of every type: images, sequences and labels.
struct IDXReader: FuzzedReader {
  let seeds = [
    idxFile(0x0803, [6, 3, 4], byteCount: 72), idxFile(0x0903, [6, 3, 4], byteCount: 72),
    idxFile(0x0803, [1, 28, 28], byteCount: 784), idxFile(0x0803, [70, 33, 31], byteCount: 71_610),
    idxFile(0x0B02, [6, 5], byteCount: 60), idxFile(0x0C03, [6, 2, 3], byteCount: 144),
    idxFile(0x0D03, [6, 4, 3], byteCount: 288), idxFile(0x0E02, [6, 7], byteCount: 336),
    idxFile(0x0801, [6], byteCount: 6), idxFile(0x0901, [6], byteCount: 6),
    idxFile(0x0801, [70_000], byteCount: 70_000),
  ]
  private let folder: ArrayFolder

  init(folder: String) throws {
    self.folder = try ArrayFolder(
      "idx", in: folder,
      [("train-images-idx3-ubyte", seeds[0]), ("train-labels-idx1-ubyte", seeds[8])])
  }

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    mutatedIDX(seeds, &random)
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    try readIDX(path, folder)
  }

  static func isRefusal(_ error: any Error) -> Bool { error is DatasetError }
}

/// One of `seeds`, mutated blindly or by its header's fields.
func mutatedIDX(_ seeds: [[UInt8]], _ random: inout InputGenerator) -> [UInt8] {
  // The large ones take most of the time, and say little more.
  var bytes =
    random.once(in: 50) ? random.pick(seeds) : random.pick(seeds.filter { $0.count < 1000 })
  for _ in 0..<1 + random.below(3) {
    guard random.once(in: 2), bytes.count >= 16 else {
      mutateBlindly(&bytes, &random)
      continue
    }
    // One byte of the magic number, or one of the sizes.
    let field = random.below(4)
    if field == 0 {
      bytes[random.below(4)] = random.pick([
        0, 1, 2, 3, 8, 9, 0x0B, 0x0C, 0x0D, 0x0E, 0x1F, 0x8B, 0xFF,
      ])
    } else {
      let value = littleEndian(UInt(random.pick(extremeNumbers)), size: 4)
      bytes.replaceSubrange(4 * field..<4 * field + 4, with: value.reversed())
    }
  }
  return bytes
}

/// Reads the file at `path` by itself, and then, if it is of 6 samples, in a data set, as samples or
/// as labels.
///
/// - Throws: the error of the one that it is, or of both.
func readIDX(_ path: String, _ folder: ArrayFolder) throws {
  var file = try ArrayFile(DataFile(path), .idx)
  let (shape, size) = (file.shape, file.shape.dropFirst().reduce(1, *))
  var runs = 0
  _ = try file.forEachRun(of: size) { (_, _) in runs += 1 }
  guard runs == shape[0] else {
    throw BrokenPromise("\(runs) elements were read, and not \(shape[0])")
  }
  guard shape[0] == 6 else { return }
  try folder.read(path, as: shape.count == 1 ? 1 : 0, with: [0, 1])
}

/// The bytes of an IDX file, whose unsigned bytes are labels of 10 classes at the same time.
private func idxFile(_ magic: UInt32, _ sizes: [UInt32], byteCount: Int) -> [UInt8] {
  ([magic] + sizes).flatMap { littleEndian(UInt($0), size: 4).reversed() }
    + (0..<byteCount).map { UInt8($0 * 7 % 10) }
}
