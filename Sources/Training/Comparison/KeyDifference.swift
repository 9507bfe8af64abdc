import Foundation

/// A key that is not the same in all configurations.
package struct KeyDifference: Codable, Equatable, Sendable {
  /// Its path, such as `model.hidden`.
  package let key: String
  /// Its value in each configuration, in their order.
  package let values: [String]

  /// The keys that differ between configurations, by their paths.
  package static func between(_ configurations: [Configuration]) throws -> [Self] {
    let all = try configurations.map { configuration in
      var values: [String: String] = [:]
      try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(configuration))
        .flatten(into: &values)
      return values
    }
    return Set(all.flatMap(\.keys)).sorted().compactMap { key in
      let values = all.map { $0[key] ?? "" }
      return Set(values).count > 1 ? Self(key: key, values: values) : nil
    }
  }
}

/// Any JSON.
private enum JSONValue: Decodable {
  case scalar(String)
  case list([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    if let object = try? [String: JSONValue](from: decoder) {
      self = .object(object)
    } else if let list = try? [JSONValue](from: decoder) {
      self = .list(list)
    } else {
      self = .scalar(try Self.text(decoder.singleValueContainer()))
    }
  }

  private static func text(_ container: any SingleValueDecodingContainer) throws -> String {
    if container.decodeNil() { return "" }
    if let value = try? container.decode(Bool.self) { return "\(value)" }
    if let value = try? container.decode(Int.self) { return "\(value)" }
    if let value = try? container.decode(UInt64.self) { return "\(value)" }
    if let value = try? container.decode(Double.self) { return "\(value)" }
    return try container.decode(String.self)
  }

  func flatten(into values: inout [String: String], _ path: String = "") {
    guard case .object(let object) = self else { return values[path] = text }
    for (key, value) in object {
      value.flatten(into: &values, path.isEmpty ? key : "\(path).\(key)")
    }
  }

  private var text: String {
    switch self {
    case .scalar(let text): text
    case .list(let list): list.map(\.text).joined(separator: ", ")
    case .object(let object): object.keys.sorted().joined(separator: ", ")
    }
  }
}
