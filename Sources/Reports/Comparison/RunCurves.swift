import Datasets
import Files
import Foundation
import Training

/// Reads the figures of a run's epochs from its `metrics.jsonl`.
package enum RunCurves {
  /// The figures of the epochs 1 to `epochs` of a run that was evaluated on `set` after each.
  ///
  /// - Throws: `FileError` if the file cannot be read; `RunDirectoryError` if it lacks one.
  package static func read(
    _ path: String, epochs: Int, sampler: BatchSampler, set: DatasetPart
  ) throws -> [EpochFigures] {
    struct Line: Decodable { let type: String }
    var losses: [Int: (sum: Double, seconds: Double, steps: Int)] = [:]
    var evaluations: [Int: EvaluationRecord] = [:]
    let decoder = JSONDecoder()
    let file = try InputFile(path: path)
    let bytes = Data(try file.bytes(at: 0, count: file.byteCount))
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      switch (try? decoder.decode(Line.self, from: line))?.type {
      case "step":
        guard let step = try? decoder.decode(StepRecord.self, from: line), step.step > 0 else {
          continue
        }
        // The mean over samples, of which the last step of an epoch may have fewer.
        let samples = sampler.batchCount(step: (step.step - 1) % sampler.stepsPerEpoch)
        let epoch = losses[step.epoch] ?? (0, 0, 0)
        losses[step.epoch] = (
          epoch.sum + Double(step.loss) * Double(samples), epoch.seconds + step.seconds,
          epoch.steps + 1
        )
      case "evaluation":
        guard let record = try? decoder.decode(EvaluationRecord.self, from: line),
          record.set == set, record.step % sampler.stepsPerEpoch == 0
        else { continue }
        evaluations[record.step / sampler.stepsPerEpoch] = record
      default: continue
      }
    }
    return try (1...epochs).map { epoch in
      guard let steps = losses[epoch], steps.steps == sampler.stepsPerEpoch,
        let evaluation = evaluations[epoch]
      else {
        throw RunDirectoryError(
          "\(path) lacks figures of epoch \(epoch), so the run cannot be compared; remove its folder "
            + "to train it again, or name another folder with --output")
      }
      return EpochFigures(
        epoch: epoch, trainingLoss: steps.sum / Double(sampler.layout.sampleCount),
        evaluationLoss: evaluation.loss, accuracy: evaluation.accuracy, seconds: steps.seconds)
    }
  }
}
