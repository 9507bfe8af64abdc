import Networks
import Reduction

/// The computation of one thread in a step: what `GradientWorker` does, piece by piece.
struct SimulatedThread {
  /// The end of a piece.
  enum Event: Equatable {
    /// Nothing.
    case none
    /// The messages that are under way move, if the thread is the one that calls MPI.
    case progress
    /// The thread has finished its next bucket.
    case bucket
  }

  /// The work of each piece in seconds, and its end.
  let pieces: [(seconds: Double, event: Event)]

  /// The computation of some shards.
  init(_ schedule: ShardSums, _ job: SimulatedJob, _ machine: SimulatedMachine) {
    var pieces: [(seconds: Double, event: Event)] = []
    let addition = machine.arithmetic.addition
    for (number, group) in schedule.groups.enumerated() {
      for microbatch in 0..<job.size.microbatches {
        let isLast = microbatch == job.size.microbatches - 1
        let slots = group.shards.compactMap { shard -> MachineProfile.Slice? in
          func end(_ parts: Int) -> Int {
            (job.slices[shard] * parts + job.size.microbatches - 1) / job.size.microbatches
          }
          let rows = end(microbatch + 1) - end(microbatch)
          return rows > 0 ? machine.slice(rows: rows) : nil
        }
        pieces += slots.map { ($0.gather + $0.forward, .none) }
        for work in BackwardSchedule(
          job.parameters, passes: slots.count, recomputes: machine.recomputes
        ).work {
          switch work {
          case .linear:
            pieces.append((slots.reduce(0) { $0 + $1.linearGradients }, .progress))
          case .throughTime(let layer, let pass):
            pieces.append((slots[pass].throughTime[layer], .progress))
          case .weights(let bucket, let pass):
            pieces.append((slots[pass].weightGradients[bucket], .progress))
          case .segments(let stage, let pass):
            let buckets = job.parameters.buckets.indices.filter {
              stage.contains(job.parameters.buckets[$0].layer)
            }
            let (slot, layers) = (slots[pass], stage.map { slots[pass].throughTime[$0] })
            pieces.append(
              (
                layers.reduce(0, +) + buckets.reduce(0) { $0 + slot.weightGradients[$1] },
                .progress
              ))
          case .complete(let bucket):
            let sums =
              (microbatch > 0 ? slots.count : 0) + (isLast ? group.additions.count : 0)
            let endsStep = isLast && number == schedule.groups.count - 1
            pieces.append(
              (
                Double(sums * job.parameters.buckets[bucket].range.count) * addition,
                endsStep ? .bucket : .none
              ))
          }
        }
      }
    }
    self.pieces = pieces
  }
}
