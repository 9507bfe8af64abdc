import Foundation

/// A bar for each row, divided into parts: by their shares, or as long as they are.
struct PartsChart {
  /// A bar.
  struct Row {
    let name: String
    /// The parts, none below 0, in the order of the series.
    let parts: [Double]
  }

  let title: String
  let unit: String
  let series: [Series]
  let rows: [Row]
  /// True if the longest row has the whole width; otherwise each has it.
  var comparesRows = false

  private static let (width, left, right) = (420.0, 52.0, 412.0)
  private static let (rowHeight, barHeight) = (21.0, 15.0)

  var svg: Markup {
    let height = Self.rowHeight * Double(rows.count) + 4
    let longest = rows.map { $0.parts.reduce(0, +) }.max() ?? 0
    let bars = rows.enumerated().flatMap { index, row -> [Markup] in
      let y = Self.rowHeight * Double(index) + 2
      let sum = comparesRows ? longest : row.parts.reduce(0, +)
      var x = Self.left
      let parts = zip(series, row.parts).compactMap { series, part -> Markup? in
        let width = sum > 0 ? part / sum * (Self.right - Self.left) : 0
        defer { x += width }
        guard width >= 0.05 else { return nil }
        return .element(
          "rect",
          [
            "x": coordinate(x), "y": coordinate(y), "width": coordinate(width),
            "height": coordinate(Self.barHeight), "class": "part \(series.cssClass)",
          ],
          [
            .element(
              "title", "\(row.name): \(series.name) \(String(format: "%.4g", part)) \(unit)")
          ])
      }
      let name = Markup.element(
        "text",
        [
          "x": coordinate(Self.left - 7), "y": coordinate(y + Self.barHeight / 2), "dy": "0.35em",
          "class": "tick", "text-anchor": "end",
        ], row.name)
      return [name] + parts
    }
    return .element(
      "svg",
      [
        "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(height))", "role": "img",
        "class": "chart",
      ], [.element("title", title)] + bars)
  }
}
