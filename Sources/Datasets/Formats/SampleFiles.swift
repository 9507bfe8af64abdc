import Files

/// The files of a part of a data set, opened, in one of the formats.
///
/// A new format is a new type of these, and a case of ``DatasetFormat``.
protocol SampleFiles {
  /// The number of samples in the files.
  var count: Int { get }
  /// The form of the samples.
  var form: SampleForm { get }
  /// The path of the file that has most of the bytes.
  var path: String { get }
  /// True if each sample has a label; otherwise all get the label 0 in memory.
  var hasLabels: Bool { get }

  /// The places of the samples' numbers in the file at `path`, if they are there as they would be in
  /// memory.
  var onDisk: DiskNumbers? { get }

  /// Reads all samples, checks the whole of all files, and writes the samples that have a place.
  ///
  /// - Parameters:
  ///   - classes: the number of classes; every label must be in 0 ..< classes.
  ///   - keepsOnDisk: true to write a sample's index in the files in place of its numbers.
  ///   - place: the place in `memory` of the sample with this index in the files; nil to pass over
  ///     it.
  ///   - isCancelled: asked now and then; true ends the reading with an error of the kind
  ///     `cancelled`.
  /// - Throws: ``DatasetError`` where a file is damaged.
  mutating func read(
    into memory: inout MutableSpan<UInt8>, classes: Int, keepsOnDisk: Bool,
    placing place: (Int) -> SamplePlace?,
    isCancelled: () -> Bool
  ) throws(DatasetError) -> DatasetDigests
}

extension SampleFiles {
  var hasLabels: Bool { true }
}
