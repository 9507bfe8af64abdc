/// Something that is wrong in the files of a data set.
package struct DataFault: Codable, Equatable, Sendable {
  /// The kinds of faults.
  package enum Kind: String, Codable, CaseIterable, Sendable {
    /// A file is missing or damaged, or holds something else.
    case file
    /// Two files differ in their number of samples.
    case count
    /// A line is no sequence like the others.
    case shape
    /// A label is none of the classes.
    case label
    /// A length is below 1, or above the time steps that there are.
    case length
    /// A word stands where a number should.
    case number
    /// A value is missing: NaN in an array, `?` in a `.ts` file.
    case missing
    /// A value is infinite as a float of 32 bits.
    case infinite
  }

  package let kind: Kind
  /// The path of the file.
  package let file: String
  /// The number of the sample in its file, of the time step and of the feature, from 0; nil where it
  /// concerns all.
  package let sample, step, feature: Int?
  /// The finding, as a phrase.
  package let found: String

  init(
    _ kind: Kind, in file: String, sample: Int? = nil, step: Int? = nil, feature: Int? = nil,
    _ found: String
  ) {
    (self.kind, self.file, self.found) = (kind, file, found)
    (self.sample, self.step, self.feature) = (sample, step, feature)
  }

  /// The place in the file, such as "sample 3, time step 0, feature 2"; nil where it is all of it.
  package var place: String? {
    let parts = [("sample", sample), ("time step", step), ("feature", feature)]
    let words = parts.compactMap { name, number in number.map { "\(name) \($0)" } }
    return words.isEmpty ? nil : words.joined(separator: ", ")
  }
}

/// All faults of some files: how many there are of each kind, and the first of them.
package struct DataFaults: Equatable, Sendable {
  /// The faults of each kind that are kept with their places.
  package static let mostOfKind = 1000

  /// The number of all faults of a kind; none where there is none.
  package private(set) var counts: [DataFault.Kind: Int] = [:]
  /// The first of each kind, in the order in which they were met.
  package private(set) var first: [DataFault] = []

  package init() {}

  /// Adds a fault.
  package mutating func add(_ fault: @autoclosure () -> DataFault, _ kind: DataFault.Kind) {
    let count = counts[kind, default: 0]
    counts[kind] = count + 1
    if count < Self.mostOfKind { first.append(fault()) }
  }

  /// The first faults of a kind.
  package func first(_ kind: DataFault.Kind) -> [DataFault] { first.filter { $0.kind == kind } }
}
