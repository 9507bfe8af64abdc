import Reduction

/// A bucket on a rank: what the rank adds, copies and sends for it, and what has come so far.
struct SimulatedBucket {
  /// The work of the start, and at the end of each stage, in seconds.
  let startWork: Double
  let stageWork: [Double]
  /// The messages that go off when the stage of arrival ends, and that of the exchange.
  let messages: [SimulatedMessages]
  /// The number of times that all of a class has come, over all steps, for each stage of messages.
  var arrivals = MessageStage.allCases.map { _ in 0 }
  /// The barriers of the host's ranks after the sums and after the total.
  var barriers: [SimulatedBarrier]

  /// A bucket on a host with some ranks.
  init(
    _ work: BucketWork, _ messages: [SimulatedMessages], _ machine: SimulatedMachine,
    hostRanks: Int
  ) {
    func seconds(_ part: BucketWork.Part) -> Double {
      Double(part.additions) * machine.arithmetic.addition
        + Double(part.copies) * machine.arithmetic.copy
    }
    startWork = seconds(work.start)
    stageWork = work.stages.map(seconds)
    self.messages = messages
    barriers = (0..<2).map { _ in SimulatedBarrier(ranks: hostRanks) }
  }

  /// True if the bucket can leave a stage in a step, counted from 0.
  func canLeave(_ stage: ReductionStage, step: Int) -> Bool {
    func hasCome(_ stage: MessageStage) -> Bool {
      arrivals[stage.rawValue] >= messages[stage.rawValue].sources * (step + 1)
    }
    return switch stage {
    case .arrival: barriers[0].isPassed
    case .exchange: hasCome(.nodes)
    case .collection: hasCome(.sums)
    case .departure: barriers[1].isPassed
    }
  }
}

/// A rank's part in a barrier, one a step: in each round it tells one rank, and hears from another,
/// twice as far away as in the round before (dissemination, as of Open MPI's `MPI_Ibarrier`).
struct SimulatedBarrier {
  /// The round that the rank is in; nil if it has not come yet.
  private(set) var round: Int?
  /// For each round the number of messages that have come over all steps.
  private var heard: [Int]

  /// A barrier of so many ranks.
  init(ranks: Int) {
    let rounds = ranks > 1 ? Int.bitWidth - (ranks - 1).leadingZeroBitCount : 0
    heard = Array(repeating: 0, count: rounds)
  }

  /// True if all ranks have come.
  var isPassed: Bool { heard.isEmpty || round == heard.count }

  mutating func begin() { round = nil }
  mutating func enter() { round = 0 }
  mutating func hear(round: Int) { heard[round] += 1 }

  /// Goes on by a round, if a message has come that ends this one; returns the next one, in which
  /// the rank has to tell another.
  mutating func advance(step: Int) -> Int? {
    guard let round, round < heard.count, heard[round] > step else { return nil }
    self.round = round + 1
    return round + 1
  }

  /// The number of rounds.
  var rounds: Int { heard.count }
}
