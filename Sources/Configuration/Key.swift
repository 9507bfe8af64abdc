import Yams

/// A key of a configuration, declared once, where its value is stored:
///
///     @Key("Recurrent layers, one above the other.", 1...64)
///     package var layers = 2
///
/// The property's name is the key's, its type says what a value is read as, its initial value is
/// the default, and the arguments say what the key is for and which values of the type it takes.
@propertyWrapper
package struct Key<Value: ConfigurationValue>: Sendable {
  /// The value.
  package var wrappedValue: Value
  /// The value in a configuration that does not name the key.
  let defaultValue: Value
  /// Sentences on what the key is for; a line break is as good as a space.
  let description: String
  /// The values that the key takes, unless it takes all of its type.
  let limits: Limits<Value>?

  /// Declares a key.
  package init(
    wrappedValue: Value, _ description: String, _ limits: Limits<Value>? = nil
  ) {
    self.wrappedValue = wrappedValue
    self.defaultValue = wrappedValue
    self.description = description
    self.limits = limits
  }

  /// Declares a key that takes the whole numbers of a range.
  package init(
    wrappedValue: Int, _ description: String, _ range: ClosedRange<Int>
  ) where Value == Int {
    let limits = Limits("from \(range.lowerBound) to \(range.upperBound)") { range ~= $0 }
    self.init(wrappedValue: wrappedValue, description, limits)
  }
}

/// The values that a key takes, among those of its type.
package struct Limits<Value>: Sendable {
  /// The limits as messages and the documentation word them, such as "at least 1".
  let phrase: String
  /// Tells whether a value is within the limits.
  let contains: @Sendable (Value) -> Bool

  init(_ phrase: String, _ contains: @escaping @Sendable (Value) -> Bool) {
    self.phrase = phrase
    self.contains = contains
  }
}

extension Limits<Double> {
  /// Any number x with 0 ≤ x < 1, where 0 turns something off.
  static let fraction = Limits("from 0 (none) to below 1") { $0 >= 0 && $0 < 1 }
  /// Any number that is above 0 and finite in single precision, too.
  static let positiveFloat = Limits("above 0, within the range of a float") {
    Float($0) > 0 && Float($0).isFinite
  }
}

extension Key: Equatable {
  /// Compares the values alone.
  package static func == (a: Self, b: Self) -> Bool { a.wrappedValue == b.wrappedValue }
}

extension Key: Codable {
  /// Reads a value for the key that is declared at the decoder's path, such as `train.batch`.
  package init(from decoder: any Decoder) throws {
    let path = decoder.codingPath.suffix(2).map(\.stringValue).joined(separator: ".")
    guard let declared = Configuration.declarations[path] as? Self else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "there is no key \(path)"))
    }
    self = declared
    wrappedValue = try Value(from: decoder.singleValueContainer())
  }

  /// Writes the value alone.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(wrappedValue)
  }
}

/// A key with a value of any type.
protocol AnyKey: Sendable {
  /// Sentences on what the key is for.
  var description: String { get }
  /// The values that the key takes, such as "from 1 to 64" or "true or false".
  var range: String { get }
  /// The default as text.
  var defaultText: String { get }
  /// The value as text.
  var text: String { get }
  /// The value as a YAML node, which reads back as the same.
  var node: Node { get }
  /// The fault of the value, such as "is 0; expected from 1 to 64"; nil if it is within the limits.
  var mistake: String? { get }
  /// The phrase for what is expected where a value of another type was found: a scalar, or a list
  /// or section.
  func expectation(foundScalar: Bool) -> String
}

extension Key: AnyKey {
  var range: String { limits?.phrase ?? Value.expectation }
  var defaultText: String { defaultValue.text }
  var text: String { wrappedValue.text }

  var node: Node {
    switch wrappedValue {
    case let number as Double: Node("\(number)")
    case let texts as [String]: Node(texts.map { .scalar($0.represented()) })
    case let targets as LogTargets: Node(targets.list.map { Node($0.rawValue) })
    case let weights as ClassWeights:
      weights.list.map { Node($0.map { Node("\($0)") }) } ?? Node(weights.text)
    case is Int, is UInt64, is Bool, is any NumberOrWord: Node(wrappedValue.text)
    default: .scalar(wrappedValue.text.represented())
    }
  }

  var mistake: String? {
    guard let limits, !limits.contains(wrappedValue) else { return nil }
    return "is \(wrappedValue.found); expected \(limits.phrase)"
  }

  func expectation(foundScalar: Bool) -> String {
    foundScalar ? Value.expectation : Value.shapeExpectation
  }
}
