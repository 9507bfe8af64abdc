import Files

/// The files of a part of a data set, opened, with the sizes that their headers say, whichever
/// ``DatasetFormat`` they have.
package struct DatasetFiles {
  /// The sizes of the data set.
  package let sizes: DatasetSizes
  /// The settings by which numbers are read and prepared for a classifier.
  let features: FeatureSettings
  private let holdOut: HoldOut
  private let part: DatasetPart
  private var files: any SampleFiles

  /// The size of an array, in bytes, up to which it is copied into memory: a larger one stays in its
  /// file, if that has its numbers as they are in memory, and is read anew in each epoch.
  package static let largestInMemory = 256 << 20

  /// Opens the files.
  ///
  /// - Parameters:
  ///   - directory: the folder that holds the files.
  ///   - format: their format; nil for the one of what lies in the folder.
  ///   - part: the part of the data set, whose samples are numbered anew in the order of their file;
  ///     that number decides on their shard.
  ///   - shardCount: the number of logical shards.
  ///   - classes: the number of classes; every label must be in 0 ..< classes.
  ///   - classNames: the names of the classes, for labels that are names.
  ///   - heldOut: how many samples of the file are held out, as by ``HoldOut``; 0 for the test set.
  ///   - features: what numbers may be missing, and the order of pixels.
  ///   - largestInMemory: the bytes of numbers up to which they are copied into memory.
  ///   - isCancelled: asked now and then while the files are read; true ends that with an error of
  ///     the kind `cancelled`.
  /// - Throws: ``DatasetError`` where a file is missing or damaged, the files do not belong together,
  ///   or the shards cannot be had.
  package init(
    directory: String, format: DatasetFormat? = nil, part: DatasetPart, shardCount: Int,
    classes: Int, classNames: [String] = [], heldOut: Int = 0,
    features: FeatureSettings = FeatureSettings(),
    largestInMemory: Int = DatasetFiles.largestInMemory, isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    guard classes >= 1 else {
      throw DatasetError(
        .impossibleLayout, in: "data.classes", found: "\(classes)", expected: "at least 1 class",
        advice: "set data.classes to the number of classes")
    }
    let folder = DatasetFolder(directory)
    let format = if let format { format } else { try folder.format() }
    files = try format.open(
      folder.paths(of: part, format), classes: classNames,
      allowsMissing: features.missing != .error, isCancelled: isCancelled)
    let count = files.count
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
    let areLarge = count * files.form.byteCount > largestInMemory
    sizes = DatasetSizes(
      layout: layout, form: try files.form.read(in: features.order, from: files.path),
      classes: classes, onDisk: areLarge ? files.onDisk : nil)
    (self.part, self.features) = (part, features)
  }

  /// Opens the files of samples to evaluate or to predict, as one shard of a test set.
  ///
  /// - Parameters:
  ///   - classNames: the names of the classes; every label must be one of them or its number.
  ///   - features: as for the other `init`.
  ///   - isCancelled: as for the other `init`.
  /// - Throws: ``DatasetError`` where a file is damaged, or the files do not belong together.
  package init(
    _ source: SampleSource, classNames: [String], features: FeatureSettings = FeatureSettings(),
    isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    files = try source.format.open(
      source.paths, classes: classNames, needsLabels: source.needsLabels,
      allowsMissing: features.missing != .error, isCancelled: isCancelled)
    holdOut = try HoldOut(sampleCount: files.count, heldOut: 0)
    let areLarge = files.count * files.form.byteCount > Self.largestInMemory
    sizes = DatasetSizes(
      layout: try ShardLayout(sampleCount: files.count, shardCount: 1),
      form: try files.form.read(in: features.order, from: files.path),
      classes: classNames.count, hasLabels: files.hasLabels, onDisk: areLarge ? files.onDisk : nil)
    (part, self.features) = (.test, features)
  }

  /// The path of the file that has most of the bytes.
  var path: String { files.path }

  /// Opens the file that keeps the samples' numbers, where it does.
  ///
  /// - Throws: ``DatasetError``.
  package func openNumbers() throws(DatasetError) -> InputFile? {
    guard sizes.onDisk != nil else { return nil }
    let path = path
    return try DatasetError.reading { () throws(FileError) in try InputFile(path: path) }
  }

  /// Reads the samples of some shards, and checks the whole of all files.
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
    return try files.read(
      into: &memory, classes: sizes.classes, keepsOnDisk: sizes.onDisk != nil,
      placing: { index in
        guard let number = holdOut.number(ofSample: index, in: part) else { return nil }
        let shard = layout.shard(ofSample: number)
        guard places.shards.contains(shard) else { return nil }
        return places.place(shard: shard, position: layout.position(ofSample: number))
      }, isCancelled: isCancelled)
  }
}

/// The sizes of a data set, or a part of it, whoever holds its samples.
package struct DatasetSizes: Equatable, Sendable {
  /// The layout of all samples in shards.
  package let layout: ShardLayout
  /// The form of the samples.
  package let form: SampleForm
  /// The number of classes; every label is in 0 ..< classes.
  package let classes: Int
  /// False where nobody labeled the samples, whose labels then are all 0.
  package let hasLabels: Bool
  /// The places of the samples' numbers in their file, if that keeps them.
  package let onDisk: DiskNumbers?

  package init(
    layout: ShardLayout, form: SampleForm, classes: Int, hasLabels: Bool = true,
    onDisk: DiskNumbers? = nil
  ) {
    (self.layout, self.form, self.classes) = (layout, form, classes)
    (self.hasLabels, self.onDisk) = (hasLabels, onDisk)
  }

  /// The places of the samples of some shards in memory.
  package func places(_ shards: Range<Int>) -> SamplePlaces {
    SamplePlaces(layout, shards: shards, form: form, areOnDisk: onDisk != nil)
  }
}

/// The digests of a data set's files, for ranks to compare.
package struct DatasetDigests: Equatable, Sendable, CustomStringConvertible {
  /// The SHA-256 of the whole file of the samples, decompressed.
  package let samples: SHA256Digest
  /// The SHA-256 of the whole label file, decompressed; where lengths have a file of their own, that
  /// of the digests of both.
  package let labels: SHA256Digest

  package init(samples: SHA256Digest, labels: SHA256Digest) {
    (self.samples, self.labels) = (samples, labels)
  }

  /// Both digests, with a space between.
  package var description: String { "\(samples) \(labels)" }
}
