import Cluster
import Files
import Foundation
import Training

/// Where a report goes: a table on standard output, and a page and its figures into the folder.
package struct ComparisonOutput {
  package static let pageName = "comparison.html"
  package static let figuresName = "comparison.json"

  /// That of the comparison, which exists.
  package let folder: String

  /// The output into a folder that exists.
  package init(folder: String) { self.folder = folder }

  /// Writes the report.
  ///
  /// - Throws: `RunDirectoryError`.
  package func write(_ report: ComparisonReport) throws {
    try write(report.json + "\n", Self.figuresName)
    try write(ComparisonPage(report).html, Self.pageName)
    Console.standard.line("\n\(report.table)\n\nThe page is \(folder)/\(Self.pageName).")
  }

  private func write(_ text: String, _ name: String) throws {
    let path = "\(folder)/\(name)"
    do { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) } catch {
      throw RunDirectoryError(
        "cannot write \(path): \(systemReason(error)); the runs are complete: compare the same "
          + "again to write it", exitStatus: 1)
    }
  }
}
