import Foundation
import Optimizers

// The form in which checkpoints have a run's progress, and in which ranks send it.

extension TrainingProgress {
  /// The largest number of evaluations: of one for each epoch.
  private static let largestCount = 1 << 30

  private struct Count: Codable {
    let best: Double?
    let evaluationsSince: Int

    init(_ count: ImprovementCount) {
      (best, evaluationsSince) = (count.best, count.evaluationsSince)
    }

    /// The count; nil unless its numbers are some that there can be.
    var count: ImprovementCount? {
      guard 0...largestCount ~= evaluationsSince, best?.isFinite != false else { return nil }
      return ImprovementCount(best: best, evaluationsSince: evaluationsSince)
    }
  }

  private struct Form: Codable {
    let stopping, plateau: Count
    let reductions: Int
  }

  /// The progress as JSON, whose numbers read back as the same.
  ///
  /// - Throws: an error of JSON's encoder, which takes all finite numbers.
  var text: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = .sortedKeys
      let form = Form(stopping: Count(stopping), plateau: Count(plateau), reductions: reductions)
      return String(decoding: try encoder.encode(form), as: UTF8.self)
    }
  }

  /// The progress that `text` has; nil if it has none.
  init?(text: String) {
    guard let form = try? JSONDecoder().decode(Form.self, from: Data(text.utf8)),
      let stopping = form.stopping.count, let plateau = form.plateau.count,
      0...Self.largestCount ~= form.reductions
    else { return nil }
    self.init()
    (self.stopping, self.plateau) = (stopping, plateau)
    reductions = form.reductions
  }
}
