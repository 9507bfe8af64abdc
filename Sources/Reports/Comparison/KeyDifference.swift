import Configuration

/// A key that is not the same in all configurations.
package struct KeyDifference: Codable, Equatable, Sendable {
  /// Its path, such as `model.hidden`.
  package let key: String
  /// Its value in each configuration, in their order.
  package let values: [String]

  /// The keys that differ between configurations, by their paths.
  package static func between(_ configurations: [Configuration]) throws -> [Self] {
    let all = try configurations.map { try $0.values }
    return Set(all.flatMap(\.keys)).sorted().compactMap { key in
      let values = all.map { $0[key] ?? "" }
      return Set(values).count > 1 ? Self(key: key, values: values) : nil
    }
  }
}
