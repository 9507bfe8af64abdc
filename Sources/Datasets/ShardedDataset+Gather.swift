import Tensors

/// The samples of a minibatch in the order of its rows, the longest first, as packed sequences are.
package struct SortedSamples: Sendable {
  /// Their positions in the shard.
  package let positions: [Int]
  /// Their time steps, of which none are more than those before.
  package let lengths: [Int]
  /// For each row the number of its sample among those that were sorted; nil where it is the same.
  package let order: [UInt32]?
}

extension ShardedDataset {
  /// Sorts samples by their lengths; those of one length stay in their order.
  ///
  /// - Parameters:
  ///   - shard: a shard that is held here.
  ///   - positions: the positions of the samples in the shard.
  /// - Throws: ``DatasetError`` where the shard is not held here or has no such position.
  package func longestFirst(
    shard: Int, positions: ArraySlice<Int>
  ) throws(DatasetError) -> SortedSamples {
    for position in positions { try check(shard: shard, position: position) }
    guard form.hasLengths else {
      return SortedSamples(
        positions: Array(positions), lengths: Array(repeating: form.steps, count: positions.count),
        order: nil)
    }
    let lengths = memory.withBytes { bytes in
      positions.map { length(bytes, shard: shard, position: $0) }
    }
    let (positions, order) = (
      Array(positions),
      lengths.indices.sorted { (lengths[$1], $0) < (lengths[$0], $1) }
    )
    return SortedSamples(
      positions: order.map { positions[$0] }, lengths: order.map { lengths[$0] },
      order: order.map { UInt32($0) })
  }

  /// Writes a minibatch of one shard's samples, time-major; a byte becomes exactly
  /// `Float(byte) / 255`, where nothing is mixed into an image.
  ///
  /// - Parameters:
  ///   - shard: a shard that is held here.
  ///   - positions: the positions of the samples in the shard, as from ``EpochOrder``.
  ///   - images: [T, rows, F], where row r is the sample at `positions[r]` and T the time steps of
  ///     the longest: the first T · rows · F elements are written, but for those of time steps that
  ///     a sample does not have.
  ///   - augmentation: how images are changed; not at all if nil, as where lengths differ.
  ///   - targets: [rows]: the samples' labels; the first `positions.count` elements are written.
  /// - Returns: for each sample the label of what is mixed into it, or nothing if nothing is.
  /// - Precondition: `images` and `targets` have room.
  /// - Throws: ``DatasetError`` where the shard is not held here or has no such position; nothing
  ///   is written then. Also where the numbers are in their file, and that cannot be read or was
  ///   written to.
  package func gather(
    shard: Int, positions: ArraySlice<Int>, augmentation: Augmentation? = nil,
    into images: inout MutableSpan<Float>,
    labels targets: inout MutableSpan<Int32>
  ) throws(DatasetError) -> [MixedLabel] {
    let rows = positions.count
    for position in positions { try check(shard: shard, position: position) }
    guard rows > 0 else { return [] }
    precondition(!form.hasLengths || augmentation == nil, "sequences that are no images")

    var reader = try SampleReader(self, shard: shard)
    return try memory.withBytes { (bytes) throws(DatasetError) in
      for (row, position) in positions.enumerated() {
        targets[row] = label(bytes, shard: shard, position: position)
      }
      var pixels = [Float](repeating: 0, count: form.order == .rows ? 0 : form.steps)
      guard let augmentation else {
        for (row, position) in positions.enumerated() {
          let length = length(bytes, shard: shard, position: position)
          try reader.read(position, length: length, in: bytes) { numbers in
            write(numbers, length, to: &images, row: row, of: rows, &pixels)
          }
        }
        return []
      }
      return try write(positions, bytes, &reader, shard: shard, augmentation, to: &images, &pixels)
    }
  }

  /// Writes a minibatch as the other `gather` does: the samples into a classifier's input
  /// [T · rows, F], and the labels into a buffer's elements from `first` on.
  package func gather(
    shard: Int, positions: ArraySlice<Int>, augmentation: Augmentation? = nil,
    into images: Matrix, labels: AlignedBuffer<Int32>, from first: Int = 0
  ) throws(DatasetError) -> [MixedLabel] {
    try images.withMutableSpan { (images) throws(DatasetError) in
      try labels.withMutableSpan(first..<first + positions.count) { (labels) throws(DatasetError) in
        try gather(
          shard: shard, positions: positions, augmentation: augmentation, into: &images,
          labels: &labels)
      }
    }
  }

