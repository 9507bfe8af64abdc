/// Curves over epochs: a thin line for each seed, a thick one for their mean.
struct LineChart {
  /// The curves of a configuration: for each seed the values of the epochs.
  struct Curves {
    let series: Series
    let runs: [[Double]]
    /// The numbers of the epochs; 1, 2 and so on if nil.
    var epochs: [Int]?

    /// The number of the epoch of a value.
    func epoch(_ index: Int) -> Double { Double(epochs?[index] ?? index + 1) }

    /// For each epoch that all runs have, their mean.
    var mean: [Double] {
      (0..<(runs.map(\.count).min() ?? 0)).map { epoch in
        runs.reduce(0) { $0 + $1[epoch] } / Double(runs.count)
      }
    }
  }

  let title: String
  /// The unit of the upright axis.
  let unit: String
  let curves: [Curves]
  /// The bounds of all values that can be.
  let bounds: ClosedRange<Double>

  private static let (width, height) = (400.0, 280.0)
  private static let (top, bottom, left) = (12.0, 242.0, 38.0)
  private static let longestLabel = 15
  /// The distance from one label to the next.
  private static let labelHeight = 15.0

  var svg: Markup {
    let epochs = curves.flatMap { curves in
      curves.runs.flatMap { run in run.indices.map(curves.epoch) }
    }
    let (first, last) = (epochs.min() ?? 1, epochs.max() ?? 1)
    let x = Axis(values: first...last, start: Self.left + 10, end: right)
    let y = Axis(
      values: Axis.around(curves.flatMap { $0.runs.joined() }, within: bounds), start: Self.bottom,
      end: Self.top)
    return .element(
      "svg",
      [
        "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(Self.height))", "role": "img",
        "class": "chart",
      ],
      [.element("title", "\(title), over epochs: \(summary)")] + grid(x, y)
        + curves.map { lines($0, x, y) } + labels(x, y))
  }

  /// Names take the room that the longest needs.
  private var right: Double {
    let longest = curves.map { $0.series.label(Self.longestLabel).count }.max() ?? 0
    return Self.width - 26 - 7 * Double(longest)
  }

  private var summary: String {
    curves.map { "\($0.series.name) ends at \(coordinate($0.mean.last ?? 0)) \(unit)" }
      .joined(separator: ", ")
  }

  private func grid(_ x: Axis, _ y: Axis) -> [Markup] {
    let (columns, rows) = (x.ticks(8, whole: true), y.ticks(6))
    let lines = rows.flatMap { value -> [Markup] in
      let place = coordinate(y.position(value))
      return [
        .void(
          "path",
          ["class": "grid", "d": "M\(coordinate(Self.left)) \(place)H\(coordinate(right + 6))"]),
        .element(
          "text",
          [
            "x": coordinate(Self.left - 7), "y": place, "dy": "0.35em", "class": "tick",
            "text-anchor": "end",
          ], tickLabel(value, among: rows)),
      ]
    }
    let epochs = columns.map { value in
      Markup.element(
        "text",
        [
          "x": coordinate(x.position(value)), "y": coordinate(Self.bottom + 18), "class": "tick",
          "text-anchor": "middle",
        ], tickLabel(value, among: columns))
    }
    let name = Markup.element(
      "text",
      [
        "x": coordinate((x.start + x.end) / 2), "y": coordinate(Self.height - 4),
        "class": "tick", "text-anchor": "middle",
      ], "epoch")
    return lines + epochs + [name]
  }

  private func lines(_ curves: Curves, _ x: Axis, _ y: Axis) -> Markup {
    let mean = curves.mean
    let thin = curves.runs.count > 1 ? curves.runs.map { line($0, "seed", curves, x, y) } : []
    let markers =
      mean.count > 30
      ? []
      : mean.enumerated().map { index, value in
        curves.series.marker(
          x.position(curves.epoch(index)), y.position(value), radius: 3.4,
          "\(curves.series.name), epoch \(Int(curves.epoch(index))): \(String(format: "%.4g", value)) \(unit)"
        )
      }
    return .element(
      "g", ["class": curves.series.cssClass], thin + [line(mean, "mean", curves, x, y)] + markers)
  }

  private func line(
    _ values: [Double], _ kind: String, _ curves: Curves, _ x: Axis, _ y: Axis
  ) -> Markup {
    let points = values.enumerated().map { index, value in
      "\(coordinate(x.position(curves.epoch(index)))),\(coordinate(y.position(value)))"
    }
    return .void(
      "polyline",
      [
        "class": kind, "points": points.joined(separator: " "),
        "stroke-dasharray": curves.series.dashes,
      ])
  }

  /// Each name beside the end of its line, moved so that none hides another.
  private func labels(_ x: Axis, _ y: Axis) -> [Markup] {
    let ends = curves.compactMap { curves in
      let mean = curves.mean
      return mean.last.map { (curves, x.position(curves.epoch(mean.count - 1)), y.position($0)) }
    }.sorted { $0.2 < $1.2 }
    var places = ends.map(\.2)
    for index in places.indices.dropFirst() {
      places[index] = max(places[index], places[index - 1] + Self.labelHeight)
    }
    var lowest = Self.bottom
    for index in places.indices.reversed() {
      places[index] = min(places[index], lowest)
      lowest = places[index] - Self.labelHeight
    }
    return zip(ends, places).map { end, place in
      let (curves, x, y) = end
      return .element(
        "g", ["class": curves.series.cssClass],
        [
          .void(
            "path",
            [
              "class": "leader",
              "d":
                "M\(coordinate(x + 6)) \(coordinate(y))L\(coordinate(right + 12)) \(coordinate(place))",
            ]),
          .element(
            "text",
            [
              "x": coordinate(right + 16), "y": coordinate(place), "dy": "0.35em",
              "class": "label",
            ], curves.series.label(Self.longestLabel)),
        ])
    }
  }
}
