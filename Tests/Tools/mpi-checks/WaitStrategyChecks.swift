import MessagePassing

/// Counts how often it waited, and asks until the operation is complete.
private final class CountingStrategy: WaitStrategy {
  var waits = 0

  func wait(until isComplete: () -> Bool) {
    waits += 1
    while !isComplete() {}
  }
}

/// All blocking collectives again, as nonblocking ones that a strategy waits for.
func checkWaitStrategy(_ mpi: borrowing MPIEnvironment) throws {
  let strategy = CountingStrategy()
  mpi.world.waitStrategy = strategy
  try mpi.world.barrier()
  try expectEqual(strategy.waits, 1, "the waits of a barrier")
  try checkCollectives(mpi)
  try checkReductions(mpi)
  try checkVariableCollectives(mpi)
  try checkConveniences(mpi)
  try checkWaiting(mpi.world)
  try expect(strategy.waits > 50, "every collective waits by the strategy")
  let derived = try mpi.world.duplicate()
  try expect(derived.waitStrategy === strategy, "a derived communicator has its parent's strategy")
  mpi.world.waitStrategy = nil
  let before = strategy.waits
  try mpi.world.barrier()
  try checkWaiting(mpi.world)
  try expectEqual(strategy.waits, before, "the waits without a strategy")
}

private func checkWaiting(_ world: Communicator) throws {
  var barrier = try world.startBarrier()
  try world.wait { () throws(MPIError) in try barrier.test() }
  try barrier.wait()
  var asked = 0
  try expectError(.root, "an error while waiting") {
    try world.wait { () throws(MPIError) in
      asked += 1
      _ = try world.startBroadcast(MessageBuffer<Int>(count: 1), root: world.size).wait()
      return false
    }
  }
  try expectEqual(asked, 1, "the questions of a wait that an error ends")
}