  /// Writes one sample as row `row` of a minibatch, as the classifier has it.
  ///
  /// - Parameters:
  ///   - change: how an image is changed.
  ///   - pixels: room for an image that is read pixel by pixel.
  private func write(
    _ numbers: Span<UInt8>, _ length: Int, _ change: Augmentation.Change = .none,
    to images: inout MutableSpan<Float>, row: Int, of rows: Int, _ pixels: inout [Float]
  ) {
    let features = form.features
    if form.order != .rows {
      var span = pixels.mutableSpan
      form.copy(0, count: form.steps, of: numbers, to: &span, at: 0)
      for time in 0..<form.steps {
        images[time * rows + row] = pixels[permutation.isEmpty ? time : permutation[time]]
      }
    } else if change != .none {
      form.write(numbers, change, to: &images, row: row, of: rows)
    } else {
      for time in 0..<length {
        form.copy(
          time * features, count: features, of: numbers, to: &images,
          at: (time * rows + row) * features)
      }
    }
    prepare(&images, row: row, of: rows, steps: length)
  }

  /// Writes a minibatch of images that are changed and mixed.
  private func write(
    _ positions: ArraySlice<Int>, _ bytes: Span<UInt8>, _ reader: inout SampleReader, shard: Int,
    _ augmentation: Augmentation, to images: inout MutableSpan<Float>, _ pixels: inout [Float]
  ) throws(DatasetError) -> [MixedLabel] {
    let (rows, height, width) = (positions.count, form.steps, form.features)
    var other: [Float] = []
    var mixed: [MixedLabel] = []
    for (row, position) in positions.enumerated() {
      let index = layout.globalIndex(shard: shard, position: position)
      try reader.read(position, length: height, in: bytes) { numbers in
        write(
          numbers, height, augmentation.change(ofSample: index), to: &images, row: row, of: rows,
          &pixels)
      }
      let size = layout.sampleCount(inShard: shard)
      guard let mix = augmentation.mix(ofSample: index, shardSize: size) else { continue }
      mixed.append(
        MixedLabel(
          label: label(bytes, shard: shard, position: mix.position), share: mix.share))
      if other.isEmpty { other = [Float](repeating: 0, count: height * width) }
      var others = other.mutableSpan
      try reader.read(mix.position, length: height, in: bytes) { numbers in
        write(numbers, height, mix.change, to: &others, row: 0, of: 1, &pixels)
      }
      for time in 0..<height {
        let place = (time * rows + row) * width
        for x in 0..<width {
          images[place + x] =
            (1 - mix.share) * images[place + x] + mix.share * others[time * width + x]
        }
      }
    }
    return mixed
  }

  /// Normalizes one sample of a minibatch, and puts numbers where some are missing.
  private func prepare(
    _ numbers: inout MutableSpan<Float>, row: Int, of rows: Int, steps: Int
  ) {
    switch features.normalization {
    case .none: break
    case .standard:
      guard let standardization else { preconditionFailure("no standardization was set") }
      standardization.apply(to: &numbers, row: row, of: rows, steps: steps)
    case .sample:
      Standardization(of: numbers, row: row, of: rows, steps: steps, features: form.features)
        .apply(to: &numbers, row: row, of: rows, steps: steps)
    }
    guard features.missing != .error else { return }
    let stride = rows * form.features
    for start in (0..<steps).map({ $0 * stride + row * form.features }) {
      for place in start..<start + form.features where numbers[place].isNaN {
        numbers[place] =
          features.missing == .previous && place >= stride ? numbers[place - stride] : 0
      }
    }
  }

  /// Calls `body` with each number of some features of the samples that are held here, before any
  /// preparation: NaN where one is missing.
  ///
  /// - Throws: ``DatasetError`` where the numbers are in their file, as `gather` does.
  func forEachNumber(
    of features: Range<Int>, _ body: (_ feature: Int, _ number: Float) -> Void
  ) throws(DatasetError) {
    var row = [Float](repeating: 0, count: features.count)
    var span = row.mutableSpan
    try memory.withBytes { (bytes) throws(DatasetError) in
      for shard in shards {
        var reader = try SampleReader(self, shard: shard)
        for position in 0..<layout.sampleCount(inShard: shard) {
          let length = length(bytes, shard: shard, position: position)
          try reader.read(position, length: length, in: bytes) { numbers in
            for time in 0..<length {
              form.copy(
                time * form.features + features.lowerBound, count: features.count, of: numbers,
                to: &span, at: 0)
              for feature in features { body(feature, span[feature - features.lowerBound]) }
            }
          }
        }
      }
    }
  }

  /// The pixels of one image, [height, width], one byte a pixel, or nil if the samples are none.
  ///
  /// - Parameter index: the image's index in the file, or among those of the file that are in this
  ///   part.
  /// - Throws: ``DatasetError`` where the file has no such image or its shard is not held here.
  package func image(at index: Int) throws(DatasetError) -> [UInt8]? {
    let (shard, position) = try locate(index)
    guard form.isImage else { return nil }
    let start = places.place(shard: shard, position: position).numbers
    return memory.withBytes { bytes in (start..<start + form.byteCount).map { bytes[$0] } }
  }

