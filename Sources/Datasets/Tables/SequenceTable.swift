import Files

/// The sequences of a long table: of each row the values of a time step, and an id that says which
/// sequence it belongs to.
///
/// All values are in memory, as floats of 32 bits.
package struct SequenceTable {
  /// The path of the table.
  package let path: String
  /// The names of the features, in their order.
  package let features: [String]
  /// The names of the classes, in their order: that of numbers, if all are numbers.
  package private(set) var classes: [String] = []
  /// The number of empty fields, which stand for no value (NaN).
  package private(set) var missingCount = 0

  /// The sequences, by the first row of each.
  private(set) var sequences: [Sequence] = []
  /// `[rows, F]`, in the order of the file.
  private(set) var values: [Float] = []
  /// For each sequence its rows, in the order of their time.
  private(set) var rows: [[Int32]] = []

  struct Sequence {
    let id: String
    let label: String
    /// The part that its rows say.
    let part: DatasetPart?
    let firstLine: Int
  }

  /// Reads a table, gzipped or not.
  ///
  /// - Parameters:
  ///   - delimiter: the character between two fields.
  ///   - isCancelled: asked before each piece of the file; true ends the reading.
  /// - Throws: ``DatasetError`` with the number of the line where a row has too few or too many
  ///   fields, a value is no number that a float has room for, the label or the part of a sequence
  ///   changes, a sequence has a time twice, or there are fewer than 2 classes or more than 256.
  package init(
    _ path: String, _ columns: TableColumns, delimiter: Character = ",",
    isCancelled: () -> Bool = { false }
  ) throws(DatasetError) {
    var reader = try TableReader(path, delimiter: delimiter)
    self.path = reader.path
    var parser: Parser?
    try reader.forEachRow(isCancelled: isCancelled) { (line, fields) throws(DatasetError) in
      if parser == nil {
        let places = try TableColumnPlaces(columns, header: fields, path: path)
        parser = Parser(path: path, places: places, hasTimes: columns.time != nil)
      } else {
        try parser?.read(fields, line: line)
      }
    }
    guard let parser, !parser.sequences.isEmpty else {
      throw DatasetError(
        .damagedTable, in: path, found: parser == nil ? "no line" : "no line behind the first",
        expected: "the names of the columns, and a line for each time step",
        advice: DatasetError.repair(path))
    }
    features = parser.places.features.map(\.name)
    (sequences, values, missingCount) = (parser.sequences, parser.values, parser.missingCount)
    rows = try parser.sortedRows()
    classes = try Self.classes(sequences, path)
  }

  /// The number of time steps of a sequence.
  func length(_ sequence: Int) -> Int { rows[sequence].count }

  /// The names of the classes in their order.
  private static func classes(
    _ sequences: [Sequence], _ path: String
  ) throws(DatasetError) -> [String] {
    let names = Set(sequences.map(\.label))
    guard 2...256 ~= names.count else {
      throw DatasetError(
        .labelOutOfRange, in: path, found: counted(names.count, "different label"),
        expected: "from 2 to 256, the classes that a classifier tells apart",
        advice: "name the column of the labels with --label")
    }
    let numbers = names.compactMap { name in Int(name).map { (number: $0, name: name) } }
    return numbers.count == names.count
      ? numbers.sorted { ($0.number, $0.name) < ($1.number, $1.name) }.map(\.name) : names.sorted()
  }
}

/// Reads the rows of a table.
private struct Parser {
  let path: String
  let places: TableColumnPlaces
  let hasTimes: Bool
  private(set) var sequences: [SequenceTable.Sequence] = []
  private(set) var values: [Float] = []
  private(set) var missingCount = 0
  private var indices: [String: Int32] = [:]
  /// The spelling of each label: of two that are the same characters in other bytes, the first.
  private var spellings: [String: String] = [:]
  /// For each row its sequence, its line and its time.
  private var owners: [Int32] = []
  private var lines: [Int32] = []
  private var times: [Double] = []

  init(path: String, places: TableColumnPlaces, hasTimes: Bool) {
    (self.path, self.places, self.hasTimes) = (path, places, hasTimes)
  }

