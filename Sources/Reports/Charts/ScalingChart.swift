import Foundation

/// Curves of speed over the number of hosts, both on logarithmic axes, where twice the speed on
/// twice the hosts is a straight line.
struct ScalingChart {
  /// A curve.
  struct Curve {
    let series: Series
    /// The hosts and the speed on them, both above 0.
    let points: [(hosts: Int, speed: Double)]
  }

  let title: String
  let unit: String
  let curves: [Curve]

  private static let (width, height) = (420.0, 300.0)
  private static let (top, bottom, left, right) = (12.0, 258.0, 56.0, 404.0)

  var svg: Markup {
    let points = curves.flatMap(\.points)
    let hosts = Axis(
      values: 0...max(log2(Double(points.map(\.hosts).max() ?? 1)), 1), start: Self.left,
      end: Self.right)
    let speeds = points.map { log10($0.speed) }
    let speed = Axis(
      values: (speeds.min() ?? 0).rounded(
        .down)...(max(speeds.max() ?? 1, (speeds.min() ?? 0) + 0.1))
        .rounded(.up), start: Self.bottom, end: Self.top)
    return .element(
      "svg",
      [
        "viewBox": "0 0 \(coordinate(Self.width)) \(coordinate(Self.height))", "role": "img",
        "class": "chart",
      ],
      [.element("title", title)] + grid(hosts, speed)
        + curves.flatMap { [ideal($0, hosts, speed), line($0, hosts, speed)] })
  }

  private func grid(_ hosts: Axis, _ speed: Axis) -> [Markup] {
    let rows = (Int(speed.values.lowerBound)...Int(speed.values.upperBound)).flatMap { power in
      let place = coordinate(speed.position(Double(power)))
      return [
        Markup.void(
          "path",
          ["class": "grid", "d": "M\(coordinate(Self.left)) \(place)H\(coordinate(Self.right))"]),
        tick(x: Self.left - 7, y: speed.position(Double(power)) + 4, anchor: "end", label(power)),
      ]
    }
    let columns = stride(from: 0, through: Int(hosts.values.upperBound), by: 2).map { power in
      tick(
        x: hosts.position(Double(power)), y: Self.bottom + 18, anchor: "middle", "\(1 << power)")
    }
    return rows + columns
      + [
        tick(
          x: (Self.left + Self.right) / 2, y: Self.height - 6, anchor: "middle",
          "hosts (upright: \(unit))")
      ]
  }

  private func tick(x: Double, y: Double, anchor: String, _ text: String) -> Markup {
    .element(
      "text", ["x": coordinate(x), "y": coordinate(y), "class": "tick", "text-anchor": anchor], text
    )
  }

  /// A power of ten in few characters.
  private func label(_ power: Int) -> String {
    switch power {
    case 0..<3: String(format: "%.0f", pow(10, Double(power)))
    case 3..<6: String(format: "%.0fk", pow(10, Double(power - 3)))
    case 6..<9: String(format: "%.0fM", pow(10, Double(power - 6)))
    default: "1e\(power)"
    }
  }

  /// The line on which each host would be as fast as the first alone.
  private func ideal(_ curve: Curve, _ hosts: Axis, _ speed: Axis) -> Markup {
    guard let first = curve.points.first, let last = curve.points.last else { return .group([]) }
    func point(_ count: Int) -> String {
      let value = log10(first.speed * Double(count) / Double(first.hosts))
      return "\(coordinate(hosts.position(log2(Double(count))))),"
        + coordinate(speed.position(min(value, speed.values.upperBound)))
    }
    // Up to where it leaves the drawing.
    let most = pow(10, speed.values.upperBound) / first.speed * Double(first.hosts)
    let end = min(Double(last.hosts), most)
    return .void(
      "polyline",
      [
        "class": "leader \(curve.series.cssClass)",
        "points": "\(point(first.hosts)) \(point(max(Int(end), first.hosts)))",
      ])
  }

  private func line(_ curve: Curve, _ hosts: Axis, _ speed: Axis) -> Markup {
    let places = curve.points.map { point in
      (hosts.position(log2(Double(point.hosts))), speed.position(log10(point.speed)))
    }
    let markers = zip(curve.points, places).map { point, place in
      curve.series.marker(
        place.0, place.1, radius: 3.4,
        "\(curve.series.name), \(point.hosts) hosts: \(String(format: "%.4g", point.speed)) \(unit)"
      )
    }
    return .element(
      "g", ["class": curve.series.cssClass],
      [
        .void(
          "polyline",
          [
            "class": "mean",
            "points": places.map { "\(coordinate($0.0)),\(coordinate($0.1))" }
              .joined(separator: " "),
          ])
      ] + markers)
  }
}
