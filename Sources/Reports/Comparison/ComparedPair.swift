import Foundation

/// The difference of the mean accuracies of two configurations.
package struct ComparedPair: Codable, Equatable, Sendable {
  /// The name of the one.
  package let first: String
  /// The name of the other.
  package let second: String
  /// The mean accuracy of `second` less that of `first`, from -1 to 1.
  package let difference: Double
  /// nil where the noise cannot be judged.
  package let test: WelchTest?
  /// The test's `p`, corrected after Holm for the number of pairs.
  let correctedP: Double?
  /// True if noise explains the difference badly; nil where it cannot be judged.
  let isBeyondNoise: Bool?

  /// Every two of some configurations, in their order.
  package static func all(of configurations: [ComparedConfiguration]) -> [Self] {
    let pairs = configurations.indices.flatMap { first in
      configurations[(first + 1)...].map { (configurations[first], $0) }
    }
    let tests = pairs.map { first, second in
      WelchTest(first.runs.map(\.accuracy), second.runs.map(\.accuracy))
    }
    var corrected = holmCorrected(tests.compactMap { $0?.p })[...]
    return zip(pairs, tests).map { pair, test in
      let p = test == nil ? nil : corrected.popFirst()
      return Self(
        first: pair.0.name, second: pair.1.name,
        difference: pair.1.accuracy.mean - pair.0.accuracy.mean, test: test, correctedP: p,
        isBeyondNoise: p.map { $0 <= ComparisonReport.significance })
    }
  }
}

extension ComparisonReport {
  /// In plain words, whether a pair's difference is beyond the noise.
  package func sentence(_ pair: ComparedPair) -> String {
    let isSecondAhead = pair.difference > 0
    let (ahead, behind) =
      isSecondAhead ? (pair.second, pair.first) : (pair.first, pair.second)
    let isSame = abs(pair.difference) < 1e-12
    let points = String(format: "%.2f", 100 * abs(pair.difference))
    guard let test = pair.test, let p = pair.correctedP, let isBeyondNoise = pair.isBeyondNoise
    else {
      let what =
        isSame
        ? "\(ahead) and \(behind) have the same accuracy"
        : "\(ahead) is \(points) percentage points more accurate than \(behind)"
      return what + "; whether that is more than noise "
        + (seeds.count == 1
          ? "cannot be judged with one seed."
          : "cannot be judged, as the seeds of each have the same accuracy.")
    }
    // No accuracy is below 0 or above 100 %.
    let mean = configurations.first { $0.name == behind }?.accuracy.mean ?? 0
    let bounds = test.interval.map { bound in
      100 * min(max(isSecondAhead ? bound : -bound, -mean), 1 - mean)
    }.sorted()
    let interval =
      String(format: "95 %% interval %.2f to %.2f", bounds[0], bounds[1]).replacing("-", with: "−")
      + (pairs.count > 1 ? " of the two alone" : "")
    let probability = Self.probability(p) + (pairs.count > 1 ? " after Holm's correction" : "")
    guard !isSame else {
      return "\(ahead) and \(behind) have the same mean accuracy (\(interval)): \(probability)."
    }
    return isBeyondNoise
      ? "\(ahead) is \(points) percentage points more accurate than \(behind) (\(interval)), which is "
        + "beyond the noise: \(probability)."
      : "\(ahead) is \(points) percentage points ahead of \(behind) (\(interval)), which is within the "
        + "noise: \(probability)."
  }

  private static func probability(_ p: Double) -> String {
    p < 0.0001 ? "p < 0.0001" : String(format: "p = %.2g", p)
  }
}
