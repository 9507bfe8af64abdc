import ArgumentParser
import Configuration
import Foundation
import Training

struct Predict: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show test samples with the classes that a checkpoint sees in them.")

  @OptionGroup var options: CheckpointOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("The numbers of the samples in the test set, from 0.", valueName: "number"))
  var index: [Int]

  func run() throws {
    let model = try LoadedModel(checkpoint: options.checkpoint)
    let test = try model.onTestSet(directory: options.data)
    for index in index where !(0..<test.sampleCount).contains(index) {
      throw ConfigurationError(
        "--index is \(index); expected the number of a test sample, from 0 to "
          + "\(test.sampleCount - 1)", isOfOption: true)
    }
    let console = Lockstep.console
    for index in index {
      let prediction = try test.predict(index)
      let noun = prediction.pixels == nil ? "sequence" : "image"
      console.line("Test \(noun) \(index): \(prediction.label)")
      if let pixels = prediction.pixels {
        console.line(drawing(of: pixels, width: prediction.width))
      }
      for (name, probability) in prediction.probabilities {
        let bar = String(
          repeating: "█", count: probability.isFinite ? Int((probability * 30).rounded()) : 0)
        let mark = name == prediction.label ? "*" : " "
        let percentage = String(format: "%6.2f %%", 100 * probability)
        console.line("\(percentage) \(mark) \(name) \(bar)")
      }
      console.line("")
    }
  }

  /// Draws two rows of pixels as one line of text, in the 24 gray levels of a terminal with 256
  /// colors; where there is no terminal, in characters of growing darkness.
  private func drawing(of pixels: [UInt8], width: Int) -> String {
    let rows = stride(from: 0, to: pixels.count, by: width).map { Array(pixels[$0..<$0 + width]) }
    guard isatty(STDOUT_FILENO) == 1 else {
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
