import Cluster
import Configuration
import Files
import Foundation

/// The destination of predictions: a file, which is written whole or not at all, or standard output.
final class PredictionOutput {
  /// The most samples of a table: more are comma-separated values.
  static let mostInTable = 20

  private enum Destination {
    case file(AtomicFile)
    case console(Console)
  }

  private let destination: Destination
  private let columns: PredictionColumns
  /// Nil for a table.
  private let format: (any PredictionFormat)?

  /// True if what is written is a file's content on standard output.
  var isOnStandardOutput: Bool {
    if case .console = destination { format != nil } else { false }
  }

  /// The endings of the names of files.
  private static let endings = [".csv", ".jsonl", ".npy"]

  /// Finds out early whether `path` can be written.
  ///
  /// - Throws: `ConfigurationError` for a name with another ending; `FileError`.
  static func prepare(_ path: String?) throws {
    guard let path, path != "-" else { return }
    guard endings.contains(where: path.hasSuffix) else {
      throw ConfigurationError(
        "--output is \(path.excerpt()); expected a name that ends in .csv, .jsonl or .npy, or - for "
          + "standard output", isOfOption: true)
    }
    AtomicFile.removeLeftovers(of: path)
    _ = try AtomicFile(path: path)
  }

  /// Refuses a file to write that is one of those that are read.
  ///
  /// - Throws: `ConfigurationError`.
  static func requireOther(_ path: String?, than inputs: [String]) throws(ConfigurationError) {
    guard let path else { return }
    for file in inputs where isSameFile(path, file) {
      throw ConfigurationError(
        "--output is \(path.excerpt()), which is read; name another file", isOfOption: true)
    }
  }

  /// Opens the destination for the predictions of `count` samples.
  ///
  /// - Parameter path: `-` for standard output; nil for a table there, or the same where there are
  ///   many.
  /// - Throws: `FileError`.
  init(_ path: String?, _ columns: PredictionColumns, count: Int, _ console: Console) throws {
    self.columns = columns
    if let path, path != "-" {
      destination = .file(try AtomicFile(path: path))
    } else {
      destination = .console(console)
    }
    format =
      switch path {
      case nil where count <= Self.mostInTable: nil
      case let path? where path.hasSuffix(".npy"): NumPyPredictions(columns)
      case let path? where path.hasSuffix(".jsonl"): try JSONPredictions(columns)
      default: CSVPredictions(columns)
      }
    if let format { try write(format.header(count: count)) }
  }

  /// Writes the next rows.
  ///
  /// - Throws: `FileError`.
  func append(_ rows: PredictionRows) throws(FileError) {
    if let format {
      try write(format.bytes(rows))
    } else if case .console(let console) = destination {
      for line in table(rows, columns) { console.line(line) }
    }
  }

  /// Puts the file in its place.
  ///
  /// - Throws: `FileError`.
  func finish() throws(FileError) {
    if case .file(let file) = destination { try file.commit() }
  }

  private func write(_ bytes: [UInt8]) throws(FileError) {
    switch destination {
    case .file(let file): try file.append(bytes.span.bytes)
    // The console ends the last line.
    case .console(let console) where !bytes.isEmpty:
      console.line(String(decoding: bytes.dropLast(), as: UTF8.self))
    case .console: break
    }
  }
}
