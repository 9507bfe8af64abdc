import Files
import Foundation
import Training

/// Writes `metrics.jsonl`: a line of JSON for each step and each evaluation.
///
/// A line that cannot be written stays in memory and is tried again, so that a disk that was full
/// for a while leaves no gap.
package final class MetricsLog: TrainingObserver {
  private let path: String
  private let file: FileHandle
  private let encoder = JSONEncoder()
  private var pending = Data()
  private var written: UInt64

  /// Opens the file of a run, keeping what earlier parts of the run wrote.
  ///
  /// - Throws: `RunDirectoryError`.
  package convenience init(_ run: TrainingRun) throws {
    try self.init(
      path: run.metricsPath, keepingStepsUpTo: run.firstStep - 1, stepsPerEpoch: run.stepsPerEpoch)
  }

  /// Opens the file, keeping the lines of steps up to `step`; of evaluations, those at the end of
  /// an epoch, since an undisturbed run has no others.
  ///
  /// - Throws: `RunDirectoryError`.
  package convenience init(path: String, keepingStepsUpTo step: Int, stepsPerEpoch: Int) throws {
    do {
      let kept = try Self.lines(of: path, upTo: step, stepsPerEpoch: stepsPerEpoch)
      try kept.write(to: URL(filePath: path), options: .atomic)
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      self.init(file, path: path, size: try file.seekToEnd())
    } catch {
      throw RunDirectoryError("cannot write \(path): \(systemReason(error))")
    }
  }

  /// A log that goes on at the end of an open file of `size` bytes.
  package init(_ file: FileHandle, path: String, size: UInt64) {
    (self.file, self.path) = (file, path)
    written = size
    encoder.outputFormatting = .sortedKeys
  }

  package func stepEnded(_ step: StepEvent) throws { try append(StepRecord(step)) }

  package func evaluated(_ evaluation: EvaluationEvent) throws {
    try append(EvaluationRecord(evaluation))
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

  package var synchronize: @Sendable () -> Void {
    let descriptor = file.fileDescriptor
    return { fsync(descriptor) }
  }

  /// Adds a line, which reaches the file later.
  private func append(_ record: some Encodable) throws {
    pending += try encoder.encode(record)
    pending.append(UInt8(ascii: "\n"))
    if pending.count >= 1 << 14 { try flush() }
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
