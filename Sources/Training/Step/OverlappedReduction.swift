import Foundation
import Reduction
import Synchronization
import Tensors

/// The reduction of one step's gradient, which begins while worker threads still compute it: a
/// bucket is started when all workers have finished it.
///
/// Every worker tells it of its progress on its own thread. `@unchecked Sendable` holds because all
/// but the count of finished buckets, which a lock guards, is touched on the thread alone that made
/// it and calls MPI; that thread is one of the workers, or waits for them.
package final class OverlappedReduction: @unchecked Sendable {
  private let reduction: GradientReduction
  /// The number of buckets that each worker has finished.
  private let finished: Mutex<[Int]>
  private let caller = pthread_self()
  /// The number of buckets that are started.
  private var started = 0

  /// Begins the reduction of the gradients of this rank's shards, which `workers` threads compute.
  package init(_ reduction: GradientReduction, workers: Int) {
    self.reduction = reduction
    finished = Mutex(Array(repeating: 0, count: workers))
    reduction.begin()
  }

  /// Says that a worker has finished its next bucket in all its shards.
  package func finishBucket(of worker: Int) throws {
    let complete = finished.withLock { finished in
      finished[worker] += 1
      return finished.min() ?? 0
    }
    guard isCaller else { return }
    let count = Self.startedEarly(complete: complete, of: reduction.bucketCount)
    while started < count { try startNext() }
  }

  /// The buckets that are started before all of the gradient is computed, where `complete` of
  /// `bucketCount` are computed: nothing is computed beside the last one and the statistics.
  package static func startedEarly(complete: Int, of bucketCount: Int) -> Int {
    min(complete, bucketCount - 2)
  }

  /// Lets the buckets that are under way move, now and then between two of them.
  package func progress() throws {
    if isCaller { try reduction.progress() }
  }

  /// Starts the remaining buckets, after the workers, and returns the sum over all shards of all
  /// ranks.
  package func finish() throws -> Matrix {
    while started < reduction.bucketCount { try startNext() }
    return try reduction.finish()
  }

  private var isCaller: Bool { pthread_equal(caller, pthread_self()) != 0 }

  private func startNext() throws {
    try reduction.start(started)
    started += 1
  }
}
