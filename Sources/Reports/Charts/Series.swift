/// The look of one configuration's figures in every drawing: a color and a shape, so that neither
/// has to be seen.
package struct Series {
  package let name: String
  /// Its place in the comparison.
  package let index: Int

  /// The colors of `PageStyle`; more configurations begin anew, and their lines are dashed.
  static let colors = 8

  /// The class of its elements, which sets the color.
  var cssClass: String { "s\(index % Self.colors)" }

  /// The dashes of its lines.
  var dashes: String { ["none", "6 4", "2 3"][index / Self.colors % 3] }

  /// Its shape around a point.
  func marker(_ x: Double, _ y: Double, radius r: Double, _ title: String? = nil) -> Markup {
    let titles = title.map { [Markup.element("title", $0)] } ?? []
    let corners: [(Double, Double)]
    switch index % 4 {
    case 0:
      return .element(
        "circle",
        ["cx": coordinate(x), "cy": coordinate(y), "r": coordinate(r), "class": "marker"],
        titles)
    case 1: corners = [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]
    case 2: corners = [(0, -1.25), (1.15, 0.85), (-1.15, 0.85)]
    default: corners = [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)]
    }
    let points = corners.map { "\(coordinate(x + $0.0 * r)),\(coordinate(y + $0.1 * r))" }
    return .element(
      "polygon", ["points": points.joined(separator: " "), "class": "marker"], titles)
  }

  /// A small drawing of the shape, for text.
  package var key: Markup {
    .element(
      "svg", ["class": "key \(cssClass)", "viewBox": "0 0 22 12", "aria-hidden": "true"],
      [
        .void(
          "path", ["d": "M0 6H22", "class": "mean", "stroke-dasharray": dashes]),
        marker(11, 6, radius: 3.6),
      ])
  }

  /// The name, no longer than fits beside a drawing.
  package func label(_ longest: Int) -> String { name.shortened(to: longest) }
}

extension String {
  /// The text without its middle where it is longer than `longest`: names that are alike differ at
  /// their ends.
  func shortened(to longest: Int) -> String {
    guard count > longest else { return self }
    return String(prefix(longest / 2)) + "…" + suffix(longest - longest / 2 - 1)
  }
}
