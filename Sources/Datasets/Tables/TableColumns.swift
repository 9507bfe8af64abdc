import Files

/// What the columns of a table hold, by their names in its first row.
package struct TableColumns: Equatable, Sendable {
  /// The column that says which sequence a row belongs to.
  package let id: String
  /// The column of the sequence's label.
  package let label: String
  /// The column of numbers that rows of a sequence are sorted by; the order of the file if nil.
  package let time: String?
  /// The column that says `train` or `test`, if there is one.
  package let split: String?
  /// The columns of the features, in their order; all others if nil.
  package let features: [String]?

  package init(
    id: String, label: String, time: String? = nil, split: String? = nil, features: [String]? = nil
  ) {
    (self.id, self.label, self.time, self.split) = (id, label, time, split)
    self.features = features
  }
}

/// The places of columns in the rows of a table.
struct TableColumnPlaces {
  /// The number of fields in a row.
  let count: Int
  let id, label: Int
  let time, split: Int?
  /// The places and the names of the features.
  let features: [(place: Int, name: String)]

  /// Finds the columns in the first row of a table.
  ///
  /// - Throws: ``DatasetError`` where there is no such column, or two, or none is left for features.
  init(_ columns: TableColumns, header: [String], path: String) throws(DatasetError) {
    let names = header.map(\.trimmed)
    func find(_ name: String) throws(DatasetError) -> Int {
      let places = names.indices.filter { names[$0] == name }
      guard places.count == 1 else {
        throw DatasetError(
          .damagedTable, in: path,
          found:
            "\(places.isEmpty ? "no column" : "\(places.count) columns") \"\(name.excerpt())\"",
          expected: "one of that name among "
            + names.map { "\"\($0)\"" }.joined(separator: ", ").excerpt(300),
          advice: names.count == 1
            ? "say with --delimiter what stands between fields"
            : "name the columns as the first line does, with --id, --label, --time, --split and "
              + "--features")
      }
      return places[0]
    }
    count = names.count
    id = try find(columns.id)
    label = try find(columns.label)
    time = if let name = columns.time { try find(name) } else { nil }
    split = if let name = columns.split { try find(name) } else { nil }
    let others = [id, label, time, split]
    let taken = others.compactMap(\.self)
    guard Set(taken).count == taken.count else {
      throw DatasetError(
        .damagedTable, in: path, found: "one column for two options",
        expected: "a column each for --id, --label, --time and --split",
        advice: "name another for one of them")
    }
    var places: [Int] = []
    if let named = columns.features {
      for name in named { places.append(try find(name)) }
    } else {
      places = names.indices.filter { !others.contains($0) }
    }
    for place in places where names[place].isEmpty {
      throw DatasetError(
        .damagedTable, in: path, found: "no name of column \(place + 1) in the first line",
        expected: "a name for each", advice: "name the columns that are features with --features")
    }
    // The time may be a feature, too; what says the class may not.
    let answers = [id, label, split]
    let answer = places.first { answers.contains($0) }
    guard !places.isEmpty, answer == nil, Set(places).count == places.count else {
      throw DatasetError(
        .damagedTable, in: path,
        found: answer.map { "the feature \"\(names[$0].excerpt())\"" }
          ?? (places.isEmpty ? "no column for a feature" : "a feature twice"),
        expected: "one or more besides those of --id, --label and --split, each once",
        advice: "name them with --features")
    }
    features = places.map { ($0, names[$0]) }
  }
}
