import Foundation

extension Configuration {
  /// The text of every value by its path, such as `model.hidden`.
  package var values: [String: String] {
    get throws {
      var values: [String: String] = [:]
      try JSONDecoder().decode(JSONValue.self, from: JSONEncoder().encode(self))
        .flatten(into: &values)
      return values
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
