import Files
import Foundation
import Training

/// Writes `metrics.jsonl`: a line of JSON for each step and each evaluation, at once.
package final class MetricsLog: TrainingObserver {
  private let file: AppendedFile
  private let encoder = JSONEncoder()

  /// Opens the file of a run, keeping what earlier parts of the run wrote: the lines of steps that
  /// are done; of evaluations, those at the end of an epoch, since an undisturbed run has no others,
  /// and not those that the run begins with.
  ///
  /// - Throws: `FileError`.
  package convenience init(_ run: TrainingRun) throws {
    let lastStep = run.firstStep - 1
    let kept = try Self.lines(of: run.metricsPath, upTo: lastStep) { line in
      line.type == "step"
        || line.step % run.stepsPerEpoch == 0
          && !(line.step == lastStep && run.beginsWithEvaluation)
    }
    let file = try AtomicFile(path: run.metricsPath)
    try file.append(kept.span.bytes)
    try file.commit()
    self.init(try AppendedFile(path: run.metricsPath))
  }

  /// A log that goes on at the end of a file.
  package init(_ file: AppendedFile) {
    self.file = file
    encoder.outputFormatting = .sortedKeys
  }

  package func stepEnded(_ step: StepEvent) throws { try append(StepRecord(step)) }

  package func evaluated(_ evaluation: EvaluationEvent) throws {
    try append(EvaluationRecord(evaluation))
  }

  /// Writes the lines that could not be written before.
  ///
  /// - Throws: `FileError`.
  package func flush() throws { try file.flush() }

  package var synchronize: @Sendable () throws -> Void { file.synchronize }

  private func append(_ record: some Encodable) throws {
    try file.append(try encoder.encode(record) + [UInt8(ascii: "\n")])
  }

  private struct Line: Decodable {
    let step: Int
    let type: String
  }

  /// The lines of a file up to a step that are to be kept.
  private static func lines(
    of path: String, upTo step: Int, where isKept: (Line) -> Bool
  ) throws -> [UInt8] {
    guard step > 0, FileManager.default.fileExists(atPath: path) else { return [] }
    let file = try InputFile(path: path)
    let decoder = JSONDecoder()
    var kept: [UInt8] = []
    for bytes in try file.bytes(at: 0, count: file.byteCount).split(separator: UInt8(ascii: "\n")) {
      // A line that was cut off belongs to a step after the last checkpoint.
      guard let line = try? decoder.decode(Line.self, from: Data(bytes)), line.step <= step,
        isKept(line)
      else { continue }
      kept += bytes
      kept.append(UInt8(ascii: "\n"))
    }
    return kept
  }
}