  /// The numbers of one sample as a classifier has them, time step by time step.
  ///
  /// - Parameter index: as that of an image.
  /// - Throws: ``DatasetError`` where the file has no such sample, or its shard is not held here.
  package func sequence(at index: Int) throws(DatasetError) -> [[Float]] {
    let (shard, position) = try locate(index)
    let length = try longestFirst(shard: shard, positions: [position]).lengths[0]
    var numbers = [Float](repeating: 0, count: length * form.features)
    var label = [Int32](repeating: 0, count: 1)
    var span = numbers.mutableSpan
    var labels = label.mutableSpan
    _ = try gather(shard: shard, positions: [position], into: &span, labels: &labels)
    return (0..<length).map { time in
      Array(numbers[time * form.features..<(time + 1) * form.features])
    }
  }

  /// The time steps of all samples that are held here.
  package var stepCount: Int {
    memory.withBytes { bytes in
      shards.reduce(0) { sum, shard in
        (0..<layout.sampleCount(inShard: shard)).reduce(sum) {
          $0 + length(bytes, shard: shard, position: $1)
        }
      }
    }
  }

  /// The number of samples of each class, `[C]`, among those that are held here.
  package var labelCounts: [Int] {
    var counts = [Int](repeating: 0, count: classes)
    memory.withBytes { bytes in
      for shard in shards {
        for position in 0..<layout.sampleCount(inShard: shard) {
          counts[Int(label(bytes, shard: shard, position: position))] += 1
        }
      }
    }
    return counts
  }

  /// The label of one sample.
  ///
  /// - Parameter index: the sample's index in the file.
  /// - Throws: ``DatasetError`` where the file has no such sample or its shard is not held here.
  package func label(at index: Int) throws(DatasetError) -> Int {
    let (shard, position) = try locate(index)
    return memory.withBytes { Int(label($0, shard: shard, position: position)) }
  }

  private func label(_ bytes: Span<UInt8>, shard: Int, position: Int) -> Int32 {
    bytes.int32(at: places.place(shard: shard, position: position).label)
  }

  private func length(_ bytes: Span<UInt8>, shard: Int, position: Int) -> Int {
    form.hasLengths
      ? Int(bytes.int32(at: places.place(shard: shard, position: position).length)) : form.steps
  }

  private func locate(_ index: Int) throws(DatasetError) -> (shard: Int, position: Int) {
    guard index >= 0, index < sampleCount else {
      throw DatasetError(
        .noSuchSample, in: "the data set", found: "a request for sample \(index)",
        expected: "an index from 0 to \(sampleCount - 1)", advice: "ask for one of those")
    }
    let (shard, position) = (layout.shard(ofSample: index), layout.position(ofSample: index))
    try check(shard: shard, position: position)
    return (shard, position)
  }

  private func check(shard: Int, position: Int) throws(DatasetError) {
    let held = shards.contains(shard) ? layout.sampleCount(inShard: shard) : 0
    guard position >= 0, position < held else {
      throw DatasetError(
        .noSuchSample, in: "the data set",
        found: "a request for sample \(position) of shard \(shard)",
        expected: "a sample of a shard that this rank holds",
        advice: "load that shard, or ask the rank that holds it")
    }
  }
}

extension SampleForm {
  /// Writes the `count` numbers from number `index` of a sample on, as floats.
  fileprivate func copy(
    _ index: Int, count: Int, of numbers: Span<UInt8>, to floats: inout MutableSpan<Float>,
    at offset: Int
  ) {
    let bytes = numbers.extracting(index * numberByteCount..<(index + count) * numberByteCount)
    if isBytes {
      scale(bytes, into: &floats, at: offset)
    } else {
      copyFloats(bytes, into: &floats, at: offset)
    }
  }

  /// Writes the image in `numbers`, changed, as row `row` of a minibatch [height, rows, width].
  fileprivate func write(
    _ numbers: Span<UInt8>, _ change: Augmentation.Change,
    to images: inout MutableSpan<Float>, row: Int, of rows: Int
  ) {
    let (height, width) = (steps, features)
    // The columns of the image that stay in it.
    let columns = (-change.right..<width - change.right).clamped(to: 0..<width)
    for time in 0..<height {
      let to = (time * rows + row) * width
      let above = time - change.down
      guard above >= 0, above < height, columns.count > 0 else {
        for x in to..<to + width { images[x] = 0 }
        continue
      }
      let from = above * width
      let place = to + columns.lowerBound + change.right
      for x in to..<place { images[x] = 0 }
      copy(
        from + columns.lowerBound, count: columns.count, of: numbers, to: &images, at: place)
      for x in place + columns.count..<to + width { images[x] = 0 }
      if change.isFlipped {
        for x in 0..<width / 2 { images.swapAt(to + x, to + width - 1 - x) }
      }
    }
  }
}
