import Files
import SwiftCSV

/// The rows of a table of delimited text (CSV), gzipped or not, read once from front to back.
///
/// SwiftCSV parses the text, a piece of whole rows at a time, for it takes a text as a whole. A field
/// in quotes may have the delimiter, doubled quotes and line breaks in it.
///
/// Source: RFC 4180.
struct TableReader {
  private var reader: PiecewiseReader
  private let delimiter: CSVDelimiter
  /// The number of the first line that has not been read.
  private var line = 1

  /// A row of more bytes is none: a quote is open.
  private static let longestRow = 1 << 20

  var path: String { reader.path }

  /// Opens the file.
  ///
  /// - Parameter delimiter: the character between two fields.
  /// - Throws: ``DatasetError`` where it cannot be opened.
  init(_ path: String, delimiter: Character) throws(DatasetError) {
    reader = try PiecewiseReader(path, content: "a table of delimited text")
    self.delimiter = .character(delimiter)
  }

  /// Calls `body` with the fields of each row that is not empty, and the number of its first line.
  ///
  /// - Parameter isCancelled: asked before each piece of the file; true ends the reading.
  /// - Throws: ``DatasetError`` where the text is no table, and what `body` throws.
  mutating func forEachRow(
    isCancelled: () -> Bool, _ body: (Int, [String]) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    var (waiting, isInQuotes) = ([UInt8](), false)
    while true {
      let piece = try reader.next(isCancelled)
      guard !piece.isEmpty else { break }
      // Rows end at line breaks that stand in no quotes; the last one may not be whole.
      var end: Int?
      for (index, byte) in piece.enumerated() {
        if byte == UInt8(ascii: "\"") { isInQuotes.toggle() }
        if byte == UInt8(ascii: "\n"), !isInQuotes { end = index + 1 }
      }
      waiting += piece.prefix(end ?? 0)
      if end != nil {
        try parse(waiting, body)
        waiting.removeAll(keepingCapacity: true)
      }
      waiting += piece.dropFirst(end ?? 0)
      guard waiting.count <= Self.longestRow else {
        throw damaged(
          "more than \(Self.longestRow) bytes without the end of a row", line: line,
          advice: "close the quote in that row, if one is open, and end rows with line feeds")
      }
    }
    guard !isInQuotes else {
      throw damaged(
        "a quote that is not closed", line: line, advice: "close it, or double a quote in quotes")
    }
    // SwiftCSV forgets an empty field at the very end.
    if !waiting.isEmpty { try parse(waiting + [UInt8(ascii: "\n")], body) }
  }

  private mutating func parse(
    _ bytes: [UInt8], _ body: (Int, [String]) throws(DatasetError) -> Void
  ) throws(DatasetError) {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      let before = lines.firstIndex { String(validating: $0, as: UTF8.self) == nil } ?? 0
      throw damaged(
        "bytes that are no UTF-8", line: line + before, advice: "save the table as UTF-8")
    }
    var rows: [[String]] = []
    var failure: String?
    do {
      let table = try EnumeratedCSV(
        string: text, delimiter: delimiter, loadColumns: false, rowLimit: 0)
      try table.enumerateAsArray(startAt: 0, rowLimit: nil) { rows.append($0) }
    } catch CSVParseError.quotation(let message) {
      failure = message
    } catch { failure = "\(error)" }
    for row in rows {
      if row.count > 1 || row.first != "" { try body(line, row) }
      line += row.reduce(1) { $0 + $1.lineBreakCount }
    }
    if let failure {
      throw damaged(
        "a quote that does not go around a field (\(failure.excerpt()))", line: line,
        advice: "put the whole field in quotes, and double each quote in it")
    }
  }

  private func damaged(_ found: String, line: Int, advice: String) -> DatasetError {
    DatasetError(
      .damagedTable, in: path, found: "\(found) in line \(line)",
      expected: "fields of plain text or in quotes, with a delimiter between them", advice: advice)
  }
}

extension String {
  /// The number of line breaks in the text.
  fileprivate var lineBreakCount: Int {
    utf8.contains { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
      ? count(where: \.isNewline) : 0
  }
}
