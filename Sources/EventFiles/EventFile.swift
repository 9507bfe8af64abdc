import Files
import Foundation

/// A file of events that grows while TensorBoard reads it.
///
/// Each start of a run has a file of its own: TensorBoard reads the files of a folder one after the
/// other, and does not come back to an earlier one.
package final class EventFile {
  private let file: AppendedFile
  /// The paths of files of earlier starts that had damaged events in their midst.
  package private(set) var damagedFiles: [String] = []

  /// The beginning of each file's name, by which TensorBoard knows it.
  private static let prefix = "events.out.tfevents."
  /// The end of the name of a file that this program wrote.
  private static let suffix = ".lockstep"

  /// Begins a file in a folder, and removes from those of earlier starts the events that are not to be
  /// kept, and what is damaged.
  ///
  /// - Throws: `FileError`.
  package init(
    in folder: String, host: String, keeping isKept: (Event.Heading) -> Bool
  ) throws(FileError) {
    var damaged: [String] = []
    for name in try fileNames(in: folder)
    where name.hasPrefix(Self.prefix) && name.hasSuffix(Self.suffix) {
      let path = "\(folder)/\(name)"
      AtomicFile.removeLeftovers(of: path)
      if try !Self.prune(path, keeping: isKept) { damaged.append(path) }
    }
    let now = Date().timeIntervalSince1970
    // The names' order is that of the starts.
    let path =
      "\(folder)/\(Self.prefix)\(Int(now * 1000)).\(host).\(ProcessInfo.processInfo.processIdentifier)"
      + Self.suffix
    try AtomicFile.replace(
      path, with: Record.framed(Event(time: now, step: 0, .version).bytes))
    file = try AppendedFile(path: path)
    damagedFiles = damaged
  }

  /// Adds an event.
  ///
  /// - Throws: `FileError`; the event is written later.
  package func append(_ event: Event) throws(FileError) {
    try file.append(Record.framed(event.bytes))
  }

  /// Writes the events that could not be written before.
  ///
  /// - Throws: `FileError`.
  package func flush() throws(FileError) { try file.flush() }

  /// Puts what is written on the disk, on any thread.
  package var synchronize: @Sendable () throws -> Void { file.synchronize }

  /// Removes from a file the events that are not to be kept, and those that are damaged; the whole file
  /// if no other is left.
  ///
  /// - Returns: false if some before the last one were damaged.
  private static func prune(
    _ path: String, keeping isKept: (Event.Heading) -> Bool
  ) throws(FileError) -> Bool {
    let input = try InputFile(path: path)
    let bytes = try input.bytes(at: 0, count: input.byteCount)
    let (records, isWhole) = Record.all(in: bytes)
    var (kept, hasValues) = ([Range<Int>](), false)
    for record in records {
      guard let heading = Event.Heading(record.data), heading.tags.isEmpty || isKept(heading)
      else { continue }
      kept.append(record.place)
      hasValues = hasValues || !heading.tags.isEmpty
    }
    if !hasValues {
      unlink(path)
    } else if kept.reduce(0, { $0 + $1.count }) < bytes.count {
      try AtomicFile.replace(path, with: kept.flatMap { bytes[$0] })
    }
    return isWhole
  }
}
