import Datasets
import Networks
import Optimizers
import Reduction
import Tensors

/// A value that a key can have.
package protocol ConfigurationValue: Codable, Equatable, Sendable {
  /// The phrase for the values that a word or number should have been one of, such as "a whole
  /// number".
  static var expectation: String { get }
  /// The phrase for the same where a list or a section was found.
  static var shapeExpectation: String { get }
  /// The value as text, by which configurations are compared.
  var text: String { get }
  /// The value as messages name one that is out of its limits.
  var found: String { get }
  /// The value that one YAML or JSON value stands for.
  init(from container: any SingleValueDecodingContainer) throws
}

extension ConfigurationValue {
  package static var shapeExpectation: String { "one value" }
  package var text: String { "\(self)" }
  package var found: String { "\(self)" }

  package init(from container: any SingleValueDecodingContainer) throws {
    self = try container.decode(Self.self)
  }
}

extension Int: ConfigurationValue {
  package static let expectation = "a whole number"
  package static let shapeExpectation = expectation
}

extension UInt64: ConfigurationValue {
  package static let expectation = "a whole number from 0"
  package static let shapeExpectation = Int.expectation
}

extension Double: ConfigurationValue {
  package static let expectation = "a number"
  /// The shortest text that reads back as the same number, without ".0".
  package var text: String { Int(exactly: self).map(String.init) ?? "\(self)" }
}

extension Bool: ConfigurationValue {
  package static let expectation = "true or false"
}

extension String: ConfigurationValue {
  package static let expectation = "text"
  package var text: String { self }
  package var found: String { isEmpty ? "empty" : self }
}

extension [String]: ConfigurationValue {
  package static let expectation = "a list, such as [a, b], or a number from 2 to \(largestCount)"
  package static let shapeExpectation = expectation
  package var text: String { joined(separator: ", ") }
  package var found: String { "a list of \(count)" }

  /// The largest number that stands for names.
  private static let largestCount = 256

  /// A list of names, or for a number n the names 0 to n - 1.
  package init(from container: any SingleValueDecodingContainer) throws {
    guard let count = try? container.decode(Int.self) else {
      self = try container.decode(Self.self)
      return
    }
    guard 2...Self.largestCount ~= count else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected \(Self.expectation)")
    }
    self = (0..<count).map(String.init)
  }
}

extension ConfigurationValue where Self: CaseIterable & RawRepresentable<String> {
  package static var expectation: String {
    "one of " + allCases.map(\.rawValue).joined(separator: ", ")
  }
  package var text: String { rawValue }
}

extension Normalization: ConfigurationValue {}
extension MissingValues: ConfigurationValue {}
extension PixelOrder: ConfigurationValue {}
extension Cell: ConfigurationValue {}
extension Readout: ConfigurationValue {}
extension Initializer: ConfigurationValue {}
extension Precision: ConfigurationValue {}
extension Recomputation: ConfigurationValue {}
extension OptimizerKind: ConfigurationValue {}
extension LearningRateScaling: ConfigurationValue {}
extension LearningRateSchedule.Decay: ConfigurationValue {}
extension ReductionOrder: ConfigurationValue {}
extension ReductionFormat: ConfigurationValue {}
extension Configuration.Data.Format: ConfigurationValue {}
extension Configuration.Evaluation.Ranks: ConfigurationValue {}
extension Configuration.Evaluation.Criterion: ConfigurationValue {}
extension Configuration.Checkpoint.FailurePolicy: ConfigurationValue {}

/// The threads of a rank: a number, or `auto`.
package enum Threads: Equatable, Sendable {
  /// The cores that the rank may use, shared with the other ranks that may use them.
  case auto
  /// A fixed number of threads.
  case count(Int)
}

/// The time from one comparison of the ranks' parameters to the next: a number of steps, or
/// `epoch`.
package enum VerifyEvery: Equatable, Sendable {
  /// An epoch.
  case epoch
  /// A number of steps; the ranks never compare if it is 0.
  case steps(Int)
}

/// The weights of the classes in the loss: a word, or a number for each.
package enum ClassWeights: Equatable, Sendable {
  /// All are 1.
  case none
  /// They are in inverse proportion to the classes' samples.
  case balanced
  /// One for each class.
  case numbers([Double])

  /// The numbers, if they are given.
  package var list: [Double]? { if case .numbers(let numbers) = self { numbers } else { nil } }
}

extension ClassWeights: ConfigurationValue {
  package static let expectation = "none, balanced, or a list of numbers, such as [1, 2.5]"
  package static let shapeExpectation = expectation

  package var text: String {
    switch self {
    case .none: "none"
    case .balanced: "balanced"
    case .numbers(let numbers): numbers.map(\.text).joined(separator: ", ")
    }
  }

  package var found: String { list.map { "a list of \($0.count): [\(text)]" } ?? text }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let numbers = try? container.decode([Double].self) {
      self = .numbers(numbers)
      return
    }
    switch try container.decode(String.self) {
    case "none": self = .none
    case "balanced": self = .balanced
    default:
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected \(Self.expectation)")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let list { try container.encode(list) } else { try container.encode(text) }
  }
}

extension Threads: NumberOrWord {
  static let word = "auto"
  init(number: Int?) { self = number.map(Self.count) ?? .auto }
  var number: Int? { if case .count(let count) = self { count } else { nil } }
}

extension VerifyEvery: NumberOrWord {
  static let word = "epoch"
  init(number: Int?) { self = number.map(Self.steps) ?? .epoch }
  var number: Int? { if case .steps(let steps) = self { steps } else { nil } }
}

/// A value that is a whole number, or one certain word.
protocol NumberOrWord: ConfigurationValue {
  /// The word.
  static var word: String { get }
  /// Makes a value of a number, or of the word for nil.
  init(number: Int?)
  /// The number; nil for the word.
  var number: Int? { get }
}

extension NumberOrWord {
  package static var expectation: String { "\(word) or a whole number" }
  package static var shapeExpectation: String { expectation }
  package var text: String { number.map(String.init) ?? Self.word }
  package var found: String { text }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let number = try? container.decode(Int.self)
    guard try number != nil || container.decode(String.self) == Self.word else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected \(Self.expectation)")
    }
    self.init(number: number)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    if let number { try container.encode(number) } else { try container.encode(Self.word) }
  }
}
