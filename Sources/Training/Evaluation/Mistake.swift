import Tensors

/// A sample that is taken for another class than it has.
package struct Mistake: Equatable, Sendable {
  /// Its number in the data set, from 0.
  package let sample: Int
  /// The class that it has, and that it is taken for.
  package let label: Int, predicted: Int
  /// The probability that the classifier gives to the latter, from 0 to 1.
  package let probability: Double

  package init(sample: Int, label: Int, predicted: Int, probability: Double) {
    (self.sample, self.label, self.predicted) = (sample, label, predicted)
    self.probability = probability
  }
}

/// The mistakes that a classifier makes with the most confidence.
package struct WorstMistakes: Equatable, Sendable {
  /// The most that are kept.
  package static let limit = 16

  /// The mistakes, the most confident first; of equally confident ones that of the first sample.
  package private(set) var list: [Mistake] = []

  /// No mistakes so far.
  package init() {}

  /// Takes a mistake into account.
  package mutating func add(_ mistake: Mistake) {
    if list.count == Self.limit, let last = list.last, !isWorse(mistake, than: last) { return }
    let place = list.firstIndex { isWorse(mistake, than: $0) } ?? list.endIndex
    list.insert(mistake, at: place)
    if list.count > Self.limit { list.removeLast() }
  }

  private func isWorse(_ a: Mistake, than b: Mistake) -> Bool {
    (-a.probability, a.sample) < (-b.probability, b.sample)
  }

  /// Takes the mistakes among some samples into account.
  ///
  /// - Parameters:
  ///   - logits: `[N, C]`.
  ///   - labels: `[N]`.
  ///   - samples: `[N]`, their numbers in the data set.
  mutating func add(logits: Matrix, labels: Span<Int32>, samples: [Int]) {
    let classes = logits.columns
    logits.withSpan { logits in
      for (row, sample) in samples.enumerated() {
        let row = (start: row * classes, label: Int(labels[row]))
        var predicted = 0
        for column in 1..<classes where logits[row.start + column] > logits[row.start + predicted] {
          predicted = column
        }
        guard predicted != row.label else { continue }
        let largest = Double(logits[row.start + predicted])
        let sum = (0..<classes).reduce(0) {
          $0 + Elementary.exp(Double(logits[row.start + $1]) - largest)
        }
        add(
          Mistake(sample: sample, label: row.label, predicted: predicted, probability: 1 / sum))
      }
    }
  }

  /// The worst mistakes of both.
  package static func + (a: Self, b: Self) -> Self {
    var both = a
    for mistake in b.list { both.add(mistake) }
    return both
  }

  /// The mistakes as numbers, for other ranks.
  var numbers: [Double] {
    list.flatMap { [Double($0.sample), Double($0.label), Double($0.predicted), $0.probability] }
  }

  /// The mistakes that these are the `numbers` of.
  init(numbers: [Double]) {
    for start in stride(from: 0, to: numbers.count, by: 4) {
      let values = numbers[start..<start + 3].map { Int($0) }
      add(
        Mistake(
          sample: values[0], label: values[1], predicted: values[2],
          probability: numbers[start + 3]))
    }
  }
}
