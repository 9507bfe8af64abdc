import Reports

/// The measured way between two hosts, which is as fast in both directions.
package struct LinkFacts: Codable, Equatable, Sendable {
  /// The names of the two hosts.
  package var from, to: String
  /// The link, as `ClusterDescription` has it.
  package var latencySeconds, bytesPerSecond: Double

  package init(from: String, to: String, latencySeconds: Double, bytesPerSecond: Double) {
    (self.from, self.to) = (from, to)
    (self.latencySeconds, self.bytesPerSecond) = (latencySeconds, bytesPerSecond)
  }

  /// The medians of some links; nil for none.
  static func typical(of links: [LinkFacts]) -> ClusterDescription.Link? {
    guard let latency = MedianRange(links.map(\.latencySeconds))?.median,
      let bandwidth = MedianRange(links.map(\.bytesPerSecond))?.median
    else { return nil }
    return ClusterDescription.Link(latencySeconds: latency, bytesPerSecond: bandwidth)
  }
}
