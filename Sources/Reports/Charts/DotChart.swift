/// Rows of points on one axis of percents.
struct DotChart {
  /// The points of one configuration in a row: one for each seed, and their mean.
  struct Dots {
    let series: Series
    /// The seeds' values, from 0 to 1.
    let values: [Double]
    let mean: Double
  }
  /// A row.
  struct Row {
    let name: String
    let dots: [Dots]
  }

  let title: String
  let rows: [Row]
  /// True if a row has a bar from one end of its points to the other.
  let joins: Bool

  private static let width = 400.0
  private static let longestLabel = 16
  private static let (top, rowHeight) = (4.0, 27.0)

  var svg: Markup {
    let bottom = Self.top + Self.rowHeight * Double(rows.count)
    let longest = rows.map { min($0.name.count, Self.longestLabel) }.max() ?? 0
    let values = rows.flatMap(\.dots).flatMap { $0.values + [$0.mean] }.map { 100 * $0 }
    let x = Axis(
      values: Axis.around(values, within: 0...100), start: 22 + 7 * Double(longest),
      end: Self.width - 16)
    let ticks = x.ticks(6)
    let grid = ticks.flatMap { value -> [Markup] in
      let place = coordinate(x.position(value))
      return [
        .void(
          "path", ["class": "grid", "d": "M\(place) \(coordinate(Self.top))V\(coordinate(bottom))"]),
        .element(
          "text",
          ["x": place, "y": coordinate(bottom + 17), "class": "tick", "text-anchor": "middle"],
          tickLabel(value, among: ticks) + " %"),
      ]
    }
    return .element(
      "svg",
      [
        "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(bottom + 24))", "role": "img",
        "class": "chart",
      ],
      [.element("title", title)] + grid
        + rows.enumerated().flatMap { index, row in
          self.row(row, Self.top + Self.rowHeight * (Double(index) + 0.5), x)
        })
  }

  private func row(_ row: Row, _ y: Double, _ x: Axis) -> [Markup] {
    let name = Series(name: row.name, index: 0).label(Self.longestLabel)
    var parts = [
      Markup.element(
        "text",
        [
          "x": coordinate(x.start - 14), "y": coordinate(y), "dy": "0.35em", "class": "name",
          "text-anchor": "end",
        ], name)
    ]
    let places = row.dots.map { x.position(100 * $0.mean) }
    if joins, let first = places.min(), let last = places.max() {
      parts.append(
        .void(
          "path",
          ["class": "join", "d": "M\(coordinate(first)) \(coordinate(y))H\(coordinate(last))"]))
    }
    return parts + row.dots.map { dots($0, y, x, row.name) }
  }

  private func dots(_ dots: Dots, _ y: Double, _ x: Axis, _ row: String) -> Markup {
    let seeds = dots.values.map { value in
      Markup.void(
        "circle",
        ["cx": coordinate(x.position(100 * value)), "cy": coordinate(y), "r": "4", "class": "dot"])
    }
    let place = x.position(100 * dots.mean)
    let who = row == dots.series.name ? row : "\(dots.series.name), \(row)"
    let mean = dots.series.marker(
      place, y, radius: 5, "\(who): \(coordinate(100 * dots.mean)) %")
    return .element("g", ["class": dots.series.cssClass], seeds + [mean])
  }
}
