import Tensors

extension ShardedDataset {
  /// Writes a minibatch of one shard's samples, time-major, with pixels scaled to [0, 1].
  ///
  /// A pixel becomes exactly `Float(byte) / 255`, where nothing is mixed into the image.
  ///
  /// - Parameters:
  ///   - shard: a shard that is held here.
  ///   - positions: the positions of the samples in the shard, as from ``EpochOrder``.
  ///   - images: [height, rows, width], where row r is the sample at `positions[r]`: the first
  ///     height · rows · width elements are written.
  ///   - augmentation: how the images are changed; not at all if nil.
  ///   - targets: [rows]: the samples' labels; the first `positions.count` elements are written.
  /// - Returns: for each sample the label of what is mixed into it, or nothing if nothing is.
  /// - Precondition: `images` and `targets` have room.
  /// - Throws: ``DatasetError`` where the shard is not held here or has no such position; nothing
  ///   is written then.
  package func gather(
    shard: Int, positions: ArraySlice<Int>, augmentation: Augmentation? = nil,
    into images: inout MutableSpan<Float>,
    labels targets: inout MutableSpan<Int32>
  ) throws(DatasetError) -> [MixedLabel] {
    let rows = positions.count
    precondition(targets.count >= rows && images.count >= height * rows * width)
    for position in positions { try check(shard: shard, position: position) }
    guard rows > 0 else { return [] }

    return memory.withBytes { bytes in
      let labels = bytes.extracting(places.labels(ofShard: shard))
      let pixels = bytes.extracting(places.images(ofShard: shard))
      let shape = ImageShape(height: height, width: width)
      var other: [Float] = []
      var mixed: [MixedLabel] = []
      for (row, position) in positions.enumerated() {
        targets[row] = Int32(labels[position])
        let index = layout.globalIndex(shard: shard, position: position)
        shape.write(
          position, of: pixels, augmentation?.change(ofSample: index) ?? .none, to: &images,
          row: row, of: rows)
        guard let mix = augmentation?.mix(ofSample: index, shardSize: labels.count) else {
          continue
        }
        mixed.append(MixedLabel(label: Int32(labels[mix.position]), share: mix.share))
        if other.isEmpty { other = [Float](repeating: 0, count: height * width) }
        var others = other.mutableSpan
        shape.write(mix.position, of: pixels, mix.change, to: &others, row: 0, of: 1)
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
  }

  /// Writes a minibatch as the other `gather` does: the images into a classifier's input
  /// [height · rows, width], and the labels into the first elements of a buffer.
  package func gather(
    shard: Int, positions: ArraySlice<Int>, augmentation: Augmentation? = nil,
    into images: Matrix, labels: AlignedBuffer<Int32>
  ) throws(DatasetError) -> [MixedLabel] {
    try images.withMutableSpan { (images) throws(DatasetError) in
      try labels.withMutableSpan(0..<positions.count) { (labels) throws(DatasetError) in
        try gather(
          shard: shard, positions: positions, augmentation: augmentation, into: &images,
          labels: &labels)
      }
    }
  }

  /// The pixels of one image, [height, width], one byte a pixel.
  ///
  /// - Parameter index: the image's index in the file, or among those of the file that are in this
  ///   part.
  /// - Throws: ``DatasetError`` where the file has no such image or its shard is not held here.
  package func image(at index: Int) throws(DatasetError) -> [UInt8] {
    let (shard, position) = try locate(index)
    let start = places.images(ofShard: shard).lowerBound + position * height * width
    return memory.withBytes { bytes in (start..<start + height * width).map { bytes[$0] } }
  }

  /// The label of one image.
  ///
  /// - Parameter index: the image's index in the file.
  /// - Throws: ``DatasetError`` where the file has no such image or its shard is not held here.
  package func label(at index: Int) throws(DatasetError) -> Int {
    let (shard, position) = try locate(index)
    return memory.withBytes { Int($0[places.labels(ofShard: shard).lowerBound + position]) }
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

private struct ImageShape {
  let height, width: Int

  /// Writes one of the images in `pixels`, changed, as row `row` of a minibatch [height, rows,
  /// width].
  func write(
    _ position: Int, of pixels: Span<UInt8>, _ change: Augmentation.Change,
    to images: inout MutableSpan<Float>, row: Int,
    of rows: Int
  ) {
    // The columns of the image that stay in it.
    let columns = (-change.right..<width - change.right).clamped(to: 0..<width)
    for time in 0..<height {
      let to = (time * rows + row) * width
      let above = time - change.down
      guard above >= 0, above < height, columns.count > 0 else {
        for x in to..<to + width { images[x] = 0 }
        continue
      }
      let from = (position * height + above) * width
      let place = to + columns.lowerBound + change.right
      for x in to..<place { images[x] = 0 }
      scale(
        pixels.extracting(from + columns.lowerBound..<from + columns.upperBound), into: &images,
        at: place)
      for x in place + columns.count..<to + width { images[x] = 0 }
      if change.isFlipped {
        for x in 0..<width / 2 { images.swapAt(to + x, to + width - 1 - x) }
      }
    }
  }
}
