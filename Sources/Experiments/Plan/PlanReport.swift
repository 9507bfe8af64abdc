import Configuration
import Files

/// The report of `lockstep plan`. The names are the keys in JSON, which stay.
package struct PlanReport: PrintedReport, Equatable, Sendable {
  /// The version of the keys.
  static let currentVersion = 1

  /// The training that is planned.
  package struct Experiment: Codable, Equatable, Sendable {
    package let model: String
    package let precision: String
    /// The format of the gradient in messages.
    package let wire: String
    package let batch, shards, accumulation: Int
    /// The bytes of the gradient in that format.
    package let gradientBytes: Int
  }

  /// A step of a number of hosts.
  package struct Step: Codable, Equatable, Sendable {
    package let hosts, ranks: Int
    /// The samples of a step, and the shards that they come from.
    package let batch, shards: Int
    package let milliseconds, samplesPerSecond: Double
    /// The speed against that of as many hosts that do not have to talk: of so many times one host.
    package let efficiency: Double
    /// The parts of the step: the computation, and what messages, links and the slowest rank add.
    package let computation, messages, link, jitter: Double
    /// The bytes of the gradient that a host sends.
    package let sentBytes: Double

    package init(
      hosts: Int, ranks: Int, batch: Int, shards: Int, _ parts: StepPrediction.Parts,
      oneHost speed: Double?, sentBytes: Double
    ) {
      (self.hosts, self.ranks) = (hosts, ranks)
      (self.batch, self.shards, self.sentBytes) = (batch, shards, sentBytes)
      milliseconds = 1e3 * parts.total
      samplesPerSecond = Double(batch) / parts.total
      efficiency = speed.map { Double(batch) / parts.total / $0 / Double(hosts) } ?? 1
      (computation, messages) = (1e3 * parts.computation, 1e3 * parts.messages)
      (link, jitter) = (1e3 * parts.link, 1e3 * parts.jitter)
    }
  }

  /// The steps of growing numbers of hosts, and where they stop paying.
  package struct Scaling: Codable, Equatable, Sendable {
    package let steps: [Step]
    /// The number of hosts up to which twice as many are worth it.
    package let paysUpTo: Int
    /// The obstacle to more hosts: `computation`, `messages`, `link`, `jitter`, `smallestSlice`,
    /// `shards` (fewer than threads) or `limit`; nil where nothing does.
    package let reason: String?
    /// The same in a sentence.
    package let conclusion: String
  }

  package let version: Int
  /// The processors that were measured.
  package let processors: [String]
  package let instructionSet: String
  /// The step of the job that was measured, and what the simulation makes of it, in milliseconds.
  package let measuredMilliseconds, simulatedMilliseconds: Double
  package let cluster: ClusterDescription
  package let experiment: Experiment
  /// The scaling with the batch of the configuration, and with one that grows with the hosts.
  package let strong, weak: Scaling
}
