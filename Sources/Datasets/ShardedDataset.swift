import Files
import Tensors

/// The samples that one rank holds: the numbers and the labels of its logical shards.
package struct ShardedDataset: Sendable {
  /// The sizes of the whole data set.
  package let sizes: DatasetSizes
  /// The shards that are held here.
  package let shards: Range<Int>
  /// The digests of the data set's files.
  package let digests: DatasetDigests
  /// The places of these shards, and of any others, in the memory.
  let places: SamplePlaces
  let memory: any SampleMemory
  /// The settings by which numbers are prepared for a classifier.
  let features: FeatureSettings
  /// For each time step the pixel, where they are read in an order that was drawn; empty otherwise.
  let permutation: [Int]
  /// That of the training set, before the first `gather` where the settings ask for it.
  package var standardization: Standardization?
  /// The file that keeps the samples' numbers, where they are not in the memory.
  private let file: Result<InputFile, FileError>?

  /// The file of the samples' numbers, and their places there, where they are not in the memory.
  ///
  /// - Throws: ``DatasetError`` where the file could not be opened, or somebody wrote to it since.
  func openedNumbers() throws(DatasetError) -> (places: DiskNumbers, file: InputFile)? {
    guard let places = sizes.onDisk, let file else { return nil }
    return try DatasetError.reading { () throws(FileError) in
      let file = try file.get()
      try file.requireUnchanged()
      return (places, file)
    }
  }

  /// The layout of the whole data set in shards.
  package var layout: ShardLayout { sizes.layout }
  /// The form of the samples.
  package var form: SampleForm { sizes.form }
  /// The number of classes; every label is in 0 ..< classes.
  package var classes: Int { sizes.classes }
  /// False where nobody labeled the samples, whose labels then are all 0.
  package var hasLabels: Bool { sizes.hasLabels }
  /// The number of samples in the whole data set, or the part of it, held here or not.
  package var sampleCount: Int { layout.sampleCount }

  /// Some shards of a data set whose samples are in `memory`.
  ///
  /// - Parameters:
  ///   - shards: those to hold, among the shards of `places`.
  ///   - digests: as from ``DatasetFiles``, which wrote to the memory.
  ///   - file: the file that keeps their numbers, where `sizes` say so.
  package init(
    _ sizes: DatasetSizes, shards: Range<Int>, digests: DatasetDigests, places: SamplePlaces,
    memory: any SampleMemory, file: Result<InputFile, FileError>? = nil,
    features: FeatureSettings = FeatureSettings()
  ) {
    precondition(file != nil || sizes.onDisk == nil, "no file of the numbers")
    (self.sizes, self.shards, self.digests) = (sizes, shards, digests)
    (self.places, self.memory, self.file, self.features) = (places, memory, file, features)
    permutation = sizes.form.order == .permuted ? PixelOrder.permutation(sizes.form.steps) : []
  }

  /// Reads some shards into memory of this process; with one shard, `shards` 0 ..< 1 is the whole
  /// set.
  ///
  /// - Throws: ``DatasetError`` as ``DatasetFiles`` does, and where there is no memory.
  package init(
    directory: String, format: DatasetFormat? = nil, part: DatasetPart, shardCount: Int = 1,
    shards: Range<Int> = 0..<1, classes: Int, classNames: [String] = [], heldOut: Int = 0,
    features: FeatureSettings = FeatureSettings(),
    largestInMemory: Int = DatasetFiles.largestInMemory, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    guard shardCount >= 1, shards.lowerBound >= 0, shards.upperBound <= shardCount else {
      throw DatasetError(
        .impossibleLayout, in: "data.shards", found: "shards \(shards) of \(shardCount)",
        expected: "shards from 0 to \(max(shardCount, 1) - 1)",
        advice: "set data.shards accordingly")
    }
    let files = try DatasetFiles(
      directory: directory, format: format, part: part, shardCount: shardCount, classes: classes,
      classNames: classNames, heldOut: heldOut, features: features,
      largestInMemory: largestInMemory, isCancelled: isCancelled)
    try self.init(files, shards: shards, isCancelled: isCancelled)
  }

  /// Reads some shards of files into memory of this process.
  ///
  /// - Throws: ``DatasetError`` as ``DatasetFiles`` does, and where there is no memory.
  package init(
    _ files: DatasetFiles, shards: Range<Int>, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    var files = files
    let places = files.sizes.places(shards)
    let memory: AlignedBuffer<UInt8>
    do { memory = try AlignedBuffer(count: places.byteCount) } catch {
      throw DatasetError(
        .outOfMemory, in: files.path,
        found: "no memory for \(places.byteCount) bytes of its samples",
        expected: "the memory that this rank's shards of the data take",
        advice: "raise the limit of memory (ulimit -v, ulimit -d, or the job's), or start fewer "
          + "ranks on this host")
    }
    let file = try files.openNumbers()
    let digests = try memory.withMutableSpan { (span) throws(DatasetError) in
      try files.read(places, into: &span, isCancelled: isCancelled)
    }
    self.init(
      files.sizes, shards: shards, digests: digests, places: places, memory: memory,
      file: file.map { .success($0) }, features: files.features)
  }
}
