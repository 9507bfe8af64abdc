import Reduction
import Training

/// A rank in a simulation, whose main thread does one deed after the other.
struct SimulatedRank {
  /// A part of the main thread's step.
  enum Deed {
    /// Works for so many seconds.
    case work(Double)
    /// Lets the other threads begin.
    case wake
    /// Computes from this piece on.
    case compute(from: Int)
    /// The end of a piece.
    case event(SimulatedThread.Event)
    /// Waits for the other threads.
    case join
    /// Starts the buckets that are complete, or in the end all.
    case startBuckets(all: Bool)
    /// Counts a bucket as started.
    case started(Int)
    /// Looks which buckets can leave their stages.
    case beginSweep
    case sweep(StageOrder.Sweep)
    /// Leaves a stage of a bucket, which may begin the next.
    case left(Int, ReductionStage)
    /// Waits until all buckets are complete, if nothing moved since so many moves.
    case wait(moves: Int?)
    /// Ends the step.
    case end
  }

  let hostClass: Int
  let member: Int
  /// The number of ranks that it stands for.
  let weight: Double
  /// The time of this rank's computation against the slices'.
  let slowness: Double
  let threads: [SimulatedThread]
  var buckets: [SimulatedBucket]

  /// The deeds, the next one last.
  var deeds: [Deed] = []
  /// The number of steps that are done.
  var step = 0
  var stages: StageOrder
  /// The number of buckets that each thread has finished.
  var finished: [Int]
  /// The next piece of each thread besides the main one.
  var pieces: [Int]
  /// True while the main thread waits for the others, or for messages.
  var isJoining = false, isWaiting = false

  /// A rank of a schedule.
  init(
    _ rank: SimulatedSchedule.Rank, of schedule: SimulatedSchedule, _ machine: SimulatedMachine
  ) {
    let hostClass = schedule.classes[rank.hostClass]
    (self.hostClass, member) = (rank.hostClass, rank.member)
    weight = Double(hostClass.count)
    slowness = hostClass.isSlow && rank.member == 0 ? machine.slowness : machine.usualSlowness
    threads = rank.threads.map { SimulatedThread($0, schedule.job, machine) }
    buckets = zip(rank.work, rank.messages).map {
      SimulatedBucket($0, $1, machine, hostRanks: schedule.job.size.ranksPerHost)
    }
    stages = StageOrder(bucketCount: buckets.count)
    finished = threads.map { _ in 0 }
    pieces = threads.map { _ in 0 }
  }

  /// The number of threads besides the main one that compute.
  var running: Int {
    zip(threads, pieces).dropFirst().count { $1 < $0.pieces.count }
  }

  /// Begins a step with all that it consists of.
  mutating func begin(_ machine: SimulatedMachine) {
    stages.begin()
    for thread in threads.indices { (finished[thread], pieces[thread]) = (0, 0) }
    for bucket in buckets.indices {
      for barrier in buckets[bucket].barriers.indices { buckets[bucket].barriers[barrier].begin() }
    }
    deeds = [
      .end, .work(machine.update), .wait(moves: nil), .startBuckets(all: true), .join,
      .compute(from: 0), .wake, .work(machine.weightForms),
    ]
  }

  /// The next bucket to start, if one is complete, or any is left.
  func nextBucket(all: Bool) -> Int? {
    let complete = finished.min() ?? 0
    let count =
      all ? buckets.count : OverlappedReduction.startedEarly(complete: complete, of: buckets.count)
    return stages.startedCount < count ? stages.startedCount : nil
  }

  /// Goes on with a sweep up to the first bucket that can leave its stage; nil if none can.
  mutating func move(_ sweep: inout StageOrder.Sweep) -> (bucket: Int, stage: ReductionStage)? {
    var moved: (bucket: Int, stage: ReductionStage)?
    _ = stages.step(&sweep) { bucket, stage in
      guard buckets[bucket].canLeave(stage, step: step) else { return false }
      moved = (bucket, stage)
      return true
    }
    return moved
  }
}
