import Files

/// The digest of a sample's values, by which copies of it are found: half of a SHA-256.
package struct SampleDigest: Hashable, Sendable {
  private let high, low: UInt64

  /// The digest of values; all that are not a number count as the same.
  init(_ values: [Float]) {
    let hasher = SHA256Hasher()
    let values = values.contains(where: \.isNaN) ? values.map { $0.isNaN ? .nan : $0 } : values
    hasher.update(values.span.bytes)
    // Without libcrypto nothing else could be read either.
    let bytes = (try? hasher.finalize())?.bytes ?? []
    func word(_ bytes: some Sequence<UInt8>) -> UInt64 {
      bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
    (high, low) = (word(bytes.prefix(8)), word(bytes.dropFirst(8).prefix(8)))
  }
}

/// Samples that have the same values, byte for byte, as others.
package struct Duplicates: Codable, Equatable, Sendable {
  /// A sample and the one that it is a copy of, by their numbers in their files.
  package struct Pair: Codable, Equatable, Sendable {
    package let sample, original: Int
  }

  /// The copies that are named.
  package static let mostNamed = 1000

  /// The number of samples that are a copy of another.
  package private(set) var count = 0
  /// The number of those whose label differs from the other's.
  package private(set) var otherLabels = 0
  /// The first of them.
  package private(set) var first: [Pair] = []

  /// The samples of `survey` that are copies of an earlier one there.
  package init(within survey: PartSurvey) {
    self.init(survey, among: survey, isSame: true)
  }

  /// The samples of `survey` that are copies of one of `others`.
  package init(_ survey: PartSurvey, of others: PartSurvey) {
    self.init(survey, among: others, isSame: false)
  }

  private init(_ survey: PartSurvey, among others: PartSurvey, isSame: Bool) {
    var originals: [SampleDigest: Int] = [:]
    for (index, sample) in others.samples.enumerated() where originals[sample.digest] == nil {
      originals[sample.digest] = index
    }
    for (index, sample) in survey.samples.enumerated() {
      guard let place = originals[sample.digest], !isSame || place != index else { continue }
      let original = others.samples[place]
      count += 1
      if let label = sample.label, let other = original.label, label != other { otherLabels += 1 }
      if first.count < Self.mostNamed {
        first.append(Pair(sample: sample.number, original: original.number))
      }
    }
  }
}
