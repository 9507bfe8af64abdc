import Cluster
import Files
import Foundation

/// Where the report goes: a table on standard output, or JSON there, or both a table and a file.
package struct BenchmarkOutput {
  /// The path of the file, or `-` for standard output.
  package let json: String?

  /// Finds out early whether the file can be written.
  ///
  /// - Throws: `JobFailure`.
  package func prepare() throws {
    guard let path else { return }
    close(try open(path, 0))
  }

  /// Writes the report.
  ///
  /// - Throws: `JobFailure`.
  package func write(_ report: BenchmarkReport) throws {
    do {
      let text = json == "-" ? try report.json : report.table
      try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    } catch {
      throw JobFailure("cannot write to standard output: \(systemReason(error))")
    }
    guard let path else { return }
    let file = FileHandle(fileDescriptor: try open(path, O_TRUNC), closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data((report.json + "\n").utf8))
    } catch {
      throw failure(path, systemReason(error))
    }
  }

  /// The path of the file, if there is to be one.
  private var path: String? { json == "-" ? nil : json }

  private func open(_ path: String, _ flags: Int32) throws -> Int32 {
    let descriptor = Foundation.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o666)
    guard descriptor >= 0 else { throw failure(path, systemReason(errno)) }
    return descriptor
  }

  private func failure(_ path: String, _ reason: String) -> JobFailure {
    JobFailure(
      "cannot write \(path): \(reason); name another file with --json",
      status: JobFailure.inputStatus)
  }
}
