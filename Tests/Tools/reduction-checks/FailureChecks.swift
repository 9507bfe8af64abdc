import Cluster
import Reduction

/// The last rank fails while buckets are under way; nobody waits for it, and nothing traps.
func throwBetweenBuckets(_ group: ProcessGroup, sharesMemory: Bool) throws {
  let reduction = try GradientReduction(
    ReductionCommunicators(group.world, sharesMemory: sharesMemory),
    blocks: (0..<group.size).map { $0..<$0 + 1 }, buckets: cuts[0])
  reduction.begin([try gradient(group.rank, step: 0)])
  try reduction.start(0)
  if group.rank == group.size - 1 { throw Unexpected(description: "a failure between two buckets") }
  for bucket in 1..<reduction.bucketCount { try reduction.start(bucket) }
  _ = try reduction.finish()
}
