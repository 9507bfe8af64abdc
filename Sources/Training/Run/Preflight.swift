import Cluster
import Configuration
import Datasets
import Files
import Tensors

/// The checks that a training makes before its first step, each made by itself, so that no failure
/// hides another.
package struct Preflight {
  /// Something that a training would fail for, or that it would warn of.
  package struct Remark: Equatable, Sendable {
    /// The hosts of the ranks that it was found on.
    package let hosts: [String]
    /// A sentence, as the training says it.
    package let sentence: String
  }

  private let group: ProcessGroup
  /// The reasons for which a training would fail.
  package private(set) var failures: [Remark] = []
  /// The warnings that a training would begin with. Every rank has those of all.
  package private(set) var warnings: [Remark] = []
  /// The configuration; nil unless all ranks can read one.
  package private(set) var configuration: Configuration?
  /// All that the first step needs; nil where a training would fail before it.
  package private(set) var context: TrainingContext?
  /// The size of a checkpoint in bytes, on rank 0; nil where none could be written.
  package private(set) var checkpointBytes: Int?

  /// Makes the checks. All ranks call this.
  ///
  /// - Parameters:
  ///   - name: the first part of the folder's name, if `options` do not name one.
  ///   - configure: reads the configuration of a run that may continue another.
  /// - Throws: `RankFailure`; `JobFailure` where a signal comes.
  package init(
    _ group: ProcessGroup, _ options: TrainingOptions, name: String,
    configure: (ResumedRun?) throws -> Configuration
  ) throws {
    self.group = group
    var options = options
    let found = try together { try ResumedRun.find(group, options, name: name) }
    let resumed = found ?? nil
    if let resumed { options.go(onWith: resumed) }
    // Where the run that is to be continued cannot be found, its configuration cannot either.
    guard found != nil, let configuration = try alone({ try configure(resumed) }) else { return }
    self.configuration = configuration
    guard
      try agree(on: { try TrainingContext.agreementOnConfiguration(configuration, options) })
    else {
      // What a rank reads, and with whom, is up to the configuration: these cannot read together.
      _ = try alone { try TrainingData.requireFiles(configuration) }
      try rehearse(options, configuration, nil, name: name, resumed)
      return
    }
    try agree { try TrainingContext.agreementOnArithmetic(configuration) }
    _ = try alone { try Kernels(configuration.train.precision) }

    let data = try alone { try TrainingData(group, configuration) }
    var fits = false
    if let data {
      try agree { try TrainingContext.agreementOnData(data, configuration) }
      if failures.isEmpty {
        context = try together { try TrainingContext(group, options, configuration, data) }
        fits = context != nil
      } else {
        fits = try together { try TrainingContext.requireMemory(configuration, data, group) } != nil
      }
    }
    try collectWarnings(options)
    try rehearse(options, configuration, fits ? data : nil, name: name, resumed)
  }

  /// Tries the run's folder on rank 0, and a checkpoint if there are data for one that fits.
  private mutating func rehearse(
    _ options: TrainingOptions, _ configuration: Configuration, _ data: TrainingData?, name: String,
    _ resumed: ResumedRun?
  ) throws {
    var checkpointBytes: Int?
    var passedOver: [String] = []
    let hosts = [group.hosts[0]]
    do {
      try group.onRoot {
        guard let data else {
          return try RunDirectory.rehearse(in: options.output ?? "runs/\(name)") {}
        }
        let directory = try RunDirectory(configuration, options, data, name: name, resumed: resumed)
        checkpointBytes = try directory.rehearse(group) { passedOver.append($0) }
      }
    } catch let failure as JobFailure where !failure.isInterruption {
      failures.append(Remark(hosts: hosts, sentence: failure.description))
    }
    self.checkpointBytes = checkpointBytes
    warnings += passedOver.map {
      Remark(hosts: hosts, sentence: "the run would pass over a checkpoint: \($0)")
    }
  }

  private mutating func collectWarnings(_ options: TrainingOptions) throws {
    guard let context else { return }
    let mine = context.warnings + (group.isRoot ? context.settingsWithoutEffect(options) : [])
    let all = try group.locally {
      try group.world.allGather(Array(mine.joined(separator: "\n").utf8))
    }
    for (rank, bytes) in all.enumerated() {
      for sentence in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
        warnings.append(Remark(hosts: [group.hosts[rank]], sentence: String(sentence)))
      }
    }
  }

  /// Runs `body` on every rank, and returns its result if it succeeded on all.
  private mutating func alone<Result>(_ body: () throws -> Result) throws -> Result? {
    let (mine, failures) = try group.outcomes(of: body)
    if failures.contains(where: { $0?.isInterruption == true }) { throw JobFailure.interruption }
    var hosts: [String: [String]] = [:]
    for (rank, failure) in failures.enumerated() {
      guard let sentence = failure?.description else { continue }
      if hosts[sentence, default: []].last != group.hosts[rank] {
        hosts[sentence, default: []].append(group.hosts[rank])
      }
    }
    for (sentence, hosts) in hosts.sorted(by: { $0.key < $1.key }) {
      self.failures.append(Remark(hosts: hosts, sentence: sentence))
    }
    return hosts.isEmpty ? try mine.get() : nil
  }

  /// Runs `body`, what all ranks do together, and returns its result if it succeeded.
  private mutating func together<Result>(_ body: () throws -> Result) throws -> Result? {
    do {
      return try body()
    } catch let failure as JobFailure where !failure.isInterruption {
      failures.append(
        Remark(hosts: Array(Set(group.hosts)).sorted(), sentence: failure.description))
      return nil
    }
  }

  /// Compares what the ranks have, and returns true if it is alike.
  @discardableResult
  private mutating func agree(on agreement: () throws -> Agreement) throws -> Bool {
    let group = group
    guard let agreement = try alone(agreement) else { return false }
    let isAlike: Void? = try together {
      if let failure = try group.disagreement(on: agreement) { throw failure }
    }
    return isAlike != nil
  }
}
