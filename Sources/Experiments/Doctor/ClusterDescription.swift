/// The shape of a job on a cluster, and the network between its hosts: measured by
/// `lockstep doctor`, or written by hand.
package struct ClusterDescription: Codable, Equatable, Sendable {
  /// The way from one host to another.
  package struct Link: Codable, Equatable, Sendable {
    /// The time of a small message in one direction, in seconds.
    package let latencySeconds: Double
    /// The bytes a second that a host sends to another, while it receives as many from it.
    package let bytesPerSecond: Double

    package init(latencySeconds: Double, bytesPerSecond: Double) {
      (self.latencySeconds, self.bytesPerSecond) = (latencySeconds, bytesPerSecond)
    }
  }

  /// The number of hosts.
  package let hosts: Int
  /// The number of ranks on a host; the largest if they differ.
  package let ranksPerHost: Int
  /// The number of threads of a rank; the smallest if they differ.
  package let threadsPerRank: Int
  /// The link between two hosts, with the medians of those that were measured; nil for one host.
  package let link: Link?

  package init(hosts: Int, ranksPerHost: Int, threadsPerRank: Int, link: Link?) {
    (self.hosts, self.ranksPerHost) = (hosts, ranksPerHost)
    (self.threadsPerRank, self.link) = (threadsPerRank, link)
  }
}
