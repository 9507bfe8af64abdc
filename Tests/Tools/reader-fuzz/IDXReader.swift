import Datasets

/// Plain IDX files: images and labels, each also read as the other.
struct IDXReader: FuzzedReader {
  let seeds = [
    idxFile(0x0803, [5, 3, 4], byteCount: 60), idxFile(0x0803, [1, 28, 28], byteCount: 784),
    idxFile(0x0803, [70, 33, 31], byteCount: 70 * 33 * 31), idxFile(0x0801, [9], byteCount: 9),
    idxFile(0x0801, [70_000], byteCount: 70_000),
  ]

  init(folder: String) {}

  mutating func makeInput(_ random: inout InputGenerator) -> [UInt8] {
    mutatedIDX(seeds, &random)
  }

  func read(_ path: String, _ random: inout InputGenerator) throws {
    try readIDX(path, &random)
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
      bytes[random.below(4)] = random.pick([0, 1, 3, 8, 9, 0x0B, 0x0E, 0x1F, 0x8B, 0xFF])
    } else {
      let value = littleEndian(UInt(random.pick(extremeNumbers)), size: 4)
      bytes.replaceSubrange(4 * field..<4 * field + 4, with: value.reversed())
    }
  }
  return bytes
}

/// Reads the file at `path` as images and as labels, keeping all or some or none of them.
///
/// - Throws: the error of the one that it is, or of both.
func readIDX(_ path: String, _ random: inout InputGenerator) throws {
  let step = random.pick([1, 1, 2, 7, Int.max])
  do {
    try readKeeping(IDXFile.images(path), every: step)
  } catch let error as DatasetError where error.kind == .wrongMagic {
    try readKeeping(IDXFile.labels(path), every: step, classes: 10)
  }
}

/// Reads a file, keeping some elements, and sees that each of them was written.
private func readKeeping(_ file: IDXFile, every step: Int, classes: Int? = nil) throws {
  var file = file
  let (size, count) = (file.elementByteCount, (file.count - 1) / step + 1)
  var (bytes, places) = ([UInt8](repeating: 0, count: count * size), 0)
  var span = bytes.mutableSpan
  _ = try file.read(
    into: &span, classes: classes,
    placing: { index in
      guard index % step == 0 else { return nil }
      places += 1
      return index / step * size
    })
  guard places == count else {
    throw BrokenPromise("\(places) elements were kept, and not \(count)")
  }
}

/// The bytes of an IDX file, which are labels of 10 classes at the same time.
private func idxFile(_ magic: UInt32, _ sizes: [UInt32], byteCount: Int) -> [UInt8] {
  ([magic] + sizes).flatMap { littleEndian(UInt($0), size: 4).reversed() }
    + (0..<byteCount).map { UInt8($0 * 7 % 10) }
}
