import Cluster
import Configuration
import Datasets
import Files
import MessagePassing

/// The reader of a data set on one host: where all ranks there see the same files, the first rank
/// inflates them once, into memory that all of them share.
///
/// Each rank calls the same functions in the same order.
struct HostReader {
  private let group: ProcessGroup
  private let data: Configuration.Data
  private let features: FeatureSettings
  /// The reason why this host's ranks read for themselves, for lack of memory to share.
  private(set) var sharedMemoryFailure: String?

  init(_ group: ProcessGroup, _ configuration: Configuration) {
    (self.group, data, features) = (group, configuration.data, configuration.features)
  }

  /// This rank's shards of the training samples.
  mutating func training() throws -> ShardedDataset {
    let (mine, first) = (try shards(ofPlace: group.place), group.place - group.node.rank)
    let host =
      try shards(ofPlace: first)
      .lowerBound..<shards(ofPlace: first + group.node.size - 1).upperBound
    return try read(
      files(of: .training, shardCount: data.shards), shardCount: data.shards, mine, ofHost: host)
  }

  /// All samples of a part that is evaluated, on the ranks that evaluate.
  mutating func whole(
    _ part: DatasetPart, on ranks: Configuration.Evaluation.Ranks
  ) throws -> ShardedDataset? {
    switch ranks {
    case .all: try read(files(of: part, shardCount: 1), shardCount: 1, 0..<1, ofHost: 0..<1)
    case .root: try group.isRoot ? readAlone(files(of: part, shardCount: 1), 0..<1) : nil
    }
  }

  /// All samples of some files, on every rank.
  mutating func whole(_ source: SampleSource) throws -> ShardedDataset {
    let (names, features) = (data.classes, features)
    return try read(
      Files(paths: source.paths.all) { (isCancelled) throws(DatasetError) in
        try DatasetFiles(
          source, classNames: names, features: features, isCancelled: isCancelled)
      }, shardCount: 1, 0..<1, ofHost: 0..<1)
  }

  private func shards(ofPlace place: Int) throws -> Range<Int> {
    try ShardLayout.shards(ofRank: place, worldSize: group.size, shardCount: data.shards)
  }

  /// The files to read, before they are opened.
  private struct Files {
    /// Their paths; none where they are not there.
    let paths: [String]
    let open: (_ isCancelled: () -> Bool) throws(DatasetError) -> DatasetFiles
  }

  /// The files of a part of the data set.
  private func files(of part: DatasetPart, shardCount: Int) -> Files {
    let (data, features, folder) = (data, features, DatasetFolder(data.directory))
    let paths = try? folder.paths(of: part, data.format.dataset ?? folder.format())
    return Files(paths: paths?.all ?? []) { (isCancelled) throws(DatasetError) in
      try DatasetFiles(
        directory: data.directory, format: data.format.dataset, part: part,
        shardCount: shardCount, classes: data.classes.count, classNames: data.classes,
        heldOut: part == .test ? 0 : data.validation, features: features, isCancelled: isCancelled)
    }
  }

  /// Reads some shards into this rank's own memory.
  private func readAlone(_ files: Files, _ shards: Range<Int>) throws -> ShardedDataset {
    try ShardedDataset(
      files.open(group.stallDetector.isInterrupted), shards: shards,
      isCancelled: group.stallDetector.isInterrupted)
  }

  /// Reads the shards of all ranks of this host once, of which this rank has `mine`.
  private mutating func read(
    _ source: Files, shardCount: Int, _ mine: Range<Int>, ofHost shards: Range<Int>
  ) throws -> ShardedDataset {
    guard group.node.size > 1, sharedMemoryFailure == nil,
      try group.hostSharesFiles(source.paths)
    else {
      return try readAlone(source, mine)
    }
    var files: DatasetFiles?
    let numbers = try group.onEachHost {
      let opened = try source.open(group.stallDetector.isInterrupted)
      files = opened
      return [opened.sizes.layout.sampleCount, opened.sizes.hasLabels ? 1 : 0]
        + (opened.sizes.onDisk?.numbers ?? [-1, -1])
        + opened.sizes.form.numbers
    }
    let sizes = DatasetSizes(
      layout: try ShardLayout(sampleCount: numbers[0], shardCount: shardCount),
      form: SampleForm(numbers: numbers.dropFirst(4)), classes: data.classes.count,
      hasLabels: numbers[1] == 1,
      onDisk: numbers[2] < 0 ? nil : DiskNumbers(numbers: numbers[2...3]))
    let places = sizes.places(shards)
    let memory: HostMemory
    do { memory = try HostMemory(byteCount: places.byteCount, group.node) } catch {
      guard error.errorClass == .noMemory else { throw error }
      sharedMemoryFailure = error.message
      return try readAlone(source, mine)
    }
    // Opened before it is read, so that a change from then on is seen. A failure of this rank alone
    // is for the first minibatch to say: the others are in the midst of reading together.
    let file = sizes.onDisk.map { _ in
      Result { () throws(FileError) in try InputFile(path: source.paths[0]) }
    }
    let digests = try group.onEachHost {
      let digests = try memory.fill { (memory) throws(DatasetError) in
        try files?.read(places, into: &memory, isCancelled: group.stallDetector.isInterrupted)
      }
      return digests.map { $0.samples.numbers + $0.labels.numbers } ?? []
    }
    memory.synchronize()
    return ShardedDataset(
      sizes, shards: mine,
      digests: DatasetDigests(
        samples: SHA256Digest(numbers: digests.prefix(SHA256Digest.byteCount)),
        labels: SHA256Digest(numbers: digests.dropFirst(SHA256Digest.byteCount))), places: places,
      memory: memory, file: file, features: features)
  }
}

/// Memory of all ranks of a host for samples.
///
/// `@unchecked Sendable` holds because one rank fills it, before any has it as the memory of a data
/// set, and nobody writes to it from then on.
private final class HostMemory: SampleMemory, @unchecked Sendable {
  private let buffer: SharedBuffer<UInt8>

  /// - Throws: `MPIError`, of the class `noMemory` on all ranks of `node` if they cannot have it.
  init(byteCount: Int, _ node: Communicator) throws(MPIError) {
    buffer = try SharedBuffer(count: byteCount, in: node)
  }

  func fill<Result, Failure: Error>(
    _ body: (inout MutableSpan<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { synchronize() }
    return try buffer.withMutableSpan(body)
  }

  /// Shows what one rank has written to the others; each calls this after they have waited for it.
  func synchronize() { buffer.synchronize() }

  func withBytes<Result, Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try buffer.withSpan(body)
  }
}
