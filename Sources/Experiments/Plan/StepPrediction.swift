import Configuration
import Foundation
import Networks
import Reduction

/// Predicts steps on hosts like those of a description, in any number, by simulation.
package struct StepPrediction {
  /// The share of a step that something adds to it, in seconds: the computation first, and what the
  /// others make it longer by, one after the other.
  package struct Parts: Equatable, Sendable {
    /// The computation and the sums, as if hosts heard from each other at once and for nothing.
    var computation: Double
    /// The processors' work for messages between hosts.
    var messages: Double
    /// The bandwidth and the latency of the links.
    var link: Double
    /// The slowest thread of a rank, and the slowest rank.
    var jitter: Double

    package init(computation: Double, messages: Double, link: Double, jitter: Double) {
      (self.computation, self.messages) = (computation, messages)
      (self.link, self.jitter) = (link, jitter)
    }

    /// The step.
    package var total: Double { computation + messages + link + jitter }
  }

  private let machine: SimulatedMachine
  private let spread: [Double]
  private let parameters: ParameterLayout
  private let format: ReductionFormat

  /// Predictions for a machine and an experiment that were measured, on such a cluster.
  init(
    _ profile: MachineProfile, _ cluster: ClusterDescription, _ parameters: ParameterLayout,
    _ format: ReductionFormat
  ) {
    (self.parameters, self.format, spread) = (parameters, format, profile.spread)
    var machine = SimulatedMachine(profile, format)
    machine.sharesProcessors = cluster.processorsInAll != nil
    machine.processors =
      cluster.processorsInAll ?? cluster.processorsPerHost
      ?? Double(cluster.ranksPerHost * cluster.threadsPerRank)
    machine.bytesPerSecond = cluster.link?.bytesPerSecond ?? .infinity
    machine.burstBytes = cluster.link?.burstBytes ?? 0
    machine.latencySeconds = cluster.link?.latencySeconds ?? 0
    if let work = cluster.link?.processorSecondsPerByte {
      (machine.messages.sendByte, machine.messages.receiveByte) = (work / 2, work / 2)
    }
    self.machine = machine
  }

  /// A step of a job of this size, and the bytes that a host sends in it.
  ///
  /// - Throws: `DatasetError` where the ranks are more than the shards.
  func step(_ size: SimulatedJob.Size) throws -> (parts: Parts, sentBytes: Double) {
    let schedule = SimulatedSchedule(try SimulatedJob(size, parameters, format))
    func seconds(_ change: (inout SimulatedMachine) -> Void) -> Double {
      var machine = machine
      change(&machine)
      var simulation = StepSimulation(schedule, machine)
      return simulation.run()
    }
    let slowness = spread.expectedMaximum(of: size.ranks)
    let usual = spread[spread.count / 2]
    let whole = seconds { ($0.slowness, $0.usualSlowness) = (max(slowness, usual), usual) }
    let even = seconds { _ in }
    guard size.hosts > 1 else {
      return (Parts(computation: even, messages: 0, link: 0, jitter: whole - even), 0)
    }
    let near = seconds { $0.removeLinks() }
    let free = seconds {
      $0.removeLinks()
      $0.messages = MachineProfile.Messages(send: 0, receive: 0, sendByte: 0, receiveByte: 0)
    }
    return (
      Parts(
        computation: free, messages: near - free, link: even - near, jitter: whole - even),
      schedule.sentBytes
    )
  }
}

extension SimulatedMachine {
  /// The machine that was measured, with the computation of its slices as that of the steps was.
  fileprivate init(_ profile: MachineProfile, _ format: ReductionFormat) {
    self.init(
      slices: profile.slices, weightForms: profile.weightForms, update: profile.update,
      arithmetic: profile.arithmetic[format.rawValue]
        ?? MachineProfile.Arithmetic(addition: 0, copy: 0),
      messages: profile.messages, processors: 1)
    recomputes = profile.recomputes ?? false
    let (low, high) = (profile.usualRows.rounded(.down), profile.usualRows.rounded(.up))
    let (first, last) = (slice(rows: max(Int(low), 1)).total, slice(rows: max(Int(high), 1)).total)
    let alone = first + (profile.usualRows - low) * (last - first)
    let factor = profile.usualSlice / alone
    slices = slices.map { $0.blended(with: $0, share: 0, times: factor) }
  }

  /// Makes the links so fast that they take no time.
  fileprivate mutating func removeLinks() {
    (bytesPerSecond, burstBytes, latencySeconds) = (.infinity, 0, 0)
  }
}

extension [Double] {
  /// The expected largest of `count` numbers drawn from a distribution with these even quantiles,
  /// and evenly between two.
  package func expectedMaximum(of count: Int) -> Double {
    guard self.count > 1 else { return first ?? 1 }
    let (n, width) = (Double(count), 1 / Double(self.count - 1))
    var mean = 0.0
    for index in 0..<self.count - 1 {
      // The integral of the quantile q(u) over u^n, by parts.
      let (from, to) = (Double(index) * width, Double(index + 1) * width)
      let slope = (self[index + 1] - self[index]) / width
      mean += self[index + 1] * pow(to, n) - self[index] * pow(from, n)
      mean -= slope * (pow(to, n + 1) - pow(from, n + 1)) / (n + 1)
    }
    return mean
  }
}
