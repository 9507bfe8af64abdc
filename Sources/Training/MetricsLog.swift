import Foundation

/// One step in `metrics.jsonl`.
struct StepRecord: Codable, Equatable {
  var type = "step"
  let step: Int
  let epoch: Int
  /// The mean cross-entropy over the batch.
  let loss: Float
  let learningRate: Double
  /// The norm of the gradient of all parameters, before it is clipped.
  let gradientNorm: Double
  /// From the step's begin to its end on rank 0.
  let seconds: Double
}

/// One evaluation in `metrics.jsonl`.
struct EvaluationRecord: Codable, Equatable {
  var type = "evaluation"
  /// What was evaluated.
  let set: EvaluatedSet
  /// The steps done before it.
  let step: Int
  let epoch: Int
  /// The mean cross-entropy.
  let loss: Double
  /// From 0 to 1.
  let accuracy: Double
  let correct: Int
  let samples: Int
  /// Of the epoch's training before it.
  let seconds: Double
  /// Of the epoch's training before it.
  let samplesPerSecond: Double
}

/// `metrics.jsonl`: a line of JSON for each step and each evaluation.
///
/// A line that cannot be written stays in memory and is tried again, so that a disk that was full for
/// a while leaves no gap.
final class MetricsLog {
  private let path: String
  private let file: FileHandle
  private let encoder = JSONEncoder()
  private var pending = Data()
  private var written: UInt64

  /// Opens the file, keeping what an earlier part of the run wrote up to step `step`; of evaluations,
  /// those at the end of an epoch, since an undisturbed run has no others.
  init(path: String, keepingStepsUpTo step: Int, stepsPerEpoch: Int) throws {
    self.path = path
    encoder.outputFormatting = .sortedKeys
    do {
      let kept = try Self.lines(of: path, upTo: step, stepsPerEpoch: stepsPerEpoch)
      try kept.write(to: URL(filePath: path), options: .atomic)
      file = try FileHandle(forWritingTo: URL(filePath: path))
      written = try file.seekToEnd()
    } catch {
      throw RunFolderError("cannot write \(path): \(RunFolderError.reason(error))")
    }
  }

  /// Adds a line, which reaches the file later.
  func append(_ record: some Encodable) throws {
    pending += try encoder.encode(record)
    pending.append(UInt8(ascii: "\n"))
    if pending.count >= 1 << 14 { try flush() }
  }

  /// Writes all lines to the file.
  ///
  /// - Throws: `RunFolderError`; the file is then as before.
  func flush() throws {
    do {
      try file.write(contentsOf: pending)
      written += UInt64(pending.count)
      pending.removeAll(keepingCapacity: true)
    } catch {
      try? file.truncate(atOffset: written)
      throw RunFolderError("cannot write \(path): \(RunFolderError.reason(error))", exitStatus: 1)
    }
  }

  /// What makes sure that the lines in the file are on the disk; any thread may call it.
  var synchronize: @Sendable () -> Void {
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
