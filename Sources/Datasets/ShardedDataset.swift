import Files

/// The samples that one rank holds: the images, one byte a pixel, and the labels of its logical
/// shards.
///
/// They come from the readers of files beside it, today ``IDXFile``; a new format is a reader that
/// deals samples out to shards in the same way, and its files' names in ``DatasetPart``.
package struct ShardedDataset: Sendable {
  /// The layout of the whole data set in shards.
  package let layout: ShardLayout
  /// The shards that are held here.
  package let shards: Range<Int>
  /// The rows of an image, which are the time steps of a sequence.
  package let height: Int
  /// The pixels of a row, which are the features of a time step.
  package let width: Int
  /// The number of classes; every label is in 0 ..< classes.
  package let classes: Int
  /// The SHA-256 of the whole image file, decompressed, for ranks to compare.
  package let imageDigest: SHA256Digest
  /// The SHA-256 of the whole label file, decompressed, for ranks to compare.
  package let labelDigest: SHA256Digest

  /// For each held shard: [samples, height, width].
  let pixels: [[UInt8]]
  /// For each held shard: [samples].
  let labels: [[UInt8]]

  /// The number of samples in the whole data set, or the part of it, held here or not.
  package var sampleCount: Int { layout.sampleCount }

  /// Loads some shards of a data set, and checks the whole of both its files.
  ///
  /// - Parameters:
  ///   - directory: the folder that holds the four IDX files.
  ///   - part: the part of the data set to load, whose samples are numbered anew in the order of
  ///     their file; that number decides on their shard.
  ///   - shardCount: the number of logical shards; with 1, `shards` 0 ..< 1 is the whole set.
  ///   - shards: the shards to keep, as from ``ShardLayout/shards(ofRank:worldSize:shardCount:)``.
  ///   - classes: the number of classes.
  ///   - heldOut: how many samples of the file are held out, as by ``HoldOut``; 0 for the test set.
  ///   - isCancelled: asked now and then while the files are read; true ends that with an error of
  ///     the kind `cancelled`.
  /// - Throws: ``DatasetError`` where a file is missing or damaged, the two do not belong together,
  ///   or the shards cannot be had.
  package init(
    directory: String, part: DatasetPart, shardCount: Int = 1, shards: Range<Int> = 0..<1,
    classes: Int, heldOut: Int = 0, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    guard classes >= 1 else {
      throw DatasetError(
        .impossibleLayout, in: "data.classes", found: "\(classes)", expected: "at least 1 class",
        advice: "set data.classes to the number of classes")
    }
    guard shardCount >= 1, shards.lowerBound >= 0, shards.upperBound <= shardCount else {
      throw DatasetError(
        .impossibleLayout, in: "data.shards", found: "shards \(shards) of \(shardCount)",
        expected: "shards from 0 to \(max(shardCount, 1) - 1)",
        advice: "set data.shards accordingly")
    }
    let paths = try part.paths(in: directory)
    var holdOut: HoldOut?
    func buffer(_ sample: Int) -> Int? {
      guard let number = holdOut?.number(ofSample: sample, in: part) else { return nil }
      let shard = number % shardCount
      return shards.contains(shard) ? shard - shards.lowerBound : nil
    }
    // Before the samples are read, so that memory for shards is never asked for in vain.
    let labelFile = try IDXFile.labels(
      paths.labels, classes: classes, bufferCount: shards.count,
      check: { count throws(DatasetError) in
        let whole = try HoldOut(sampleCount: count, heldOut: heldOut)
        holdOut = whole
        let left = whole.count(of: part)
        if part == .training, left < shardCount, shardCount <= count {
          throw DatasetError(
            .impossibleLayout, in: "data.validation",
            found: "\(heldOut) of \(count) samples, which leaves \(left) to learn from",
            expected: "at least one left for each of the \(shardCount) shards",
            advice: "lower data.validation, or data.shards")
        }
        _ = try ShardLayout(sampleCount: left, shardCount: shardCount)
      }, placing: buffer, isCancelled: isCancelled)
    let imageFile = try IDXFile.images(
      paths.images, count: labelFile.count, bufferCount: shards.count, placing: buffer,
      isCancelled: isCancelled)
    layout = try ShardLayout(
      sampleCount: HoldOut(sampleCount: labelFile.count, heldOut: heldOut).count(of: part),
      shardCount: shardCount)
    self.shards = shards
    self.classes = classes
    height = imageFile.sizes[1]
    width = imageFile.sizes[2]
    imageDigest = imageFile.digest
    labelDigest = labelFile.digest
    pixels = imageFile.buffers
    labels = labelFile.buffers
  }
}
