import Cluster
import Configuration
import MessagePassing
import Networks
import Tensors

// The memory that a run takes, before it takes it.

extension TrainingContext {
  /// The way in which a training fits the memory.
  package struct MemoryChoice {
    /// The memory that this rank asks for between its data and its first step, in bytes.
    package let bytes: Int
    /// True if the backward pass computes states again.
    package let recomputes: Bool
    /// The sentence that says why, where the configuration leaves that open.
    let reason: String?
  }

  /// Refuses what a training of `data` asks for and does not fit, as `init` does.
  ///
  /// - Throws: `JobFailure` or `RankFailure`.
  static func requireMemory(
    _ configuration: Configuration, _ data: TrainingData, _ group: ProcessGroup
  ) throws {
    let kernels = try group.collectively { try Kernels(configuration.train.precision) }
    _ = try requireMemory(
      configuration, data, kernels, group,
      threads: configuration.train.threads.count(group.processors))
  }

  /// Decides whether states are kept or computed again, and refuses what does not fit the host's
  /// memory, that of a control group, or the limits of this process. All ranks call this.
  ///
  /// - Throws: `JobFailure` or `RankFailure`.
  static func requireMemory(
    _ configuration: Configuration, _ data: TrainingData, _ kernels: Kernels,
    _ group: ProcessGroup, threads: Int
  ) throws -> MemoryChoice {
    let training = min(threads, data.training.shards.count)
    func need(recomputes: Bool) -> Int {
      MemoryNeed(
        configuration, data, kernels,
        threads: (training, evaluationThreads(configuration, training: training)),
        recomputes: recomputes, isRoot: group.isRoot, node: group.node.size, world: group.size
      ).bytes
    }
    func shortage(recomputes: Bool) throws -> MemoryLimits.Shortage? {
      let bytes = need(recomputes: recomputes)
      return try group.locally { try MemoryLimits.shortage(of: bytes, on: group.node) }
    }
    var recomputes = configuration.train.recompute == .always
    var reason: String?
    if configuration.train.recompute == .auto,
      TimeSegments(steps: data.training.form.steps).count > 1
    {
      // All ranks alike: none waits for another that computes more.
      let mine = try shortage(recomputes: false)?.description ?? ""
      let all = try group.locally { try group.world.allGather(Array(mine.utf8)) }
      if let shortage = all.first(where: { !$0.isEmpty }) {
        recomputes = true
        reason =
          "where all states are kept, \(String(decoding: shortage, as: UTF8.self)): each step computes "
          + "them again, with the same bits, which takes longer (train.recompute)"
      }
    }
    let shortage = try shortage(recomputes: recomputes)
    try group.collectively {
      guard let shortage else { return }
      throw JobFailure(
        "the model has \(data.layout.parameterCount) parameters: \(shortage); lower model.hidden, "
          + "model.layers or train.batch, raise train.accumulation, "
          + (configuration.train.recompute == .never ? "set train.recompute: auto, " : "")
          + "or start fewer ranks on a host",
        status: shortage.exitStatus)
    }
    return MemoryChoice(
      bytes: need(recomputes: recomputes), recomputes: recomputes, reason: reason)
  }

  /// The threads that evaluate: while rank 0 does it alone, the others sleep, and it may use all
  /// processors that it can run on.
  static func evaluationThreads(_ configuration: Configuration, training: Int) -> Int {
    guard configuration.evaluation.ranks == .root, configuration.train.threads == .auto else {
      return training
    }
    // More would take more memory than they save time.
    return max(training, min(CPUAffinity.usableCount, 16))
  }
}
