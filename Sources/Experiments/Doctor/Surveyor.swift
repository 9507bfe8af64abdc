import Cluster
import Configuration
import Foundation
import MessagePassing
import Training

/// Measures the hosts of a job, with the first rank of each, and gathers what they found.
struct Surveyor {
  private let group: ProcessGroup
  /// The ranks of this host, and on the first of them, those like it on all hosts.
  private let node: Communicator
  private let leaders: Communicator?
  private var host: HostFacts
  private var links: [LinkFacts] = []
  private var experiment: ExperimentNeeds?

  /// Measures the hosts and their network. All ranks call this.
  ///
  /// - Parameter folder: the absolute path of the run's folder.
  /// - Throws: `JobFailure`; `RankFailure`.
  init(_ group: ProcessGroup, folder: String) throws {
    self.group = group
    let node = group.node
    self.node = node
    let leaders = try group.locally { try group.world.split(color: node.rank == 0 ? 0 : nil) }
    self.leaders = leaders
    host = try group.collectively {
      try HostFacts.measured(
        name: group.host, ranks: node.size, processors: (group.processors, group.isCrowded),
        threads: Threads.auto.count(group.processors), folder: folder)
    }
    try group.locally {
      if let leaders { try measureNetwork(leaders, folder: folder) }
      // The others sleep until then.
      try group.world.barrier()
    }
  }

  private mutating func measureNetwork(_ leaders: Communicator, folder: String) throws {
    guard leaders.size > 1 else { return }
    let names = try Self.gather(host.name, leaders)
    host.clockLeadSeconds = try ClockComparison.lead(leaders)
    host.sharesFolder = try SharedFolder.isSeen(folder, leaders)
    let before = NetworkInterface.sentBytes
    let measured = try LinkMeter(leaders: leaders).measure()
    let after = NetworkInterface.sentBytes
    for index in host.interfaces.indices {
      let name = host.interfaces[index].name
      host.interfaces[index].sentBytes = max((after[name] ?? 0) - (before[name] ?? 0), 0)
    }
    links = try Self.gather(
      measured.map { other, link in
        LinkFacts(
          from: host.name, to: names[other], latencySeconds: link.latencySeconds,
          bytesPerSecond: link.bytesPerSecond)
      }, leaders
    ).flatMap { $0 }
    if Logins.areUsed {
      let targets = Logins.targets(of: leaders.rank, hosts: leaders.size).map { names[$0] }
      host.refusedLogins = Logins.refused(targets)
    }
  }

  /// Adds what the checks of a training and its trial found out. All ranks call this.
  ///
  /// - Throws: `RankFailure`.
  mutating func add(_ preflight: Preflight, _ trial: TrialStep?) throws {
    guard let configuration = preflight.configuration else { return }
    if let threads = preflight.context?.step.workers.threads {
      host.threadsPerRank = try group.locally { try node.allReduce(threads, .min) }
    }
    let isTried = trial != nil && trial?.failure == nil
    experiment = ExperimentNeeds(
      usesBFloat16: configuration.train.precision == .bfloat16,
      gradientBytes: preflight.context.map {
        Double($0.data.layout.count * (configuration.reduction.wire == .bfloat16 ? 2 : 4))
      },
      computationSeconds: isTried ? trial.map { $0.seconds - $0.messageSeconds } : nil,
      checkpointBytes: preflight.checkpointBytes.map { Double($0) },
      checkpoints: configuration.checkpoint.keep + 2)
  }

  /// The survey, whole on rank 0. All ranks call this.
  ///
  /// - Throws: `RankFailure`.
  func survey() throws -> Survey {
    let hosts = try group.locally { try leaders.map { try Self.gather(host, $0) } ?? [host] }
    return Survey(hosts: hosts, links: links, experiment: experiment)
  }

  /// The values of all leaders, in their order.
  private static func gather<Value: Codable>(
    _ value: Value, _ leaders: Communicator
  ) throws -> [Value] {
    // An array, since a bare text is no JSON of its own for every decoder.
    try leaders.allGather(Array(JSONEncoder().encode([value]))).flatMap {
      try JSONDecoder().decode([Value].self, from: Data($0))
    }
  }
}
