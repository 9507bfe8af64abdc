import Cluster
import Reduction

/// A discrete-event simulation of training steps: the ranks compute, add and send in the order of
/// the training's own schedule, and the time of it all is that of processors and links.
///
/// One host stands for all that do the same at the same time. What goes to several hosts at once
/// shares the link evenly. A message that has come is noticed where the training looks: between two
/// pieces of the computation, or at once by a rank that waits.
package struct StepSimulation {
  /// The time of a message in memory that ranks share.
  private static let sharedMessageSeconds = 5e-7
  /// The most steps until two take the same time.
  private static let mostSteps = 12
  /// The same where a bucket of tokens remembers what earlier steps sent.
  private static let mostStepsOfBursts = 40

  /// A change of the simulated state, at a time.
  private enum Event {
    /// Bytes come to a class of hosts at once; with them, or nil, the last of a rank's messages.
    case burst(hostClass: Int, bytes: Double, last: Delivery?)
    /// Bytes begin to come, or cease.
    case flow(hostClass: Int, change: Double, last: Delivery?)
    case delivered(Delivery)
    case barrier(rank: Int, bucket: Int, barrier: Int, round: Int)
  }

  /// All messages of a stage of a bucket from the hosts of one class to a rank.
  private struct Delivery {
    let rank, bucket, stage: Int
  }

  private let machine: SimulatedMachine
  private let threadsPerRank: Int
  private var ranks: [SimulatedRank]
  /// The ranks of each class's host.
  private let members: [[Int]]
  private var processors: [SimulatedProcessors]
  private var outgoing, incoming: [SimulatedLink]
  private var queue = EventQueue<Event>()
  private var now = 0.0
  /// The ends of the first rank's steps.
  private var ends: [Double] = []

  /// A simulation of a schedule.
  package init(_ schedule: SimulatedSchedule, _ machine: SimulatedMachine) {
    self.machine = machine
    threadsPerRank = schedule.job.size.threadsPerRank
    members = schedule.members
    ranks = schedule.ranks.map { SimulatedRank($0, of: schedule, machine) }
    let pools = machine.sharesProcessors ? 1 : schedule.classes.count
    processors = (0..<pools).map { _ in SimulatedProcessors(count: machine.processors) }
    outgoing = schedule.classes.map { _ in
      SimulatedLink(rate: machine.bytesPerSecond, burst: machine.burstBytes)
    }
    incoming = outgoing
  }

  /// The seconds of a step, after as many as it takes until two take the same time.
  package mutating func run() -> Double {
    for rank in ranks.indices { begin(rank) }
    let most = machine.burstBytes > 0 ? Self.mostStepsOfBursts : Self.mostSteps
    while ends.count < most, !isSteady {
      let (time, turn) =
        processors.indices.map { (processors[$0].nextTime, $0) }
        .min { $0.0 < $1.0 } ?? (.infinity, 0)
      if queue.nextTime <= time {
        guard queue.nextTime.isFinite else { preconditionFailure("the simulated ranks wait") }
        now = max(queue.nextTime, now)
        handle(queue.removeFirst())
      } else {
        now = time
        resume(thread: processors[turn].removeFirst())
      }
    }
    let last = ends.suffix(isSteady ? 2 : 9)
    return (last[last.endIndex - 1] - last[last.startIndex]) / Double(last.count - 1)
  }

  private var isSteady: Bool {
    guard ends.count > 3 else { return false }
    let (last, before) = (
      ends[ends.count - 1] - ends[ends.count - 2], ends[ends.count - 2] - ends[ends.count - 3]
    )
    return abs(last - before) < 5e-4 * last
  }
}

// What the ranks do.
extension StepSimulation {
  private mutating func begin(_ rank: Int) {
    ranks[rank].begin(machine)
    run(rank)
  }

  /// Goes on with a thread that has done its work.
  private mutating func resume(thread: Int) {
    let (rank, number) = thread.quotientAndRemainder(dividingBy: threadsPerRank)
    guard number > 0 else { return run(rank) }
    let piece = ranks[rank].pieces[number]
    if ranks[rank].threads[number].pieces[piece].event == .bucket {
      ranks[rank].finished[number] += 1
    }
    ranks[rank].pieces[number] += 1
    compute(rank, thread: number)
  }

