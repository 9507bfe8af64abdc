import Cluster
import Files
import Foundation

/// A report of measurements, as a table for a person and as JSON for a program.
package protocol PrintedReport: Codable {
  /// The report for a person, in lines of less than 80 columns.
  var table: String { get }
}

extension PrintedReport {
  /// The report as one JSON object.
  package var json: String {
    get throws {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
  }
}

/// The destination of a report: a table on standard output, or JSON there, or both a table and a
/// file.
package struct ReportOutput {
  /// The path of the file, or `-` for standard output.
  let json: String?

  /// The destination for a command that was given a path of JSON, or none.
  package init(json: String?) { self.json = json }

  /// Finds out early whether the file can be written.
  ///
  /// - Throws: `FileError`.
  package func prepare() throws {
    if let path { _ = try AtomicFile(path: path) }
  }

  /// Writes the report.
  ///
  /// - Throws: `JobFailure`; `FileError`.
  package func write(_ report: some PrintedReport) throws {
    do {
      let text = json == "-" ? try report.json : report.table
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      throw JobFailure("standard output: it cannot be written (\(systemReason(error)))")
    }
    guard let path else { return }
    let file = try AtomicFile(path: path)
    try file.append(Array((report.json + "\n").utf8).span.bytes)
    try file.commit()
  }

  /// The path of the file, if there is to be one.
  private var path: String? { json == "-" ? nil : json }
}
