import Foundation
import Training

/// The sections on what the best model of a run does with the test samples.
extension RunPage {
  func classes(_ series: Series, _ entry: Entry) -> Markup? {
    guard let trial = entry.trial else { return nil }
    let confusion = trial.result.confusion
    let rows = zip(trial.classes, confusion.recalls).map { name, recall in
      DotChart.Row(
        name: name,
        dots: recall.map { [DotChart.Dots(series: series, values: [], mean: $0)] } ?? [])
    }
    return section(
      title("Classes", series),
      [
        .element(
          "p", ["class": "note"],
          String(
            format:
              "%@ on %d test %@: accuracy %.2f %%, balanced accuracy %.2f %%, macro F1 %.2f %%.",
            trial.checkpoint, trial.result.samples, trial.noun, 100 * trial.result.accuracy,
            100 * confusion.balancedAccuracy, 100 * confusion.macroF1)
            + " Rows are the true classes, columns the predicted ones; the recall is the share of "
            + "a class's samples that are predicted as it."),
        .element(
          "div", ["class": "pair"],
          [
            ConfusionTable(series: series, matrix: confusion, classes: trial.classes).markup,
            .element(
              "figure",
              [
                .element("figcaption", [.element("b", "Recall of each class")]),
                DotChart(title: "Recall of each class", rows: rows, joins: false).svg,
              ]),
          ]),
      ])
  }

  func mistakes(_ series: Series, _ entry: Entry) -> Markup? {
    guard let trial = entry.trial, !trial.mistakes.isEmpty else { return nil }
    let figures = trial.mistakes.map { mistake, picture in
      let (label, predicted) = (trial.classes[mistake.label], trial.classes[mistake.predicted])
      let source = "data:image/png;base64," + Data(picture.png).base64EncodedString()
      return Markup.element(
        "figure", ["class": "sample"],
        [
          .void(
            "img",
            [
              "src": source, "alt": "sample \(mistake.sample), which is \(label)",
              "width": "\(picture.width)", "height": "\(picture.height)",
            ]),
          .element(
            "figcaption",
            [
              .element("b", label), .text(" predicted as "), .element("b", predicted),
              .text(
                String(format: ", %.1f %%; sample %d", 100 * mistake.probability, mistake.sample)),
            ]),
        ])
    }
    return section(
      title("The most confident mistakes", series),
      [.element("div", ["class": "samples"], figures)])
  }

  func calibration(_ series: Series, _ entry: Entry) -> Markup? {
    guard let trial = entry.trial else { return nil }
    return section(
      title("Calibration", series),
      [
        .element(
          "div", ["class": "pair"],
          [
            .element("figure", [CalibrationChart(calibration: trial.calibration).svg]),
            .element(
              "p",
              String(
                format:
                  "A bar above the line is a classifier that is right more often than it is sure "
                  + "to be, one below it is right less often. Weighted by the samples, the two "
                  + "differ by %.2f percentage points (the expected calibration error).",
                100 * trial.calibration.error)),
          ])
      ])
  }
}
