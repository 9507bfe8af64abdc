import Foundation

/// A bar for each bin of probabilities, as high as the share that is right, beside the line where the two
/// are equal.
struct CalibrationChart {
  let calibration: Calibration

  private static let (width, height) = (400.0, 280.0)
  private static let (left, right, top, bottom) = (44.0, 388.0, 10.0, 242.0)

  var svg: Markup {
    let x = Axis(values: 0...1, start: Self.left, end: Self.right)
    let y = Axis(values: 0...1, start: Self.bottom, end: Self.top)
    let ticks = stride(from: 0.0, through: 1, by: 0.2).flatMap { value -> [Markup] in
      let (place, label) = (coordinate(y.position(value)), String(format: "%.0f %%", 100 * value))
      return [
        .void(
          "path",
          ["class": "grid", "d": "M\(coordinate(Self.left)) \(place)H\(coordinate(Self.right))"]),
        .element(
          "text",
          [
            "x": coordinate(Self.left - 7), "y": place, "dy": "0.35em", "class": "tick",
            "text-anchor": "end",
          ], label),
        .element(
          "text",
          [
            "x": coordinate(x.position(value)), "y": coordinate(Self.bottom + 18), "class": "tick",
            "text-anchor": "middle",
          ], label),
      ]
    }
    let step = 1 / Double(calibration.bins.count)
    let bars = calibration.bins.enumerated().compactMap { index, bin -> Markup? in
      guard bin.count > 0 else { return nil }
      let (from, to) = (Double(index) * step, Double(index + 1) * step)
      let high = y.position(bin.accuracy)
      return .element(
        "rect",
        [
          "class": "part s0", "x": coordinate(x.position(from) + 1), "y": coordinate(high),
          "width": coordinate(x.position(to) - x.position(from) - 2),
          "height": coordinate(max(Self.bottom - high, 1)),
        ],
        [
          .element(
            "title",
            String(
              format: "%.0f to %.0f %%: %d samples, sure to %.1f %% on average, right in %.1f %%",
              100 * from, 100 * to, bin.count, 100 * bin.probability, 100 * bin.accuracy))
        ])
    }
    let line = Markup.void(
      "path",
      [
        "class": "equal",
        "d": "M\(coordinate(Self.left)) \(coordinate(Self.bottom))"
          + "L\(coordinate(Self.right)) \(coordinate(Self.top))",
      ])
    let name = Markup.element(
      "text",
      [
        "x": coordinate((Self.left + Self.right) / 2), "y": coordinate(Self.height - 4),
        "class": "tick", "text-anchor": "middle",
      ], "probability of the class that is chosen")
    return .element(
      "svg",
      [
        "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(Self.height))", "role": "img",
        "class": "chart",
      ],
      [.element("title", "The share that is right, by the probability of the class that is chosen")]
        + ticks + bars + [line, name])
  }
}
