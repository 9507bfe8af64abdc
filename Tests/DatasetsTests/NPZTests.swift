import Datasets
import TestSupport
import Testing

@Suite("Archives of NumPy arrays")
struct NPZTests {
  private let folder: TemporaryFolder
  private let arrays: [(name: String, bytes: [UInt8])]

  init() throws {
    folder = try TemporaryFolder()
    arrays = [
      ("train-x.npy", npy("<f4", [5, 3, 2], bytes((0..<30).map { Float($0) - 4 }))),
      ("train-y.npy", npy("|u1", [5], [1, 0, 2, 2, 1])),
      ("train-lengths.npy", npy("<i8", [5], bytes([1, 3, 2, 3, 3]))),
      ("test-lengths.npy", npy("<i8", [1], bytes([1]))),
    ]
    for (name, bytes) in arrays { try folder.write(bytes, to: name) }
  }

  private func load(format: DatasetFormat? = .npz) throws -> ShardedDataset {
    try ShardedDataset(
      directory: folder.path, format: format, part: .training, classes: 3)
  }

  private func error(_ archive: [UInt8]) throws -> DatasetError? {
    try folder.write(archive, to: "data.npz")
    return datasetError { _ = try load() }
  }

  @Test("Members that are stored or deflated, of small and of large archives, are the arrays")
  func members() throws {
    let expected = try load(format: .npy)
    for isDeflated in [false, true] {
      for isLarge in [false, true] {
        try folder.write(
          zipArchive(arrays, isDeflated: isDeflated, isLarge: isLarge), to: "data.npz")
        let data = try load()
        #expect(data.digests == expected.digests && data.sizes == expected.sizes)
        var (numbers, labels) = ([Float](repeating: -9, count: 30), [Int32](repeating: 9, count: 5))
        var numberSpan = numbers.mutableSpan
        var labelSpan = labels.mutableSpan
        _ = try data.gather(
          shard: 0, positions: [1, 3, 4, 2, 0], into: &numberSpan, labels: &labelSpan)
        #expect(labels == [0, 2, 1, 2, 1])
        #expect(numbers.prefix(10) == [2, 3, 14, 15, 20, 21, 8, 9, -4, -3])
      }
    }
  }

  @Test("Arrays may have the names that keywords of numpy.savez can be")
  func names() throws {
    for separate in [
      { "train_" + $0 }, { $0 + "_train" }, { "train-" + $0 },
    ] as [(String) -> String] {
      let named = zip(["x", "y"], arrays).map { (name: separate($0) + ".npy", bytes: $1.bytes) }
      try folder.write(zipArchive(named), to: "data.npz")
      #expect(try load().sampleCount == 5)
      // One of each name alone.
      let twice = try error(zipArchive(named + [("train_x.npy", arrays[0].bytes)]))
      #expect(twice?.kind == .countMismatch || twice?.kind == .damagedArchive)
    }
    let missing = try error(zipArchive([arrays[0]]))
    #expect(missing?.kind == .missingFile)
    #expect(missing?.found == "no array train-y")
    let lengths = try error(zipArchive([arrays[0], arrays[1], arrays[3]]))
    #expect(lengths?.found == "no train-lengths.npy beside it")
  }

  @Test("The folder says which format it is in, and data.format which to take")
  func formats() throws {
    try folder.write(zipArchive(arrays), to: "data.npz")
    let several = datasetError { _ = try DatasetFolder(folder.path).format() }
    #expect(several?.found == "files of npy and npz", "\(String(describing: several))")
    #expect(several?.reason.contains("set data.format to one of them") == true)
    let file = datasetError { _ = try DatasetFolder(folder.path + "/data.npz").format() }
    #expect(file?.found == "a file in place of the folder")
    for (name, _) in arrays { try folder.remove(name) }
    // As other systems leave them beside each file.
    try folder.write([], to: "._data.npz")
    #expect(try DatasetFolder(folder.path).format() == .npz)
    #expect(try load(format: nil).sampleCount == 5)
    #expect(datasetError { _ = try load(format: .npy) }?.kind == .missingFile)
    try folder.write(zipArchive(arrays), to: "other.npz")
    #expect(datasetError { _ = try load() }?.found == "data.npz and other.npz")
    try folder.remove("data.npz")
    try folder.remove("other.npz")
    try folder.remove("._data.npz")
    let empty = datasetError { _ = try load(format: nil) }
    #expect(empty?.kind == .missingFile)
    for name in ["(idx)", "(npy)", "(npz)", "(ts)"] {
      #expect(empty?.description.contains(name) == true)
    }
  }

  @Test("An archive that is damaged anywhere is an error, and never another data set")
  func damage() throws {
    for isDeflated in [false, true] {
      let whole = zipArchive(Array(arrays), isDeflated: isDeflated)
      let expected = try { () throws in
        try folder.write(whole, to: "data.npz")
        return try load().digests
      }()
      for place in whole.indices {
        var bytes = whole
        bytes[place] ^= 0x41
        try folder.write(bytes, to: "data.npz")
        // Dates, versions and what concerns members that are not read.
        if let data = try? load() { #expect(data.digests == expected, "byte \(place)") }
      }
      for count in stride(from: 0, to: whole.count, by: 7) {
        let cut = try error(Array(whole.prefix(count)))
        #expect(cut?.kind == .damagedArchive, "\(count) bytes")
      }
      #expect(try error(whole + [0])?.kind == .damagedArchive)
    }
    #expect(try error(Array("no archive".utf8))?.description.contains("zip archive") == true)
  }

  @Test("Checksums, methods and encryption are named")
  func words() throws {
    let whole = zipArchive(arrays)
    // The first element of the first member lies behind two headers.
    var altered = whole
    altered[30 + 11 + 128] ^= 1
    #expect(try error(altered)?.description.contains("another checksum") == true)
    let entry = try #require(
      whole.indices.first { whole[$0...].starts(with: [0x50, 0x4B, 1, 2]) })
    var method = whole
    method[entry + 10] = 12
    #expect(try error(method)?.description.contains("compressed by method 12") == true)
    var encrypted = whole
    encrypted[entry + 8] = 1
    #expect(try error(encrypted)?.description.contains("an encrypted member") == true)
  }

  @Test("A member that inflates out of all proportion costs no memory, only an error")
  func bomb() throws {
    let zeros = [UInt8](repeating: 0, count: 70 << 20)
    let large = try error(
      zipArchive(
        [("train-x.npy", npy("|u1", [5, zeros.count / 5], zeros)), arrays[1]], isDeflated: true))
    #expect(large?.kind == .damagedArchive)
    #expect(large?.description.contains("at most 200 times as many") == true)
    // A header that promises more than the member has, and one that promises less.
    let more = npy("<f4", [5, 1 << 20, 1 << 16], [1, 2, 3])
    #expect(try error(zipArchive([("train-x.npy", more), arrays[1]]))?.kind == .shortFile)
    let less = npy("<f4", [5, 1, 1], [UInt8](repeating: 0, count: 1 << 20))
    #expect(
      try error(zipArchive([("train-x.npy", less), arrays[1]], isDeflated: true))?.kind
        == .trailingBytes)
  }
}