  mutating func read(_ fields: [String], line: Int) throws(DatasetError) {
    guard fields.count == places.count else {
      throw damaged(
        "\(counted(fields.count, "field"))", line, "\(places.count), as in the first line",
        "check the delimiters and the quotes there")
    }
    let index = try sequence(fields, line)
    if let time = places.time {
      let text = fields[time].trimmed
      guard let number = text.decimal, number.isFinite else {
        throw damaged(
          "the time \"\(text.excerpt())\"", line, "a finite number",
          "name another column with --time, or leave it out if the rows are in order")
      }
      times.append(number)
    }
    for (place, name) in places.features { try append(fields[place].trimmed, of: name, line) }
    guard owners.count < Int32.max else {
      throw damaged("more than \(Int32.max) rows", line, "fewer", "cut the table")
    }
    owners.append(index)
    lines.append(Int32(clamping: line))
  }

  /// The sequence that a row belongs to, which may be a new one.
  private mutating func sequence(_ fields: [String], _ line: Int) throws(DatasetError) -> Int32 {
    let (id, found) = (fields[places.id].trimmed, fields[places.label].trimmed)
    let label = spellings[found] ?? found
    spellings[found] = label
    guard !id.isEmpty, !label.isEmpty else {
      throw damaged(
        "no \(id.isEmpty ? "id" : "label")", line, "one in every row",
        "fill it in, or leave the row out")
    }
    let part = try places.split.map { (place) throws(DatasetError) in
      try self.part(fields[place].trimmed, line)
    }
    if let index = indices[id] {
      let first = sequences[Int(index)]
      guard first.label == label, first.part == part else {
        let change =
          first.label == label
          ? "another part of the data" : "the label \"\(label.excerpt())\""
        throw damaged(
          "\(change) of \"\(id.excerpt())\"", line,
          first.label == label
            ? "that of line \(first.firstLine)"
            : "\"\(first.label.excerpt())\" as in line \(first.firstLine)",
          "give every sequence an id of its own, one label and one part")
      }
      return index
    }
    guard label.unicodeScalars.allSatisfy(\.isShown) else {
      throw damaged(
        "the label \"\(label.excerpt())\"", line, "a name without characters that nobody sees",
        "rename the class")
    }
    let index = Int32(clamping: sequences.count)
    indices[id] = index
    sequences.append(
      SequenceTable.Sequence(id: id, label: label, part: part, firstLine: line))
    return index
  }

  private func part(_ text: String, _ line: Int) throws(DatasetError) -> DatasetPart {
    switch text.lowercased() {
    case "train", "training": return .training
    case "test": return .test
    default:
      throw damaged(
        "the part \"\(text.excerpt())\"", line, "train or test",
        "rename the parts, or let --test-share choose")
    }
  }

  private mutating func append(
    _ text: String, of feature: String, _ line: Int
  ) throws(DatasetError) {
    if text.isEmpty || text == "NA" || text.lowercased() == "nan" {
      missingCount += 1
      values.append(.nan)
      return
    }
    // Rounded as a float of 64 bits first, as such a number in a NumPy array is.
    guard let number = text.decimal, Float(number).isFinite else {
      throw damaged(
        "\"\(text.excerpt())\" as \"\(feature.excerpt())\"", line,
        "a number that fits in a float32, or nothing where the value is missing",
        "change it, or leave the column out with --features")
    }
    values.append(Float(number))
  }

  /// For each sequence its rows, by their time.
  func sortedRows() throws(DatasetError) -> [[Int32]] {
    var rows = [[Int32]](repeating: [], count: sequences.count)
    for (row, owner) in owners.enumerated() { rows[Int(owner)].append(Int32(clamping: row)) }
    guard hasTimes else { return rows }
    for sequence in rows.indices {
      rows[sequence].sort { (times[Int($0)], $0) < (times[Int($1)], $1) }
      for (before, row) in zip(rows[sequence], rows[sequence].dropFirst())
      where times[Int(before)] == times[Int(row)] {
        throw damaged(
          "the time \(times[Int(row)]) of \"\(sequences[sequence].id.excerpt())\"",
          Int(lines[Int(row)]), "one that line \(lines[Int(before)]) does not have",
          "leave one of them out, or give them times of their own")
      }
    }
    return rows
  }

  private func damaged(
    _ found: String, _ line: Int, _ expected: String, _ advice: String
  ) -> DatasetError {
    DatasetError(
      .damagedTable, in: path, found: "\(found) in line \(line)", expected: expected,
      advice: advice)
  }
}
