import Training

extension Picture {
  /// A confusion matrix: a row for the true class, a column for the predicted one, both by their
  /// numbers. The more of a class's samples a cell has, the darker it is: blue where they are right,
  /// red where not.
  package init(_ matrix: ConfusionMatrix) {
    let classes = matrix.counts.count
    // With more classes there is no room for digits.
    let (hasText, cell) = classes <= 32 ? (true, 40) : (false, max(640 / classes, 2))
    let margin = hasText ? 28 : 0
    let gap = cell >= 6 ? 1 : 0
    let size = margin + classes * cell
    self.init(width: size, height: size)
    for label in 0..<classes {
      let samples = max(matrix.counts[label].reduce(0, +), 1)
      let middle = margin + label * cell + cell / 2
      if hasText {
        write("\(label)", x: margin / 2, y: middle, .ink)
        write("\(label)", x: middle, y: margin / 2, .ink)
      }
      for (predicted, count) in matrix.counts[label].enumerated() {
        let share = Double(count) / Double(samples)
        let full = label == predicted ? Color(9, 80, 170) : Color(190, 40, 30)
        let (x, y) = (margin + predicted * cell, margin + label * cell)
        // The root shows also the few.
        fill(
          x: x, y: y, width: cell - gap, height: cell - gap, .mix(.white, full, share.squareRoot()))
        let text = "\(count)"
        guard hasText, count > 0, text.count * Self.characterWidth < cell + 2 else { continue }
        write(text, x: x + cell / 2, y: y + cell / 2, share > 0.25 ? .white : .ink)
      }
    }
  }
}