  /// Gives a thread besides the main one its next piece.
  private mutating func compute(_ rank: Int, thread: Int) {
    let (next, pieces) = (ranks[rank].pieces[thread], ranks[rank].threads[thread].pieces)
    if next < pieces.count {
      work(rank, thread: thread, pieces[next].seconds * ranks[rank].slowness)
    } else if ranks[rank].isJoining, ranks[rank].running == 0 {
      ranks[rank].isJoining = false
      run(rank)
    }
  }

  private mutating func work(_ rank: Int, thread: Int, _ seconds: Double) {
    let shared = machine.sharesProcessors
    processors[shared ? 0 : ranks[rank].hostClass].add(
      rank * threadsPerRank + thread, weight: shared ? ranks[rank].weight : 1, seconds: seconds,
      at: now)
  }

  /// Does a rank's deeds up to one that takes time.
  private mutating func run(_ rank: Int) {
    while let deed = ranks[rank].deeds.popLast() {
      func next(_ deeds: SimulatedRank.Deed...) { ranks[rank].deeds += deeds.reversed() }
      switch deed {
      case .work(let seconds):
        guard seconds > 0 else { continue }
        return work(rank, thread: 0, seconds)
      case .wake:
        for thread in ranks[rank].threads.indices.dropFirst() { compute(rank, thread: thread) }
      case .compute(let piece):
        guard let pieces = ranks[rank].threads.first?.pieces, piece < pieces.count else { continue }
        next(
          .work(pieces[piece].seconds * ranks[rank].slowness), .event(pieces[piece].event),
          .compute(from: piece + 1))
      case .event(.none): continue
      case .event(.progress):
        if ranks[rank].stages.completedCount < ranks[rank].stages.startedCount { next(.beginSweep) }
      case .event(.bucket):
        ranks[rank].finished[0] += 1
        next(.startBuckets(all: false))
      case .join:
        guard ranks[rank].running > 0 else { continue }
        ranks[rank].isJoining = true
        return
      case .startBuckets(let all):
        guard let bucket = ranks[rank].nextBucket(all: all) else { continue }
        next(
          .work(ranks[rank].buckets[bucket].startWork), .started(bucket), .beginSweep,
          .startBuckets(all: all))
      case .started(let bucket):
        ranks[rank].stages.start(bucket)
        enter(rank, bucket, barrier: 0)
      case .beginSweep:
        advanceBarriers(rank)
        next(.sweep(ranks[rank].stages.sweep))
      case .sweep(var sweep):
        guard let moved = ranks[rank].move(&sweep) else { continue }
        next(
          .work(workBefore(rank, moved.bucket, moved.stage)), .left(moved.bucket, moved.stage),
          .work(workAfter(rank, moved.bucket, moved.stage)), .sweep(sweep))
      case .left(let bucket, let stage):
        switch stage {
        case .arrival: send(rank, bucket, .nodes)
        case .exchange: send(rank, bucket, .sums)
        case .collection: enter(rank, bucket, barrier: 1)
        case .departure: continue
        }
      case .wait(let moves):
        let stages = ranks[rank].stages
        guard stages.completedCount < ranks[rank].buckets.count else { continue }
        guard stages.moveCount == moves else {
          next(.beginSweep, .wait(moves: stages.moveCount))
          continue
        }
        ranks[rank].isWaiting = true
        return
      case .end:
        if rank == 0 { ends.append(now) }
        ranks[rank].step += 1
        return begin(rank)
      }
    }
  }

  /// The work of a rank for a bucket that leaves a stage, before what follows from that.
  private func workBefore(_ rank: Int, _ bucket: Int, _ stage: ReductionStage) -> Double {
    let state = ranks[rank].buckets[bucket]
    let received: SimulatedMessages? =
      switch stage {
      case .exchange: state.messages[0]
      case .collection: state.messages[1]
      default: nil
      }
    let messages = received.map {
      $0.received * machine.messages.receive + $0.receivedBytes * machine.messages.receiveByte
    }
    return state.stageWork[stage.rawValue] + (messages ?? 0)
  }

