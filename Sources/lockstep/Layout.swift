import ArgumentParser
import Cluster
import Configuration
import Files
import Training

struct Layout: FileCommand {
  static let configuration = CommandConfiguration(
    abstract: "Choose the ranks and the threads of a training for the processors of its hosts.",
    discussion: """
      Prints the ranks of each host, with commas, and then a sentence that says why; without an \
      experiment, the processors of this host as --hosts takes them. launch/train -np auto and \
      launch/train --ranks-per-host start what this chooses.
      """)

  @OptionGroup var arguments: TrainingArguments

  @Option(
    help: ArgumentHelp(
      """
      The hosts, each as PROCESSORS[/DOMAINS][:SLOTS], with commas: how many threads can run at the \
      same time, in how many domains of memory, and how many ranks may start there at most (default: \
      this host).
      """,
      valueName: "list"),
    transform: { list in
      try list.split(separator: ",", omittingEmptySubsequences: false).map { text in
        guard let host = HostProcessors(String(text)) else {
          throw ValidationError("--hosts has \"\(text)\"; expected a host such as 8, 8/2 or 8/2:4")
        }
        return host
      }
    })
  var hosts: [HostProcessors]?

  @Option(
    help: ArgumentHelp(
      "Start this many ranks on each host, in place of a choice.", valueName: "ranks"))
  var ranksPerHost: Int?

  func validate() throws {
    if let ranksPerHost, ranksPerHost < 1 {
      throw ValidationError("--ranks-per-host is \(ranksPerHost); expected at least 1")
    }
  }

  func run() throws {
    let hosts = hosts ?? [.current]
    guard arguments.experiment.config != nil || arguments.resume != nil else {
      Lockstep.console.line(hosts.map(\.text).joined(separator: ","))
      return
    }
    let configuration = try arguments.configurationAlone() ?? Configuration()
    let shards = configuration.data.shards
    var threads: Int?
    if case .count(let count) = configuration.train.threads { threads = count }
    let layout =
      ranksPerHost.map {
        RankLayout(ranksPerHost: $0, on: hosts, shards: shards, threads: threads)
      } ?? RankLayout(suiting: hosts, shards: shards, threads: threads)
    Lockstep.console.line(layout.ranks.map(String.init).joined(separator: ","))
    Lockstep.console.line(sentence(layout, on: hosts, shards: shards))
  }

  /// The choice in words: what starts, on which processors, and what limits it.
  private func sentence(
    _ layout: RankLayout, on hosts: [HostProcessors], shards: Int
  ) -> String {
    let used = layout.ranks.count { $0 > 0 }
    let processors = hosts.reduce(0) { $0 + $1.count }
    let places =
      hosts.count == 1
      ? counted(processors, "processor")
      : "\(counted(processors, "processor")) of \(hosts.count) hosts"
    var text =
      "\(counted(layout.size, "rank")) of \(counted(layout.threads, "thread")) for "
      + "\(counted(shards, "shard")) on \(places)"
    if used < hosts.count {
      let idle = hosts.count - used
      text +=
        "; \(counted(idle, "host")) \(idle == 1 ? "has" : "have") no rank, since with data.shards "
        + "\(shards) no step would be faster"
    } else if shards < processors {
      text += "; data.shards lets no more than \(shards) of them work"
    }
    return text
  }
}
