import Datasets
import Foundation

/// The format of a file of predictions.
protocol PredictionFormat {
  /// The bytes before the first row of `count`.
  func header(count: Int) -> [UInt8]
  /// The bytes of some rows.
  func bytes(_ rows: PredictionRows) -> [UInt8]
}

/// Comma-separated values after RFC 4180: a line of names, and a line a sample. A probability has the
/// fewest digits that stand for no other float of 32 bits.
struct CSVPredictions: PredictionFormat {
  private let columns: PredictionColumns
  private let names: [String]

  init(_ columns: PredictionColumns) {
    self.columns = columns
    names = columns.classes.map(Self.quoted)
  }

  func header(count: Int) -> [UInt8] {
    line(["number", "predicted", "probability"] + names + (columns.hasLabels ? ["true"] : []))
  }

  func bytes(_ rows: PredictionRows) -> [UInt8] {
    rows.rows.flatMap { row in
      line(
        ["\(row.sample)", names[row.predicted], "\(row.probability)"]
          + row.probabilities.map { "\($0)" } + (row.label.map { [names[$0]] } ?? []))
    }
  }

  private func line(_ fields: [String]) -> [UInt8] {
    Array((fields.joined(separator: ",") + "\r\n").utf8)
  }

  /// The field, in quotes where it has to be.
  static func quoted(_ field: String) -> String {
    guard field.utf8.contains(where: { Array(",\"\r\n".utf8).contains($0) }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }
}

/// A JSON object a line: `number`, `predicted`, `probability`, `probabilities` by the names of the
/// classes, and `true` where the class is known. A probability that is not finite is null.
struct JSONPredictions: PredictionFormat {
  private let names: [String]

  /// - Throws: `EncodingError`.
  init(_ columns: PredictionColumns) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    names = try columns.classes.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
  }

  func header(count: Int) -> [UInt8] { [] }

  func bytes(_ rows: PredictionRows) -> [UInt8] {
    func number(_ value: Float) -> String { value.isFinite ? "\(value)" : "null" }
    return rows.rows.flatMap { row in
      let all = zip(names, row.probabilities).map { "\($0):\(number($1))" }
      let label = row.label.map { ",\"true\":\(names[$0])" } ?? ""
      return Array(
        """
        {"number":\(row.sample),"predicted":\(names[row.predicted]),\
        "probability":\(number(row.probability)),\
        "probabilities":{\(all.joined(separator: ","))}\(label)}

        """.utf8)
    }
  }
}

/// A NumPy array of the probabilities, float32 `[N, C]`, without anything else.
struct NumPyPredictions: PredictionFormat {
  private let columns: PredictionColumns

  init(_ columns: PredictionColumns) { self.columns = columns }

  func header(count: Int) -> [UInt8] {
    npyHeader(descr: "<f4", shape: [count, columns.classes.count])
  }

  func bytes(_ rows: PredictionRows) -> [UInt8] {
    rows.predictions.probabilities.flatMap { value in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
  }
}
