/// The shape of a job on a cluster, and the network between its hosts: measured by
/// `lockstep doctor`, or written by hand.
package struct ClusterDescription: Codable, Equatable, Sendable {
  /// The way from one host to another.
  package struct Link: Codable, Equatable, Sendable {
    /// The time of a small message in one direction, in seconds.
    package let latencySeconds: Double
    /// The bytes a second that a host sends to another, while it receives as many from it.
    package let bytesPerSecond: Double
    /// The bytes that pass at once where none came for a while, as through a token bucket; nil for
    /// none.
    package let burstBytes: Double?
    /// The time that processors work for a byte on its way from one host to another, where the
    /// interfaces are software, as those of namespaces and containers are; nil for TCP's own work.
    package let processorSecondsPerByte: Double?

    package init(
      latencySeconds: Double, bytesPerSecond: Double, burstBytes: Double? = nil,
      processorSecondsPerByte: Double? = nil
    ) {
      (self.latencySeconds, self.bytesPerSecond) = (latencySeconds, bytesPerSecond)
      self.burstBytes = burstBytes
      self.processorSecondsPerByte = processorSecondsPerByte
    }
  }

  /// The number of hosts.
  package let hosts: Int
  /// The number of ranks on a host; the largest if they differ.
  package let ranksPerHost: Int
  /// The number of threads of a rank; the smallest if they differ.
  package let threadsPerRank: Int
  /// The processors that a host has for its ranks; nil for as many as their threads.
  package var processorsPerHost: Double?
  /// The processors of all hosts together, where they share them, as namespaces or containers of one
  /// machine do; nil where each host has its own.
  package var processorsInAll: Double?
  /// The link between two hosts, with the medians of those that were measured; nil for one host.
  package let link: Link?

  package init(
    hosts: Int, ranksPerHost: Int, threadsPerRank: Int, processorsPerHost: Double? = nil,
    processorsInAll: Double? = nil, link: Link?
  ) {
    (self.hosts, self.ranksPerHost) = (hosts, ranksPerHost)
    (self.threadsPerRank, self.link) = (threadsPerRank, link)
    self.processorsPerHost = processorsPerHost
    self.processorsInAll = processorsInAll
  }
}
