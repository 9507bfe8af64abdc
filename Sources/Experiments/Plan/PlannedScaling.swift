import Files

extension PlanReport {
  /// A way of growing.
  package enum Growth: Sendable {
    /// The batch stays: the same training, sooner.
    case strong
    /// The batch grows with the hosts, which is another training.
    case weak
  }
}

extension PlanReport.Scaling {
  /// The least gain in speed for which twice as many hosts are worth it.
  private static let leastGain = 1.25
  /// The largest values of data.shards and train.batch.
  private static let (mostShards, mostBatch) = (65_536, 1 << 24)

  /// Predicts the steps of these numbers of hosts, ascending, with `size` for each of them.
  ///
  /// - Throws: `DatasetError`.
  init(
    _ growth: PlanReport.Growth, hosts: [Int], _ size: SimulatedJob.Size,
    _ prediction: StepPrediction
  ) throws {
    var steps: [PlanReport.Step] = []
    var end: (reason: String, words: String)?
    for count in hosts {
      var size = size
      size.hosts = count
      if growth == .weak { size.batch *= count }
      // A rank needs a shard of its own.
      size.shards = max(size.shards, size.ranks)
      if size.ranks > size.batch {
        end = (
          "smallestSlice",
          "\(counted(count, "host")) have more ranks than the batch of \(size.batch) has samples"
        )
        break
      }
      guard size.shards <= Self.mostShards, size.batch <= Self.mostBatch else {
        end = (
          "limit", "\(counted(count, "host")) go beyond the largest data.shards or train.batch"
        )
        break
      }
      let (parts, sentBytes) = try prediction.step(size)
      steps.append(
        PlanReport.Step(
          hosts: count, ranks: size.ranks, batch: size.batch, shards: size.shards, parts,
          oneHost: steps.first?.samplesPerSecond, sentBytes: sentBytes))
    }
    self.init(growth, steps, end, threadsPerRank: size.threadsPerRank)
  }

  /// Judges some steps, after which there are none for the reason `end`.
  package init(
    _ growth: PlanReport.Growth, _ steps: [PlanReport.Step],
    _ end: (reason: String, words: String)? = nil, threadsPerRank: Int = 1
  ) {
    self.steps = steps
    for step in steps {
      guard let twice = steps.first(where: { $0.hosts == 2 * step.hosts }) else { continue }
      let gain = twice.samplesPerSecond / step.samplesPerSecond
      guard gain < Self.leastGain else { continue }
      // What grows most beyond the share that twice the hosts should leave of it.
      let due = growth == .strong ? 0.5 : 1.0
      let excess =
        [
          ("link", twice.link - due * step.link, "the links between hosts"),
          ("messages", twice.messages - due * step.messages, "the processors' work for messages"),
          ("jitter", twice.jitter - due * step.jitter, "the wait for the slowest rank"),
          (
            "computation", twice.computation - due * step.computation,
            "computation that does not become less, as slices become small"
          ),
        ].max { $0.1 < $1.1 } ?? ("link", 0, "the links between hosts")
      paysUpTo = step.hosts
      // A thread works on whole shards.
      let threads = twice.ranks * threadsPerRank
      let lacksShards = excess.0 == "computation" && twice.shards < threads
      reason = lacksShards ? "shards" : excess.0
      let cause =
        lacksShards
        ? "threads without a shard, which data.shards of \(threads), another experiment, would give them"
        : excess.2
      conclusion =
        "it pays up to \(counted(step.hosts, "host")): twice as many are "
        + (gain < 1
          ? "\((1 / gain).shortFactor) times slower" : "but \(gain.shortFactor) times as fast")
        + ", most of all because of \(cause)"
      return
    }
    paysUpTo = steps.last?.hosts ?? 1
    reason = end?.reason
    conclusion =
      "it pays up to \(counted(paysUpTo, "host"))"
      + (end.map { ": \($0.words)" } ?? ", the most that are planned")
  }
}
