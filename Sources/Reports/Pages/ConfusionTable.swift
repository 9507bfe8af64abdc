import Foundation
import Training

/// A confusion matrix as a table: a row for the true class, a column for the predicted one.
struct ConfusionTable {
  let series: Series
  let matrix: ConfusionMatrix
  let classes: [String]

  private static let longestLabel = 14

  var markup: Markup {
    let head = Markup.element(
      "tr",
      [
        .element("th", ["scope": "col", "class": "corner"], "true \\ predicted")
      ]
        + classes.map { name in
          .element(
            "th", ["scope": "col", "class": "predicted", "title": name],
            [.element("span", name.shortened(to: Self.longestLabel))])
        })
    return .element(
      "figure", ["class": series.cssClass],
      [
        .element("figcaption", [series.key, .element("b", series.name)]),
        .element(
          "div", ["class": "scroll", "tabindex": "0", "role": "group", "aria-label": series.name],
          [
            .element(
              "table", ["class": "confusion"],
              [
                .element("thead", [head]),
                .element("tbody", classes.indices.map(row)),
              ])
          ]),
      ])
  }

  private func row(_ label: Int) -> Markup {
    let samples = max(matrix.counts[label].reduce(0, +), 1)
    let cells = classes.indices.map { prediction in
      let count = matrix.counts[label][prediction]
      let share = Double(count) / Double(samples)
      let what = "\(classes[label]) taken for \(classes[prediction]): \(count) of \(samples)"
      let kind =
        (label == prediction ? "hit" : "miss")
        + (count == 0 ? " none" : share > 0.5 ? " strong" : "")
      return Markup.element(
        "td",
        ["class": kind, "style": "--share: \(weight(share))%", "title": what],
        "\(count)")
    }
    return .element(
      "tr",
      [
        .element(
          "th", ["scope": "row", "title": classes[label]],
          classes[label].shortened(to: Self.longestLabel))
      ] + cells)
  }

  /// The strength of a cell's color: the root of its share, so that rare mistakes are seen.
  private func weight(_ share: Double) -> String {
    String(format: "%.0f", 100 * share.squareRoot())
  }
}
