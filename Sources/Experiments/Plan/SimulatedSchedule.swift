import Cluster
import Reduction

/// All that the ranks of a job do in a step, whatever time it takes, for one host of each class.
package struct SimulatedSchedule {
  /// A rank.
  struct Rank {
    let hostClass: Int
    /// Its index on its host.
    let member: Int
    /// The shards of its threads.
    let threads: [ShardSums]
    /// For each bucket what it adds and copies.
    let work: [BucketWork]
    /// For each bucket what it sends in each stage of messages.
    var messages: [[SimulatedMessages]]
  }

  package let job: SimulatedJob
  let classes: [HostClass]
  private(set) var ranks: [Rank] = []
  /// The ranks of each class's host.
  private(set) var members: [[Int]] = []

  /// The schedule of a job.
  ///
  /// - Parameter merges: false to let no host stand for another, which takes longer and comes to the
  ///   same.
  package init(_ job: SimulatedJob, merges: Bool = true) {
    self.job = job
    let nodes = job.tree(ofRank: 0, job.schedules(ofRank: 0)).hostNodes.map(\.count)
    classes = HostClass.classes(of: job, nodes: nodes, merges: merges)
    for (number, hostClass) in classes.enumerated() {
      let host = job.layout.hosts[hostClass.representative]
      members.append(Array(ranks.count..<ranks.count + host.count))
      for member in host.indices {
        ranks.append(rank(host[member], member: member, of: number, nodes))
      }
    }
    // A rank hears from those with its index on the hosts of other classes.
    for rank in ranks.indices {
      for bucket in job.buckets.indices {
        for stage in MessageStage.allCases.indices {
          for target in ranks[rank].messages[bucket][stage].targets {
            let receiver = members[target.hostClass][ranks[rank].member]
            ranks[receiver].messages[bucket][stage].sources += 1
          }
        }
      }
    }
  }

  /// The bytes of the gradient that the host which sends most sends in a step.
  package var sentBytes: Double {
    members.map { host in
      host.reduce(0) { sum, rank in
        sum + ranks[rank].messages.joined().reduce(0) { $0 + $1.sentBytes }
      }
    }.max() ?? 0
  }

  private func rank(_ rank: Int, member: Int, of number: Int, _ nodes: [Int]) -> Rank {
    let threads = job.schedules(ofRank: rank)
    let tree = job.tree(ofRank: rank, threads)
    var (work, messages) = ([BucketWork](), [[SimulatedMessages]]())
    for (bucket, lanes) in job.lanes.enumerated() {
      let exchange =
        job.size.hosts > 1
        ? ExchangeSchedule(lanes, job.layout, rank: rank, nodes: nodes) : nil
      work.append(
        BucketWork(
          tree, lanes, exchange, member: member, count: job.buckets[bucket].count,
          isAlone: job.size.ranksPerHost == 1, format: job.format))
      messages.append(
        exchange.map { exchange in
          MessageStage.allCases.map {
            self.messages($0, exchange, bucket, member: member, of: number, nodes)
          }
        } ?? MessageStage.allCases.map { _ in SimulatedMessages() })
    }
    return Rank(
      hostClass: number, member: member, threads: threads, work: work, messages: messages)
  }

  /// The messages of a rank in one stage.
  private func messages(
    _ stage: MessageStage, _ exchange: ExchangeSchedule, _ bucket: Int, member: Int,
    of number: Int, _ nodes: [Int]
  ) -> SimulatedMessages {
    guard let lane = job.lanes[bucket].lane(ofMember: member) else { return SimulatedMessages() }
    let (sender, size) = (classes[number], Double(job.elementSize(ofBucket: bucket)))
    let (sent, received) =
      stage == .nodes
      ? (exchange.nodesSent, exchange.nodesReceived) : (exchange.sumsSent, exchange.sumsReceived)
    var messages = SimulatedMessages()
    for (host, counts) in zip(sent, received).enumerated() where host != sender.representative {
      messages.sent += counts.0 > 0 ? 1 : 0
      messages.received += counts.1 > 0 ? 1 : 0
      messages.sentBytes += size * Double(counts.0)
      messages.receivedBytes += size * Double(counts.1)
    }
    for (target, receiver) in classes.enumerated() {
      let senders = Double(sender.count - (target == number ? 1 : 0))
      let slices = (stage == .nodes ? receiver : sender).slices[bucket][lane]
      let factor = stage == .nodes ? Double(nodes[sender.representative]) : 1
      let bytes = size * factor * slices.count
      guard senders > 0, bytes > 0 else { continue }
      messages.targets.append(
        SimulatedMessages.Target(
          hostClass: target,
          bytes: senders * (bytes + slices.share * SimulatedMessages.headerBytes),
          asks: bytes / slices.share > SimulatedMessages.eagerBytes))
    }
    return messages
  }
}

/// The stages of messages between hosts.
enum MessageStage: Int, CaseIterable {
  /// The nodes, on their way to a sum.
  case nodes
  /// The sums.
  case sums
}

/// The messages of a rank for a bucket in one stage.
struct SimulatedMessages {
  /// The bytes on the wire of a message besides its own, where it fills no packet: the headers of
  /// Ethernet, IP, TCP and MPI.
  static let headerBytes = 96.0
  /// The bytes up to which Open MPI sends by TCP without asking the receiver
  /// (`btl_tcp_eager_limit`).
  static let eagerBytes = 65_536.0

  /// The messages to the hosts of a class.
  struct Target {
    let hostClass: Int
    /// The bytes that come to each of those hosts from all hosts of the sender's class.
    let bytes: Double
    /// True if a message is so long that the receiver is asked first.
    let asks: Bool
  }

  /// The number of messages that the rank sends, and their bytes.
  var sent = 0.0, sentBytes = 0.0
  /// The number of messages that it receives, and their bytes.
  var received = 0.0, receivedBytes = 0.0
  var targets: [Target] = []
  /// The number of classes from which something comes.
  var sources = 0
}
