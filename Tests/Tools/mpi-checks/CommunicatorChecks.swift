import MessagePassing

func checkCommunicators(_ mpi: borrowing MPIEnvironment) throws {
  let world = mpi.world
  let (rank, size) = (world.rank, world.size)

  let evenOrOdd = try world.split(color: rank % 2)
  let members = (0..<size).filter { $0 % 2 == rank % 2 }
  try expectEqual(evenOrOdd?.size, members.count, "the size of the even or odd half")
  try expectEqual(evenOrOdd?.rank, rank / 2, "the rank in the even or odd half")
  try expectEqual(
    evenOrOdd?.allReduce(rank, .sum), members.reduce(0, +), "the sum of the half's ranks")

  let reversed = try world.split(color: 5, key: -rank)
  try expectEqual(reversed?.rank, size - 1 - rank, "the rank where keys reverse the order")

  let onlyFirst = try world.split(color: rank == 0 ? 0 : nil)
  try expectEqual(onlyFirst == nil, rank != 0, "no communicator for a nil color")
  try expectEqual(onlyFirst?.size ?? 1, 1, "the size of the first rank's own group")

  let node = try world.splitByNode()
  try expectEqual(node.size, size, "the ranks on this machine")
  try expectEqual(node.rank, rank, "the rank on this machine")

  // Messages of a duplicate do not meet the original's: the receives are in the opposite order.
  let copy = try world.duplicate()
  try expectEqual(copy.size, size, "the size of a duplicate")
  if maySendFirst(world) {
    let next = (rank + 1) % size
    let previous = (rank + size - 1) % size
    try world.send(Int32(rank), to: next, tag: 3)
    try copy.send(Int32(-rank), to: next, tag: 3)
    try expectEqual(
      copy.receive(Int32.self, from: previous, tag: 3), Int32(-previous), "the duplicate's message")
    try expectEqual(
      world.receive(Int32.self, from: previous, tag: 3), Int32(previous), "the original's message")
  }

  // Many derived communicators: their handles must be freed, for there is a finite number.
  for round in 0..<200 {
    let temporary = try world.duplicate()
    try expectEqual(temporary.rank, rank, "the rank in duplicate \(round)")
  }
  try world.barrier()
}
