import Files

/// The places of samples' numbers in the file that they are read from, where that keeps them because
/// it is large: 32-bit floats, `[N, T, F]`, as this machine has them in memory.
package struct DiskNumbers: Equatable, Sendable {
  /// The first byte of the first sample.
  let start: Int
  /// The bytes from one sample to the next.
  let stride: Int

  /// The places as numbers, for other ranks.
  package var numbers: [Int] { [start, stride] }

  init(start: Int, stride: Int) { (self.start, self.stride) = (start, stride) }

  /// The places that these are the `numbers` of; nil for none.
  package init?(numbers: some Collection<Int>) {
    guard let start = numbers.first, let stride = numbers.dropFirst().first else { return nil }
    self.init(start: start, stride: stride)
  }
}

/// Reads the numbers of one sample after the other, from memory or from their file.
struct SampleReader {
  private let data: ShardedDataset
  private let shard: Int
  private let onDisk: (places: DiskNumbers, file: InputFile)?
  private var buffer: [UInt8] = []

  /// - Parameter shard: a shard that is held here.
  /// - Throws: ``DatasetError`` where the file could not be opened, or somebody wrote to it.
  init(_ data: ShardedDataset, shard: Int) throws(DatasetError) {
    (self.data, self.shard) = (data, shard)
    onDisk = try data.openedNumbers()
  }

  /// Calls `body` with the numbers of the sample at `position`: those of its first `length` time steps
  /// at the least.
  ///
  /// - Parameter bytes: the memory of the data set.
  /// - Throws: ``DatasetError`` where the file cannot be read.
  mutating func read(
    _ position: Int, length: Int, in bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Void
  ) throws(DatasetError) {
    let place = data.places.place(shard: shard, position: position).numbers
    guard let (numbers, file) = onDisk else {
      return body(bytes.extracting(place..<place + data.form.byteCount))
    }
    let index = Int(bytes.int64(at: place))
    let count = length * data.form.features * data.form.numberByteCount
    if buffer.count < count { buffer = [UInt8](repeating: 0, count: data.form.byteCount) }
    var failure: FileError?
    buffer.withUnsafeMutableBytes { buffer in
      do throws(FileError) {
        try file.read(
          at: numbers.start + index * numbers.stride, into: .init(rebasing: buffer[..<count]))
      } catch { failure = error }
    }
    if let failure { throw DatasetError(failure) }
    body(buffer.span.extracting(0..<count))
  }
}
