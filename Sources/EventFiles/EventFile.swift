import Files
import Foundation

/// A file of events that grows while TensorBoard reads it.
///
/// Each start of a run has a file of its own: TensorBoard reads the files of a folder one after the
/// other, and does not come back to an earlier one.
package final class EventFile {
  private let file: AppendedFile

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
    for name in try fileNames(in: folder)
    where name.hasPrefix(Self.prefix) && name.hasSuffix(Self.suffix) {
      AtomicFile.removeLeftovers(of: "\(folder)/\(name)")
      try Self.prune("\(folder)/\(name)", keeping: isKept)
    }
    let now = Date().timeIntervalSince1970
    // The names' order is that of the starts.
    let path =
      "\(folder)/\(Self.prefix)\(Int(now * 1000)).\(host).\(ProcessInfo.processInfo.processIdentifier)"
      + Self.suffix
    try AtomicFile.replace(
      path, with: Record.framed(Event(time: now, step: 0, .version).bytes))
    file = try AppendedFile(path: path)
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

  /// Removes from a file the events that are not to be kept; the whole file if none is.
  private static func prune(
    _ path: String, keeping isKept: (Event.Heading) -> Bool
  ) throws(FileError) {
    let input = try InputFile(path: path)
    let bytes = try input.bytes(at: 0, count: input.byteCount)
    let records = Record.all(in: bytes)
    let kept = records.filter { record in
      guard let heading = Event.Heading(record.data) else { return false }
      return heading.tags.isEmpty || isKept(heading)
    }
    let hasValues = kept.contains { Event.Heading($0.data)?.tags.isEmpty == false }
    guard hasValues else {
      unlink(path)
      return
    }
    let length = kept.reduce(0) { $0 + $1.place.count }
    guard length < bytes.count else { return }
    try AtomicFile.replace(path, with: kept.flatMap { bytes[$0.place] })
  }
}
