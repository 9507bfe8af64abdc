/// A place that a run reports to.
package enum LogTarget: String, CaseIterable, Codable, Sendable {
  /// The rank's standard output.
  case console
  /// `metrics.jsonl` and `ranks.jsonl`.
  case metrics
  /// Event files of TensorBoard.
  case tensorboard
}

/// The places that a run reports to, each once.
package struct LogTargets: Equatable, Sendable {
  /// The places in the order in which they were given.
  package let list: [LogTarget]

  package init(_ list: [LogTarget]) {
    self.list = list.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  package func contains(_ target: LogTarget) -> Bool { list.contains(target) }
}

extension LogTargets: ConfigurationValue {
  package static let expectation =
    "a list of " + LogTarget.allCases.map(\.rawValue).joined(separator: ", ")
    + ", such as [console, tensorboard]"
  package static let shapeExpectation = expectation
  package var text: String { list.map(\.rawValue).joined(separator: ", ") }

  /// Reads a list of words, or one word.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let words = try (try? container.decode([String].self)) ?? [container.decode(String.self)]
    self.init(
      try words.map { word in
        guard let target = LogTarget(rawValue: word) else {
          throw DecodingError.dataCorruptedError(
            in: container, debugDescription: "expected \(Self.expectation)")
        }
        return target
      })
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(list)
  }
}
