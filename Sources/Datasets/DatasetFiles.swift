import Files

/// The files of a part of a data set, opened, with the sizes that their headers say.
///
/// They come from the reader beside it, today ``IDXFile``; a new format is a reader that gives
/// elements their places in the same way, and its files' names in ``DatasetPart``.
package struct DatasetFiles {
  /// The sizes of the data set.
  package let sizes: DatasetSizes
  private let holdOut: HoldOut
  private let part: DatasetPart
  private var labelFile: IDXFile
  private var imageFile: IDXFile

  /// Opens the files.
  ///
  /// - Parameters:
  ///   - directory: the folder that holds the four IDX files.
  ///   - part: the part of the data set, whose samples are numbered anew in the order of their file;
  ///     that number decides on their shard.
  ///   - shardCount: the number of logical shards.
  ///   - classes: the number of classes; every label must be in 0 ..< classes.
  ///   - heldOut: how many samples of the file are held out, as by ``HoldOut``; 0 for the test set.
  ///   - isCancelled: asked now and then while the files are read; true ends that with an error of
  ///     the kind `cancelled`.
  /// - Throws: ``DatasetError`` where a file is missing or no IDX file, the two do not belong
  ///   together, or the shards cannot be had.
  package init(
    directory: String, part: DatasetPart, shardCount: Int, classes: Int, heldOut: Int = 0,
    isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    guard classes >= 1 else {
      throw DatasetError(
        .impossibleLayout, in: "data.classes", found: "\(classes)", expected: "at least 1 class",
        advice: "set data.classes to the number of classes")
    }
    let paths = try part.paths(in: directory)
    labelFile = try IDXFile.labels(paths.labels, isCancelled: isCancelled)
    let count = labelFile.count
    holdOut = try HoldOut(sampleCount: count, heldOut: heldOut)
    let left = holdOut.count(of: part)
    if part == .training, left < shardCount, shardCount <= count {
      throw DatasetError(
        .impossibleLayout, in: "data.validation",
        found: "\(heldOut) of \(count) samples, which leaves \(left) to learn from",
        expected: "at least one left for each of the \(shardCount) shards",
        advice: "lower data.validation, or data.shards")
    }
    let layout = try ShardLayout(sampleCount: left, shardCount: shardCount)
    imageFile = try IDXFile.images(paths.images, count: count, isCancelled: isCancelled)
    sizes = DatasetSizes(
      layout: layout, height: imageFile.sizes[1], width: imageFile.sizes[2], classes: classes)
    self.part = part
  }

  /// The path of the file that has most of the bytes.
  var imagePath: String { imageFile.path }

  /// Reads the samples of some shards, and checks the whole of both files.
  ///
  /// - Parameters:
  ///   - places: the places of the shards in `memory`.
  ///   - isCancelled: as for `init`.
  /// - Throws: ``DatasetError`` where a file is damaged.
  package mutating func read(
    _ places: SamplePlaces, into memory: inout MutableSpan<UInt8>,
    isCancelled: () -> Bool = { false }
  ) throws(DatasetError) -> DatasetDigests {
    let (holdOut, part, layout) = (holdOut, part, sizes.layout)
    /// The first byte for sample `index` of the file, among elements of `size` bytes from `start` on.
    func place(_ index: Int, from start: Int, size: Int) -> Int? {
      guard let number = holdOut.number(ofSample: index, in: part) else { return nil }
      let shard = layout.shard(ofSample: number)
      guard places.shards.contains(shard) else { return nil }
      return start
        + (places.firstSample(ofShard: shard) + layout.position(ofSample: number)) * size
    }
    let labelDigest = try labelFile.read(
      into: &memory, classes: sizes.classes,
      placing: { place($0, from: places.imagesByteCount, size: 1) }, isCancelled: isCancelled)
    let imageDigest = try imageFile.read(
      into: &memory, placing: { place($0, from: 0, size: places.imageByteCount) },
      isCancelled: isCancelled)
    return DatasetDigests(images: imageDigest, labels: labelDigest)
  }
}

/// The sizes of a data set, or a part of it, whoever holds its samples.
package struct DatasetSizes: Equatable, Sendable {
  /// The layout of all samples in shards.
  package let layout: ShardLayout
  /// The rows of an image, which are the time steps of a sequence.
  package let height: Int
  /// The pixels of a row, which are the features of a time step.
  package let width: Int
  /// The number of classes; every label is in 0 ..< classes.
  package let classes: Int

  package init(layout: ShardLayout, height: Int, width: Int, classes: Int) {
    (self.layout, self.height, self.width) = (layout, height, width)
    self.classes = classes
  }

  /// The places of the samples of some shards in memory.
  package func places(_ shards: Range<Int>) -> SamplePlaces {
    SamplePlaces(layout, shards: shards, imageByteCount: height * width)
  }
}

/// The digests of a data set's files, for ranks to compare.
package struct DatasetDigests: Equatable, Sendable, CustomStringConvertible {
  /// The SHA-256 of the whole image file, decompressed.
  package let images: SHA256Digest
  /// The SHA-256 of the whole label file, decompressed.
  package let labels: SHA256Digest

  package init(images: SHA256Digest, labels: SHA256Digest) {
    (self.images, self.labels) = (images, labels)
  }

  /// Both digests, with a space between.
  package var description: String { "\(images) \(labels)" }
}