  /// The work for the messages that it sends.
  private func workAfter(_ rank: Int, _ bucket: Int, _ stage: ReductionStage) -> Double {
    guard stage == .arrival || stage == .exchange else { return 0 }
    let messages = ranks[rank].buckets[bucket].messages[stage == .arrival ? 0 : 1]
    return messages.sent * machine.messages.send + messages.sentBytes * machine.messages.sendByte
  }
}

// What happens between them.
extension StepSimulation {
  private mutating func handle(_ event: Event) {
    switch event {
    case .burst(let hostClass, let bytes, let last):
      let passage = incoming[hostClass].take(bytes, at: now)
      if let last { queue.add(.delivered(last), at: passage.end) }
    case .flow(let hostClass, let change, let last):
      incoming[hostClass].change(inflow: change, at: now)
      if let last { queue.add(.delivered(last), at: incoming[hostClass].passed(at: now)) }
    case .delivered(let delivery):
      ranks[delivery.rank].buckets[delivery.bucket].arrivals[delivery.stage] += 1
      notice(delivery.rank)
    case .barrier(let rank, let bucket, let barrier, let round):
      ranks[rank].buckets[bucket].barriers[barrier].hear(round: round)
      notice(rank)
    }
  }

  /// Lets a rank that waits look again.
  private mutating func notice(_ rank: Int) {
    guard ranks[rank].isWaiting else { return }
    ranks[rank].isWaiting = false
    ranks[rank].deeds.append(.wait(moves: nil))
    run(rank)
  }

  private mutating func send(_ rank: Int, _ bucket: Int, _ stage: MessageStage) {
    let messages = ranks[rank].buckets[bucket].messages[stage.rawValue]
    let passage = outgoing[ranks[rank].hostClass].take(
      messages.sentBytes + messages.sent * SimulatedMessages.headerBytes, at: now)
    for target in messages.targets {
      let delivery = Delivery(
        rank: members[target.hostClass][ranks[rank].member], bucket: bucket, stage: stage.rawValue)
      let delay = machine.latencySeconds * (target.asks ? 3 : 1)
      let length = passage.end - passage.start
      let atOnce = length > 0 ? passage.atOnce : 1
      if atOnce > 0 {
        queue.add(
          .burst(
            hostClass: target.hostClass, bytes: target.bytes * atOnce,
            last: atOnce < 1 ? nil : delivery), at: (length > 0 ? now : passage.end) + delay)
      }
      if atOnce < 1 {
        let rate = target.bytes * (1 - atOnce) / length
        queue.add(
          .flow(hostClass: target.hostClass, change: rate, last: nil), at: passage.start + delay)
        queue.add(
          .flow(hostClass: target.hostClass, change: -rate, last: delivery),
          at: passage.end + delay)
      }
    }
  }

  /// Brings a rank to a barrier of its host.
  private mutating func enter(_ rank: Int, _ bucket: Int, barrier: Int) {
    guard ranks[rank].buckets[bucket].barriers[barrier].rounds > 0 else { return }
    ranks[rank].buckets[bucket].barriers[barrier].enter()
    tell(rank, bucket, barrier, round: 0)
  }

  private mutating func tell(_ rank: Int, _ bucket: Int, _ barrier: Int, round: Int) {
    guard round < ranks[rank].buckets[bucket].barriers[barrier].rounds else { return }
    let host = members[ranks[rank].hostClass]
    let peer = host[(ranks[rank].member + (1 << round)) % host.count]
    queue.add(
      .barrier(rank: peer, bucket: bucket, barrier: barrier, round: round),
      at: now + Self.sharedMessageSeconds)
  }

  /// Takes a rank's barriers as far as others have come: MPI does that whenever it is asked.
  private mutating func advanceBarriers(_ rank: Int) {
    guard members[ranks[rank].hostClass].count > 1 else { return }
    for bucket in ranks[rank].buckets.indices {
      for barrier in ranks[rank].buckets[bucket].barriers.indices {
        while let round = ranks[rank].buckets[bucket].barriers[barrier].advance(
          step: ranks[rank].step)
        {
          tell(rank, bucket, barrier, round: round)
        }
      }
    }
  }
}
