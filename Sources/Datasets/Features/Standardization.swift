/// The map of each feature to one of mean 0 and deviation 1: `(x - mean) / deviation`.
package struct Standardization: Equatable, Sendable {
  /// The mean and the deviation of each feature, `[F]`: as of `StandardScaler` of scikit-learn, the
  /// root of the mean square over all numbers, and 1 where that is no more than their rounding.
  package let means: [Float], deviations: [Float]
  /// One over each deviation.
  package let scales: [Float]

  /// - Precondition: both arrays have as many elements, and no deviation is 0.
  package init(means: [Float], deviations: [Float]) {
    precondition(means.count == deviations.count, "a mean and a deviation for each feature")
    (self.means, self.deviations) = (means, deviations)
    scales = deviations.map { 1 / $0 }
  }

  /// Of features of which the mean and the mean square about it are known.
  fileprivate init(_ features: some Collection<(mean: Double, variance: Double)>) {
    self.init(
      means: features.map { Float($0.mean) },
      deviations: features.map { mean, variance in
        let deviation = Float(variance.squareRoot())
        return deviation.isNormal && deviation > Float.ulpOfOne * Float(mean.magnitude)
          ? deviation : 1
      })
  }

  /// Applies it to one sample of a minibatch.
  ///
  /// - Parameters:
  ///   - numbers: `[T, rows, F]`.
  ///   - steps: the time steps of the sample.
  func apply(to numbers: inout MutableSpan<Float>, row: Int, of rows: Int, steps: Int) {
    let features = means.count
    means.withUnsafeBufferPointer { means in
      scales.withUnsafeBufferPointer { scales in
        numbers.withUnsafeMutableBufferPointer { numbers in
          for time in 0..<steps {
            let start = (time * rows + row) * features
            for feature in 0..<features {
              numbers[start + feature] =
                (numbers[start + feature] - means[feature]) * scales[feature]
            }
          }
        }
      }
    }
  }

  /// That of one sample of a minibatch `[T, rows, F]`, over its time steps, without what is missing.
  init(
    of numbers: borrowing MutableSpan<Float>, row: Int, of rows: Int, steps: Int, features: Int
  ) {
    var moments: [(mean: Double, variance: Double)] = []
    for feature in 0..<features {
      func mean(_ value: (Double) -> Double) -> Double {
        var (sum, count) = (0.0, 0.0)
        for time in 0..<steps {
          let number = numbers[(time * rows + row) * features + feature]
          if !number.isNaN { (sum, count) = (sum + value(Double(number)), count + 1) }
        }
        return sum / max(count, 1)
      }
      let center = mean { $0 }
      moments.append((center, mean { ($0 - center) * ($0 - center) }))
    }
    self.init(moments)
  }
}

extension ShardedDataset {
  /// The standardization of all shards, of which each process holds some: of the sums without any
  /// rounding, so that it depends on the numbers alone.
  ///
  /// - Parameter combine: adds up arrays of integers, element by element, over all processes; each
  ///   calls it as often.
  /// - Throws: ``DatasetError`` where the numbers are in their file, and that cannot be read; what
  ///   `combine` throws.
  package func standardization(
    combining combine: (inout [Int]) throws -> Void
  ) throws -> Standardization {
    var moments: [(mean: Double, variance: Double)] = []
    // Some features at a time, for each takes as many bytes as some hundred samples.
    for start in stride(from: 0, to: form.features, by: 4096) {
      let features = start..<min(start + 4096, form.features)
      let means = try means(of: features, combine) { _, number in number }
      let variances = try self.means(of: features, combine) { feature, number in
        let distance = number - means[feature - start]
        return distance * distance
      }
      moments += zip(means, variances).map { ($0, $1) }
    }
    return Standardization(moments)
  }

  /// The means of a function of the numbers of some features that are there, 0 where none is.
  private func means(
    of features: Range<Int>, _ combine: (inout [Int]) throws -> Void,
    _ function: (_ feature: Int, _ number: Double) -> Double
  ) throws -> [Double] {
    var sums = [ExactSum](repeating: ExactSum(), count: features.count)
    var counts = [Int](repeating: 0, count: features.count)
    try forEachNumber(of: features) { feature, number in
      guard !number.isNaN else { return }
      sums[feature - features.lowerBound].add(function(feature, Double(number)))
      counts[feature - features.lowerBound] += 1
    }
    var all = sums.indices.flatMap { sums[$0].numbers } + counts
    try combine(&all)
    return features.indices.map { feature in
      let index = feature - features.lowerBound
      let parts = all[index * ExactSum.partCount..<(index + 1) * ExactSum.partCount]
      let count = all[features.count * ExactSum.partCount + index]
      return count == 0 ? 0 : ExactSum(numbers: parts).value / Double(count)
    }
  }
}
