import Reduction

/// The hosts and the network of a simulation, in seconds and bytes.
package struct SimulatedMachine {
  /// The computation by the size of a slice, ascending.
  package var slices: [MachineProfile.Slice]
  /// The work of a rank before a step's computation, and after the reduction.
  package var weightForms, update: Double
  /// The work for an element of a gradient.
  package var arithmetic: MachineProfile.Arithmetic
  /// The work for messages.
  package var messages: MachineProfile.Messages
  /// The time of the slowest rank's computation, and of all others', against the slices'.
  package var slowness, usualSlowness: Double
  /// The processors of each host, or of all hosts together.
  package var processors: Double
  package var sharesProcessors: Bool
  /// The link of each host, in either direction.
  package var bytesPerSecond, burstBytes, latencySeconds: Double
  /// True if the backward pass computes states again.
  package var recomputes = false

  package init(
    slices: [MachineProfile.Slice], weightForms: Double, update: Double,
    arithmetic: MachineProfile.Arithmetic, messages: MachineProfile.Messages, slowness: Double = 1,
    usualSlowness: Double = 1, processors: Double, sharesProcessors: Bool = false,
    bytesPerSecond: Double = .infinity,
    burstBytes: Double = 0, latencySeconds: Double = 0
  ) {
    (self.slices, self.weightForms, self.update) = (slices, weightForms, update)
    (self.arithmetic, self.messages, self.slowness) = (arithmetic, messages, slowness)
    self.usualSlowness = usualSlowness
    (self.processors, self.sharesProcessors) = (processors, sharesProcessors)
    (self.bytesPerSecond, self.burstBytes) = (bytesPerSecond, burstBytes)
    self.latencySeconds = latencySeconds
  }

  /// The computation of a slice of any number of samples: between two that were measured in
  /// proportion, and beyond the largest as many times as much as there are samples.
  func slice(rows: Int) -> MachineProfile.Slice {
    guard let largest = slices.last else { preconditionFailure("a profile without slices") }
    guard let upper = slices.firstIndex(where: { $0.rows >= rows }) else {
      return largest.blended(with: largest, share: 0, times: Double(rows) / Double(largest.rows))
    }
    let (high, low) = (slices[upper], slices[max(upper - 1, 0)])
    guard high.rows > low.rows else {
      return high.blended(with: high, share: 0, times: Double(rows) / Double(high.rows))
    }
    return low.blended(
      with: high, share: Double(rows - low.rows) / Double(high.rows - low.rows), times: 1)
  }
}

extension MachineProfile.Slice {
  /// The mean of two slices' times, of which the other counts with a share, times a factor.
  func blended(with other: Self, share: Double, times factor: Double) -> Self {
    func mean(_ left: Double, _ right: Double) -> Double {
      factor * (left + share * (right - left))
    }
    return MachineProfile.Slice(
      rows: rows, gather: mean(gather, other.gather), forward: mean(forward, other.forward),
      linearGradients: mean(linearGradients, other.linearGradients),
      throughTime: zip(throughTime, other.throughTime).map(mean),
      weightGradients: zip(weightGradients, other.weightGradients).map(mean))
  }
}
