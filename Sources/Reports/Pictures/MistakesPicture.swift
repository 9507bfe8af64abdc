import Datasets
import Training

extension Picture {
  /// The samples of some mistakes, four in a row: images as they are, of sequences the features over
  /// the time, each in its own range. Below each stand the numbers of the class that it has and of
  /// that which it is taken for.
  ///
  /// - Throws: `DatasetError` if a sample is not held here.
  package init(_ mistakes: WorstMistakes, in dataset: ShardedDataset) throws(DatasetError) {
    let (columns, cell, caption) = (4, 112, 24)
    let rows = (mistakes.list.count + columns - 1) / columns
    self.init(width: columns * cell, height: rows * (cell + caption))
    for (index, mistake) in mistakes.list.enumerated() {
      let (x, y) = (index % columns * cell, index / columns * (cell + caption))
      let place = (x: x + 4, y: y + 4, size: cell - 8)
      if let pixels = try dataset.image(at: mistake.sample) {
        draw(pixels, width: dataset.form.imageWidth, at: place)
      } else {
        draw(try dataset.sequence(at: mistake.sample), at: place)
      }
      write("\(mistake.label)>\(mistake.predicted)", x: x + cell / 2, y: y + cell + 8, .ink)
    }
  }

  /// A sample: an image as it is, of a sequence the features over the time.
  ///
  /// - Throws: `DatasetError` if it is not held here.
  package init(of sample: Int, in dataset: ShardedDataset) throws(DatasetError) {
    let size = 112
    self.init(width: size, height: size)
    if let pixels = try dataset.image(at: sample) {
      draw(pixels, width: dataset.form.imageWidth, at: (0, 0, size))
    } else {
      draw(try dataset.sequence(at: sample), at: (0, 0, size))
    }
  }

  /// Draws gray pixels as large as they fit.
  private mutating func draw(_ pixels: [UInt8], width: Int, at place: (x: Int, y: Int, size: Int)) {
    let height = pixels.count / width
    let largest = max(width, height)
    let scale = Double(place.size) / Double(largest)
    for row in 0..<height {
      for column in 0..<width {
        let pixel = pixels[row * width + column]
        let (left, top) = (Int(Double(column) * scale), Int(Double(row) * scale))
        fill(
          x: place.x + left, y: place.y + top,
          width: max(Int(Double(column + 1) * scale) - left, 1),
          height: max(Int(Double(row + 1) * scale) - top, 1), Color(pixel, pixel, pixel))
      }
    }
  }

  /// Draws each feature of a sequence `[T][F]` as a line, the first eight in colors of their own.
  private mutating func draw(_ sequence: [[Float]], at place: (x: Int, y: Int, size: Int)) {
    fill(x: place.x, y: place.y, width: place.size, height: place.size, Color(244, 245, 247))
    let colors = [
      Color(9, 105, 218), Color(207, 34, 46), Color(26, 127, 55), Color(154, 103, 0),
      Color(130, 80, 223), Color(191, 57, 137), Color(27, 124, 131), Color(87, 96, 106),
    ]
    for feature in (0..<(sequence.first?.count ?? 0)).reversed() {
      let values = sequence.map { $0[feature] }
      let known = values.filter(\.isFinite)
      guard let least = known.min(), let most = known.max() else { continue }
      let range = most > least ? Double(most - least) : 1
      func height(_ value: Float) -> Int {
        Int((1 - (Double(value) - Double(least)) / range) * Double(place.size - 3))
      }
      for column in 0..<place.size {
        let at = { (column: Int) in values[column * values.count / place.size] }
        let (value, before) = (at(column), at(max(column - 1, 0)))
        guard value.isFinite, before.isFinite else { continue }
        let (a, b) = (height(before), height(value))
        fill(
          x: place.x + column, y: place.y + min(a, b), width: 2, height: abs(a - b) + 2,
          colors[min(feature, colors.count - 1)])
      }
    }
  }
}
