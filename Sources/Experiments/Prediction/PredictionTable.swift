import Cluster
import Foundation
import Reports
import Training

/// A few predictions as a table for a person, in lines.
func table(_ rows: PredictionRows, _ columns: PredictionColumns) -> [String] {
  let hasLabels = columns.hasLabels
  let lines = rows.rows.map { row in
    ["\(row.sample)", columns.classes[row.predicted], percentage(row.probability)]
      + (row.label.map { [columns.classes[$0]] } ?? [])
  }
  let all = [["number", "predicted", "probability"] + (hasLabels ? ["true"] : [])] + lines
  let table = TextTable(fitting: all)
  return all.map { table.line($0[0], Array($0.dropFirst())) }
}

private func percentage(_ probability: Float) -> String {
  String(format: "%.2f %%", 100 * Double(probability))
}

extension Console {
  /// Shows samples with the classes that a model sees in them, images as pictures.
  ///
  /// - Parameter progress: called now and then; an error that it throws ends the work.
  /// - Throws: `DatasetError`; `TensorError`, or what `progress` throws.
  func show(_ samples: [Int], _ predictor: Predictor, _ progress: () throws -> Void) throws {
    let predictions = try predictor.predict(samples[...], progress: progress)
    let form = predictor.test.form
    for (place, sample) in samples.enumerated() {
      let label = try predictor.label(of: sample)
      let noun = form.isImage ? "image" : "sequence"
      let name = label.map { ": \(predictor.classes[$0])" } ?? ""
      line("Test \(noun) \(sample)\(name)")
      if let pixels = try predictor.test.image(at: sample) {
        line(drawing(of: pixels, width: form.imageWidth))
      }
      let probabilities = Array(predictions[place].probabilities.enumerated())
      for (number, probability) in probabilities.sorted(by: { $0.element > $1.element }) {
        let bar = String(
          repeating: "█", count: probability.isFinite ? Int((probability * 30).rounded()) : 0)
        let mark = number == label ? "*" : " "
        let share = String(format: "%6.2f %%", 100 * Double(probability))
        line("\(share) \(mark) \(predictor.classes[number]) \(bar)")
      }
      line("")
    }
  }

  /// Draws two rows of pixels as one line of text, in the 24 gray levels of a terminal with 256
  /// colors; where there is no terminal, in characters of growing darkness.
  private func drawing(of pixels: [UInt8], width: Int) -> String {
    let rows = stride(from: 0, to: pixels.count, by: width).map { Array(pixels[$0..<$0 + width]) }
    guard Terminal.find(under: .current) != nil else {
      let levels = Array(" .:-=+*#%@")
      return rows.map { row in
        row.map { String(repeating: levels[Int($0) * (levels.count - 1) / 255], count: 2) }.joined()
      }.joined(separator: "\n")
    }
    func gray(_ pixel: UInt8) -> Int { 232 + Int(pixel) * 23 / 255 }
    return stride(from: 0, to: rows.count, by: 2).map { row in
      (0..<width).map { x in
        let below = row + 1 < rows.count ? rows[row + 1][x] : 0
        return "\u{1B}[38;5;\(gray(rows[row][x]));48;5;\(gray(below))m▀"
      }.joined() + "\u{1B}[0m"
    }.joined(separator: "\n")
  }
}
