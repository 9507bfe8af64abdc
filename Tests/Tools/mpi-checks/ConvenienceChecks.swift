import MessagePassing

func checkConveniences(_ mpi: borrowing MPIEnvironment) throws {
  let world = mpi.world
  let (rank, size) = (world.rank, world.size)
  let last = size - 1

  try expectEqual(world.broadcast(rank == last ? 2.5 : 0, root: last), 2.5, "broadcast of a value")
  var array = rank == last ? [3, 1, 4] : [rank]
  try world.broadcast(&array, root: last)
  try expectEqual(array, [3, 1, 4], "broadcast of an array")
  let text = "Größe \(last) ✓"
  try expectEqual(world.broadcast(rank == last ? text : "", root: last), text, "a broadcast text")
  try expectEqual(
    world.gather(rank * rank, root: last), rank == last ? (0..<size).map { $0 * $0 } : nil,
    "gather of a value")
  try expectEqual(
    world.allGather([Int](repeating: rank, count: rank)),
    (0..<size).map { [Int](repeating: $0, count: $0) }, "allGather of arrays")
  try expectEqual(
    world.allToAll((0..<size).map { 10 * rank + $0 }), (0..<size).map { 10 * $0 + rank },
    "allToAll of an array")
  try expectEqual(world.allReduce(Float(rank), .max), Float(last), "allReduce of a value")
}
