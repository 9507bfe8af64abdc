/// The sizes of a minibatch: N sequences of up to T time steps, the longest first.
package struct BatchShape: Hashable, Sendable {
  /// N.
  package let rows: Int
  /// T, the time steps of the longest sequence.
  package let steps: Int
  /// The time steps of each sequence, and for each time step the number of sequences that have it;
  /// nil where all have T.
  private let lengths: [Int]?
  let running: [Int]?

  /// A minibatch of `rows` sequences of `steps` time steps.
  package init(rows: Int, steps: Int) {
    (self.rows, self.steps) = (rows, steps)
    (lengths, running) = (nil, nil)
  }

  /// A minibatch of sequences of these numbers of time steps, of which none is larger than the one
  /// before: at each time step the first rows are those that run, as in PyTorch's packed sequences.
  package init(lengths: [Int]) {
    precondition(
      zip(lengths, lengths.dropFirst()).allSatisfy { $0 >= $1 } && lengths.last ?? 1 >= 1,
      "sequences that are not sorted, or empty")
    (rows, steps) = (lengths.count, lengths.first ?? 0)
    guard lengths.last != lengths.first else {
      (self.lengths, running) = (nil, nil)
      return
    }
    var (running, count) = ([Int](), lengths.count)
    for t in 0..<steps {
      while lengths[count - 1] <= t { count -= 1 }
      running.append(count)
    }
    (self.lengths, self.running) = (lengths, running)
  }

  /// True unless all sequences have T time steps.
  package var lengthsDiffer: Bool { running != nil }

  /// The number of sequences that have time step `t`: the first ones.
  package func rows(at t: Int) -> Int { running?[t] ?? rows }

  /// The sequences whose last time step is `t`.
  package func rowsEnding(at t: Int) -> Range<Int> {
    (t + 1 < steps ? rows(at: t + 1) : 0)..<rows(at: t)
  }

  /// The time steps of sequence `row`.
  package func length(ofRow row: Int) -> Int { lengths?[row] ?? steps }
}
