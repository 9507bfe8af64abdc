import Cluster
import Glibc
import Reduction

/// The last rank fails while buckets are under way; nobody waits for it, and nothing traps.
func throwBetweenBuckets(_ group: ProcessGroup, _ hosts: VirtualHosts) throws {
  let reduction = try GradientReduction(
    hosts.communicators(group),
    blocks: (0..<group.size).map { $0..<$0 + 1 }, buckets: cuts[0])
  reduction.begin()
  fill(reduction.rows[0], group.rank, step: 0)
  try reduction.start(0)
  if group.rank == group.size - 1 { throw Unexpected(description: "a failure between two buckets") }
  for bucket in 1..<reduction.bucketCount { try reduction.start(bucket) }
  _ = try reduction.finish()
}

/// Rank 0 has no memory for its row; the others do not wait for it.
func runOutOfMemory(_ group: ProcessGroup, _ hosts: VirtualHosts) throws {
  let count = 1 << 30
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  if group.rank == 0 { limit.rlim_cur = 3 << 30 }
  setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
  _ = try GradientReduction(
    hosts.communicators(group), blocks: (0..<group.size).map { $0..<$0 + 1 },
    buckets: [0..<count, count..<count + figureCount], format: .bfloat16)
}

/// Ranks that cannot share memory send messages, and have the same sums.
func checkRefusedMemory(_ group: ProcessGroup, _ hosts: VirtualHosts) throws {
  let communicators = try hosts.communicators(group)
  let blocks = (0..<group.size).map { $0..<$0 + 1 }
  let shared = try GradientReduction(communicators, blocks: blocks, buckets: cuts[0])
  // The last rank of the first host alone may map no file of any size.
  let refusing = communicators.layout.hosts[0].last
  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  if group.rank == refusing { limit.rlim_cur = 0 }
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  let refused = try GradientReduction(communicators, blocks: blocks, buckets: cuts[0])
  guard shared.sharedMemoryFailure == nil, let failure = refused.sharedMemoryFailure,
    failure.reason.contains("failed in"), communicators.layout.hosts[0].contains(failure.rank)
  else {
    throw Unexpected(description: "the memory is refused: \(refused.sharedMemoryFailure as Any)")
  }
  let sums = try [shared, refused].map {
    try reduce($0, shards: blocks[communicators.place], step: 1, delay: false)
  }
  guard zip(sums[0], sums[1]).allSatisfy({ $0.bitPattern == $1.bitPattern }) else {
    throw Unexpected(description: "the sums by messages differ from those in shared memory")
  }
}
