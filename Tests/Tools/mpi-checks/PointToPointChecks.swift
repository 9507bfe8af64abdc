import MessagePassing

func checkPointToPoint(_ mpi: borrowing MPIEnvironment) throws {
  try checkRing(mpi.world)
  try checkWildcards(mpi.world)
  try checkProbes(mpi.world)
}

/// Every rank passes a message to the next, short and long.
private func checkRing(_ world: Communicator) throws {
  let (rank, size) = (world.rank, world.size)
  let next = (rank + 1) % size
  let previous = (rank + size - 1) % size
  for count in [0, 1, 100, 100_000] {
    let message = (0..<count).map { Float(rank + $0) }
    var received = [Float](repeating: -1, count: count + 3)
    var span = received.mutableSpan
    let status = try world.sendReceive(
      message.span, to: next, tag: 4, into: &span, from: previous, receiveTag: 4)
    try expectEqual(status.source, previous, "the source of a message in the ring")
    try expectEqual(status.tag, 4, "the tag of a message in the ring")
    try expectEqual(status.count, count, "the count of a message in the ring")
    let expected = (0..<count).map { Float(previous + $0) } + [-1, -1, -1]
    try expectEqual(received, expected, "a message of \(count) in the ring")
  }
}

/// Every other rank sends to rank 0, which takes the messages as they come.
private func checkWildcards(_ world: Communicator) throws {
  let (rank, size) = (world.rank, world.size)
  if rank > 0 {
    try world.send([rank, 2 * rank], to: 0, tag: 10 + rank)
  } else {
    var sources: Set<Int> = []
    for _ in 1..<max(size, 1) {
      var buffer = [0, 0]
      var span = buffer.mutableSpan
      let status = try world.receive(into: &span, from: nil)
      try expectEqual(status.tag, 10 + status.source, "the tag of a message from anywhere")
      try expectEqual(buffer, [status.source, 2 * status.source], "a message from anywhere")
      sources.insert(status.source)
    }
    try expectEqual(sources, Set(1..<max(size, 1)), "the ranks that sent")
  }
  // Without this, rank 0 might take a message of the next part from anywhere.
  try world.barrier()

  // Tags pick messages out of order.
  guard maySendFirst(world) else { return }
  let next = (rank + 1) % size
  let previous = (rank + size - 1) % size
  try world.send(Int32(1), to: next, tag: 1)
  try world.send(Int32(2), to: next, tag: 2)
  try expectEqual(world.receive(Int32.self, from: previous, tag: 2), 2, "the message with tag 2")
  try expectEqual(world.receive(Int32.self, from: nil, tag: 1), 1, "the message with tag 1")
}

private func checkProbes(_ world: Communicator) throws {
  let (rank, size) = (world.rank, world.size)
  let next = (rank + 1) % size
  let previous = (rank + size - 1) % size
  try world.barrier()
  try expectEqual(world.probeNow(Int.self, from: nil), nil, "no message yet")
  try world.barrier()

  guard maySendFirst(world) else { return }
  try world.send((0..<rank + 5).map { 7 * $0 }, to: next, tag: 8)
  let expected = (0..<previous + 5).map { 7 * $0 }
  let status = try world.probe(Int.self, from: nil, tag: 8)
  try expectEqual(status.source, previous, "the source of a probed message")
  try expectEqual(status.count, expected.count, "the count of a probed message")
  try expectEqual(world.probeNow(Int.self, from: previous), status, "the message, probed again")
  let (elements, received) = try world.receive([Int].self, from: nil)
  try expectEqual(elements, expected, "a message of unknown length")
  try expectEqual(received, status, "its status")

  try world.send([Float](), to: next)
  try expectEqual(world.receive([Float].self, from: previous).elements, [], "an empty message")
  try world.barrier()
}
