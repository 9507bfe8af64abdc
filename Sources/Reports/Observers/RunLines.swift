import Files
import Foundation

/// A file of a run that has a line of JSON for each thing that happened, at once.
final class RunLines {
  /// The part of a line by which it is kept or dropped.
  struct Line: Decodable {
    let step: Int
    let type: String
  }

  private let file: AppendedFile
  private let encoder = JSONEncoder()

  /// Opens the file at `path`, keeping what earlier parts of the run wrote about the steps up to one,
  /// as far as `isKept` says.
  ///
  /// - Throws: `FileError`.
  convenience init(path: String, upTo step: Int, where isKept: (Line) -> Bool) throws {
    let kept = try Self.lines(of: path, upTo: step, where: isKept)
    let file = try AtomicFile(path: path)
    try file.append(kept.span.bytes)
    try file.commit()
    self.init(try AppendedFile(path: path))
  }

  /// Goes on at the end of a file.
  init(_ file: AppendedFile) {
    self.file = file
    encoder.outputFormatting = .sortedKeys
  }

  /// Adds a line.
  ///
  /// - Throws: `FileError`; the line is written later.
  func append(_ record: some Encodable) throws {
    try file.append(try encoder.encode(record) + [UInt8(ascii: "\n")])
  }

  /// Writes the lines that could not be written before.
  ///
  /// - Throws: `FileError`.
  func flush() throws { try file.flush() }

  /// Puts what is written on the disk, on any thread.
  var synchronize: @Sendable () throws -> Void { file.synchronize }

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
