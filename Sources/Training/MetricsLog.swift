import Foundation

/// One step in `metrics.jsonl`.
struct StepRecord: Codable, Equatable {
  var type = "step"
  let step: Int
  let epoch: Int
  /// The mean cross-entropy over the batch.
  let loss: Float
  let learningRate: Double
  /// The norm of the gradient of all parameters.
  let gradientNorm: Double
  /// From the step's begin to its end on rank 0.
  let seconds: Double
}

/// One evaluation on the test set in `metrics.jsonl`.
struct EvaluationRecord: Codable, Equatable {
  var type = "evaluation"
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
final class MetricsLog {
  private let path: String
  private let file: FileHandle
  private let encoder = JSONEncoder()
  private var pending = Data()

  /// Opens the file, keeping the lines up to step `step` of an earlier part of the run.
  init(path: String, keepingStepsUpTo step: Int) throws {
    self.path = path
    encoder.outputFormatting = .sortedKeys
    do {
      let kept = try Self.lines(of: path, upTo: step)
      try kept.write(to: URL(filePath: path), options: .atomic)
      file = try FileHandle(forWritingTo: URL(filePath: path))
      try file.seekToEnd()
    } catch {
      throw RunFolderError("cannot write \(path): \(RunFolderError.reason(error))")
    }
  }

  /// Adds a line; it may reach the file later.
  func append(_ record: some Encodable) throws {
    pending += try encoder.encode(record)
    pending.append(UInt8(ascii: "\n"))
    if pending.count >= 1 << 14 { try flush() }
  }

  /// Makes sure that all lines are on the disk.
  func synchronize() throws {
    try flush()
    do {
      try file.synchronize()
    } catch {
      throw RunFolderError("cannot write \(path): \(RunFolderError.reason(error))")
    }
  }

  private func flush() throws {
    do {
      try file.write(contentsOf: pending)
    } catch {
      throw RunFolderError("cannot write \(path): \(RunFolderError.reason(error))")
    }
    pending.removeAll(keepingCapacity: true)
  }

  private static func lines(of path: String, upTo step: Int) throws -> Data {
    guard step > 0, FileManager.default.fileExists(atPath: path) else { return Data() }
    struct Line: Decodable { let step: Int }
    let decoder = JSONDecoder()
    var kept = Data()
    for line in try Data(contentsOf: URL(filePath: path)).split(separator: UInt8(ascii: "\n")) {
      // A line that was cut off belongs to a step after the last checkpoint.
      guard let record = try? decoder.decode(Line.self, from: line), record.step <= step else {
        continue
      }
      kept += line
      kept.append(UInt8(ascii: "\n"))
    }
    return kept
  }
}
