import Datasets
import Training

extension Picture {
  /// The samples of some mistakes, four in a row: images as they are, of sequences a row for each
  /// feature over the time, each in its own range. Below each stand the numbers of the class that it has and of
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

  /// A sample: an image as it is, of a sequence a row for each feature over the time.
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
    let margin = (
      x: Int(Double(largest - width) * scale / 2), y: Int(Double(largest - height) * scale / 2)
    )
    for row in 0..<height {
      for column in 0..<width {
        let pixel = pixels[row * width + column]
        let (left, top) = (Int(Double(column) * scale), Int(Double(row) * scale))
        fill(
          x: place.x + margin.x + left, y: place.y + margin.y + top,
          width: max(Int(Double(column + 1) * scale) - left, 1),
          height: max(Int(Double(row + 1) * scale) - top, 1), Color(pixel, pixel, pixel))
      }
    }
  }

  /// Draws a sequence `[T][F]`: a row for each feature over the time, from white for its least value to
  /// blue for its largest.
  private mutating func draw(_ sequence: [[Float]], at place: (x: Int, y: Int, size: Int)) {
    guard let features = sequence.first?.count, features > 0 else { return }
    // With more features than pixels, some of them.
    let rows = min(features, place.size)
    for row in 0..<rows {
      let values = sequence.map { $0[row * features / rows] }
      let known = values.filter(\.isFinite)
      guard let least = known.min(), let most = known.max() else { continue }
      let range = most > least ? Double(most) - Double(least) : 1
      let (top, bottom) = (row * place.size / rows, (row + 1) * place.size / rows)
      for column in 0..<place.size {
        let value = values[column * values.count / place.size]
        guard value.isFinite else { continue }
        fill(
          x: place.x + column, y: place.y + top, width: 1, height: bottom - top,
          .mix(Color(238, 242, 247), Color(9, 80, 170), (Double(value) - Double(least)) / range))
      }
    }
  }
}
