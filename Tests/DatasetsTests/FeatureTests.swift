import Datasets
import TestSupport
import Testing

@Suite("Features: normalization, missing numbers, the order of pixels")
struct FeatureTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Sequences `[N, T, F]` with the label 0.
  private func load(
    _ values: [Float], _ shape: [Int], lengths: [Int64]? = nil, shards: Range<Int>? = nil,
    of shardCount: Int = 1, _ settings: FeatureSettings
  ) throws -> ShardedDataset {
    try folder.write(npy("<f4", shape, bytes(values)), to: "train-x.npy")
    try folder.write(
      npy("|u1", [shape[0]], [UInt8](repeating: 0, count: shape[0])), to: "train-y.npy")
    if let lengths {
      try folder.write(npy("<i8", [shape[0]], bytes(lengths)), to: "train-lengths.npy")
    }
    return try ShardedDataset(
      directory: folder.path, part: .training, shardCount: shardCount,
      shards: shards ?? 0..<shardCount, classes: 2, features: settings)
  }

  /// A sample as the classifier has it, `[T, F]`, as one of two rows.
  private func prepared(_ data: ShardedDataset, _ position: Int) throws -> [Float] {
    let positions = [position, position]
    let steps = try data.longestFirst(shard: 0, positions: positions[...]).lengths[0]
    let features = data.form.features
    var numbers = [Float](repeating: 9, count: steps * 2 * features)
    var labels: [Int32] = [7, 7]
    var numberSpan = numbers.mutableSpan
    var labelSpan = labels.mutableSpan
    _ = try data.gather(
      shard: 0, positions: positions[...], into: &numberSpan, labels: &labelSpan)
    let rows = (0...1).map { row in
      (0..<steps).flatMap { t in (0..<features).map { numbers[(t * 2 + row) * features + $0] } }
    }
    #expect(rows[0].map(\.bitPattern) == rows[1].map(\.bitPattern))
    return rows[0]
  }

  private static let standard = FeatureSettings(normalization: .standard)

  @Test("Means and deviations are those of exact sums, whatever cancels")
  func exactness() throws {
    // The sums of the first feature are 6, 1 where numbers are added in turn. The second has one value
    // that no power of two divides; the third is far from 0.
    let columns: [[Float]] = [
      [3e38, 1, 2, -3e38, 3, 0], [0.1, 0.1, 0.1, 0.1, 0.1, 0.1],
      [16_777_216, 16_777_218, 16_777_216, 16_777_218, 16_777_216, 16_777_218],
    ]
    let values = (0..<6).flatMap { row in columns.map { $0[row] } }
    let whole = try load(values, [3, 2, 3], Self.standard).standardization { _ in }
    #expect(whole.means == [1, 0.1, 16_777_216])
    // The root of (2 (3e38)² + …) / 6; 1, for there is none; 1, as far as a float tells.
    #expect(abs(whole.deviations[0] / 1.732_050_8e38 - 1) < 1e-6)
    #expect(whole.deviations[1...] == [1, 1])
  }

  @Test("They are the same whoever adds up which shards, and in any order of the samples")
  func shards() throws {
    var noise: UInt32 = 5
    let values = (0..<7 * 5 * 2).map { _ in
      noise = noise &* 1_664_525 &+ 1_013_904_223
      return Float(noise >> 8)
        * Float(sign: .plus, exponent: Int(noise >> 3 & 31) - 40, significand: 1)
    }
    let whole = try load(values, [7, 5, 2], Self.standard).standardization { _ in }
    let turned = (0..<7).reversed().flatMap { values[$0 * 10..<($0 + 1) * 10] }
    #expect(try load(turned, [7, 5, 2], Self.standard).standardization { _ in } == whole)
    let parts = try [0..<2, 2..<3].map {
      try load(values, [7, 5, 2], shards: $0, of: 3, Self.standard)
    }
    #expect(try together(parts) == whole)
  }

  /// The standardization of processes that add up their sums, those of the means first.
  private func together(_ processes: [ShardedDataset]) throws -> Standardization {
    var sums: [[Int]] = []
    func run(
      _ process: ShardedDataset, _ last: (inout [Int]) -> Void = { _ in }
    ) throws -> Standardization {
      var call = 0
      return try process.standardization { numbers in
        if call < sums.count { numbers = sums[call] } else if call == sums.count { last(&numbers) }
        call += 1
      }
    }
    for _ in 0..<2 {
      var sum: [Int] = []
      for process in processes {
        _ = try run(process) { sum = sum.isEmpty ? $0 : zip(sum, $0).map(+) }
      }
      sums.append(sum)
    }
    return try run(processes[0])
  }

  @Test("A sequence is normalized by the training set, or by itself")
  func normalization() throws {
    let values: [Float] = [1, 10, 3, 30, 5, 50, 7, 70]  // [2, 2, 2]
    var data = try load(values, [2, 2, 2], Self.standard)
    data.standardization = try data.standardization { _ in }
    let deviation = Float(5).squareRoot()
    for (a, b) in zip(try prepared(data, 1), [1, 10, 3, 30].map { Float($0) / deviation }) {
      #expect(abs(a - (b > 2 ? b / 10 : b)) < 1e-6, "\(a) \(b)")
    }
    let sample = FeatureSettings(normalization: .sample)
    #expect(try prepared(load(values, [2, 2, 2], sample), 1) == [-1, -1, 1, 1])
    #expect(try prepared(load([4, 4, 4, 8], [1, 2, 2], sample), 0) == [0, -1, 0, 1])
  }

  @Test("Missing numbers are refused, are 0 or the one before, and count for no mean")
  func missing() throws {
    let values: [Float] = [.nan, 1, 4, .nan, .nan, 3, 0, 0, 8, 1, 2, 1]  // [2, 3, 2]
    #expect(throws: DatasetError.self) {
      try self.load(values, [2, 3, 2], FeatureSettings())
    }
    func load(_ missing: MissingValues, _ normalization: Normalization) throws -> ShardedDataset {
      try self.load(
        values, [2, 3, 2], lengths: [3, 1],
        FeatureSettings(missing: missing, normalization: normalization))
    }
    #expect(try prepared(load(.zero, .none), 0) == [0, 1, 4, 0, 0, 3])
    #expect(try prepared(load(.previous, .none), 0) == [0, 1, 4, 1, 4, 3])
    #expect(try prepared(load(.previous, .sample), 0) == [0, -1, 0, -1, 0, 1])
    #expect(try prepared(load(.zero, .sample), 0) == [0, -1, 0, 0, 0, 1])
    // What lies behind the end of the second counts for none, either.
    let standardization = try load(.zero, .standard).standardization { _ in }
    #expect(standardization.means == [2, 4 / 3])
    #expect(throws: DatasetError.self) {
      try self.load([.infinity, 0], [1, 1, 2], FeatureSettings(missing: .zero))
    }
  }

  @Test("Images are read pixel by pixel, also in an order that all have")
  func pixels() throws {
    let (count, height, width) = (6, 5, 4)
    let pixels = (0..<count * height * width).map { UInt8($0 * 7 % 255) }
    try folder.write(
      idx(
        magic: 0x0803, sizes: [UInt32(count), UInt32(height), UInt32(width)], elements: pixels),
      to: "train-images-idx3-ubyte")
    try folder.write(idxLabels(count), to: "train-labels-idx1-ubyte")
    func load(_ order: PixelOrder) throws -> ShardedDataset {
      try ShardedDataset(
        directory: folder.path, part: .training, classes: 10,
        features: FeatureSettings(order: order))
    }
    let rows = try load(.rows), turn = try load(.pixels), drawn = try load(.permuted)
    #expect(turn.form.steps == 20 && turn.form.features == 1)
    #expect(turn.form.inWords == "images of 5 x 4 pixels")
    let order = try prepared(drawn, 0).map { pixel in
      try #require(try prepared(rows, 0).firstIndex(of: pixel))
    }
    #expect(order.sorted() == Array(0..<20) && order != Array(0..<20))
    for sample in 0..<count {
      let image = try prepared(rows, sample)
      #expect(try prepared(turn, sample) == image)
      #expect(try prepared(drawn, sample) == order.map { image[$0] })
      #expect(try drawn.image(at: sample) == rows.image(at: sample))
    }
    for name in try folder.names() { try folder.remove(name) }
    let error = #expect(throws: DatasetError.self) {
      try self.load([1, 2], [1, 1, 2], FeatureSettings(order: .pixels))
    }
    #expect(error?.description.contains("data.order") ?? false)
  }
}
