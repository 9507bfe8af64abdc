/// The facts that were measured on the hosts of a job and between them.
package struct Survey: Codable, Equatable, Sendable {
  /// The hosts, in the order of their first ranks.
  package var hosts: [HostFacts]
  /// The pairs of hosts between which messages were timed.
  package var links: [LinkFacts]
  /// The needs of the experiment; nil where none was named, or it could not be read.
  package var experiment: ExperimentNeeds?

  package init(hosts: [HostFacts], links: [LinkFacts], experiment: ExperimentNeeds?) {
    (self.hosts, self.links, self.experiment) = (hosts, links, experiment)
  }

  /// The number of ranks on all hosts.
  package var rankCount: Int { hosts.reduce(0) { $0 + $1.ranks } }

  /// The job's shape and its network as `ClusterDescription` has them.
  package var cluster: ClusterDescription {
    ClusterDescription(
      hosts: hosts.count, ranksPerHost: hosts.map(\.ranks).max() ?? 1,
      threadsPerRank: hosts.map(\.threadsPerRank).min() ?? 1,
      link: LinkFacts.typical(of: links))
  }
}

/// The needs of an experiment that its hosts have to meet.
package struct ExperimentNeeds: Codable, Equatable, Sendable {
  /// True if the products are computed in bfloat16.
  package var usesBFloat16: Bool
  /// The size of the gradient that travels between hosts in each step, in bytes.
  package var gradientBytes: Double?
  /// The time that a step took in a trial, without the time that was spent on messages, in seconds.
  package var computationSeconds: Double?
  /// The size of a checkpoint, in bytes.
  package var checkpointBytes: Double?
  /// The number of checkpoints that the run's folder holds at the most, with the best one and the
  /// one that is being written.
  package var checkpoints: Int
}
