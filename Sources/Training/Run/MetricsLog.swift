import Files
import Foundation

/// One step in `metrics.jsonl`.
package struct StepRecord: Codable, Equatable {
  package var type = "step"
  package let step: Int
  package let epoch: Int
  /// The mean cross-entropy over the batch.
  package let loss: Float
  package let learningRate: Double
  /// The norm of the gradient of all parameters, before it is clipped.
  package let gradientNorm: Double
  /// From the step's begin to its end on rank 0.
  package let seconds: Double
}

/// One evaluation in `metrics.jsonl`.
package struct EvaluationRecord: Codable, Equatable {
  package var type = "evaluation"
  /// What was evaluated.
  package let set: EvaluatedSet
  /// The steps done before it.
  package let step: Int
  package let epoch: Int
  /// The mean cross-entropy.
  package let loss: Double
  /// From 0 to 1.
  package let accuracy: Double
  package let correct: Int
  package let samples: Int
  /// Of the epoch's training before it.
  package let seconds: Double
  /// Of the epoch's training before it.
  package let samplesPerSecond: Double
}

/// `metrics.jsonl`: a line of JSON for each step and each evaluation.
///
/// A line that cannot be written stays in memory and is tried again, so that a disk that was full for
/// a while leaves no gap.
package final class MetricsLog {
  private let path: String
  private let file: FileHandle
  private let encoder = JSONEncoder()
  private var pending = Data()
  private var written: UInt64

  /// Opens the file, keeping what an earlier part of the run wrote up to step `step`; of evaluations,
  /// those at the end of an epoch, since an undisturbed run has no others.
  package init(path: String, keepingStepsUpTo step: Int, stepsPerEpoch: Int) throws {
    self.path = path
    encoder.outputFormatting = .sortedKeys
    do {
      let kept = try Self.lines(of: path, upTo: step, stepsPerEpoch: stepsPerEpoch)
      try kept.write(to: URL(filePath: path), options: .atomic)
      file = try FileHandle(forWritingTo: URL(filePath: path))
      written = try file.seekToEnd()
    } catch {
      throw RunDirectoryError("cannot write \(path): \(systemReason(error))")
    }
  }

  /// Adds a line, which reaches the file later.
  package func append(_ record: some Encodable) throws {
    pending += try encoder.encode(record)
    pending.append(UInt8(ascii: "\n"))
    if pending.count >= 1 << 14 { try flush() }
  }

  /// Writes all lines to the file.
  ///
  /// - Throws: `RunDirectoryError`; the file is then as before.
  package func flush() throws {
    do {
      try file.write(contentsOf: pending)
      written += UInt64(pending.count)
      pending.removeAll(keepingCapacity: true)
    } catch {
      try? file.truncate(atOffset: written)
      throw RunDirectoryError("cannot write \(path): \(systemReason(error))", exitStatus: 1)
    }
  }

  /// What makes sure that the lines in the file are on the disk; any thread may call it.
  package var synchronize: @Sendable () -> Void {
    let descriptor = file.fileDescriptor
    return { fsync(descriptor) }
  }

  private static func lines(
    of path: String, upTo step: Int, stepsPerEpoch: Int
  ) throws -> Data {
    guard step > 0, FileManager.default.fileExists(atPath: path) else { return Data() }
    struct Line: Decodable {
      let step: Int
      let type: String
    }
    let decoder = JSONDecoder()
    var kept = Data()
    for line in try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n")) {
      // A line that was cut off belongs to a step after the last checkpoint.
      guard let record = try? decoder.decode(Line.self, from: line), record.step <= step,
        record.type == "step" || record.step % stepsPerEpoch == 0
      else { continue }
      kept += line
      kept.append(UInt8(ascii: "\n"))
    }
    return kept
  }
}
