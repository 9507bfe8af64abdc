import Cluster
import MessagePassing
import Reduction

/// The ways to play hosts on one machine: ranks of two hosts here share no memory.
enum VirtualHosts: String, CaseIterable {
  /// Each rank is alone on a host.
  case messages
  /// All ranks are on one host.
  case shared
  /// The ranks are dealt out to two hosts in turn.
  case turns
  /// Three hosts have three, two and one of the first six ranks.
  case uneven

  /// The communicators of these hosts for the ranks of `group`, which all call this.
  func communicators(_ group: ProcessGroup) throws -> ReductionCommunicators {
    let host =
      switch self {
      case .messages: group.rank
      case .shared: 0
      case .turns: group.rank % 2
      case .uneven: [0, 1, 0, 0, 1, 2][group.rank % 6]
      }
    let node = try group.world.split(color: host) ?? group.world
    return try ReductionCommunicators(
      group.world, node: node, layout: HostLayout(group.world, node: node))
  }
}
