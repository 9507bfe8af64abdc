import MessagePassing

func checkErrors(_ mpi: borrowing MPIEnvironment) throws {
  // Agreement is not checked, so that MPI and the door speak for themselves.
  let world = mpi.world
  world.checksAgreement = false
  try checkMPIsOwn(world)
  try checkTruncation(world)
  try checkDoor(world)
  try checkDerived(world)
}

private func checkMPIsOwn(_ world: Communicator) throws {
  let root = try expectError(.root, "a broadcast from a rank beyond the last") {
    _ = try world.broadcast(1, root: world.size)
  }
  try expectEqual(root.function, "MPI_Bcast", "the function in the error")
  let text =
    MPIEnvironment.isOpenMPI
    ? "MPI_ERR_ROOT: invalid root" : "Invalid root (value given was \(world.size))"
  try expectEqual(root.message, text, "MPI's own text")
  try expectEqual("\(root)", "MPI_Bcast: " + text, "the description")

  try expectError(.root, "a reduction to a negative root") {
    _ = try world.reduce(1, .sum, root: -3)
  }
  try expectError(.operation, "a bitwise reduction of floats") {
    _ = try world.allReduce(1.5, .bitwiseAnd)
  }
  try expectError(.operation, "a logical reduction of floats") {
    _ = try world.allReduce(Float(1), .logicalAnd)
  }
  try expectError(.operation, "a nonblocking logical reduction of floats") {
    _ = try world.startAllReduce(MessageBuffer<Float>(count: 1), .logicalAnd).wait()
  }
}

private func checkTruncation(_ world: Communicator) throws {
  guard maySendFirst(world) else { return }
  let (rank, size) = (world.rank, world.size)
  let next = (rank + 1) % size
  let previous = (rank + size - 1) % size
  try world.send([1, 2, 3, 4], to: next)
  var buffer = [0, 0]
  let truncated = try expectError(.truncate, "a message longer than its buffer") {
    var span = buffer.mutableSpan
    try world.receive(into: &span, from: previous)
  }
  try expect(
    truncated.message.contains("truncated") && !truncated.message.contains("\n"), "\(truncated)")

  try world.send([1, 2, 3], to: next)
  try expectError(.truncate, "a message of three received as one value") {
    _ = try world.receive(Int.self, from: previous)
  }
  try world.send([UInt8](repeating: 1, count: 7), to: next)
  try expectError(.type, "seven bytes probed as Int") {
    _ = try world.probe(Int.self, from: previous)
  }
  try expectEqual(world.receive([UInt8].self, from: previous).elements.count, 7, "the seven bytes")
  try world.barrier()
}

private func checkDoor(_ world: Communicator) throws {
  let size = world.size
  var three = [Float](repeating: 0, count: 3)

  let error = try expectError(.count, "allGather into a span of the wrong length") {
    var span = three.mutableSpan
    try world.allGather([Float](repeating: 1, count: 2).span, into: &span)
  }
  try expect(error.message.contains("has 3 elements and needs \(2 * size)"), "\(error)")

  try expectError(.count, "allReduce into a span of another length") {
    var span = three.mutableSpan
    try world.allReduce([Float](repeating: 1, count: 2).span, into: &span, .sum)
  }
  try expectError(.count, "a layout for another number of ranks") {
    var span = three.mutableSpan
    try world.allGather(
      inPlace: &span, layout: BlockLayout(counts: .init(repeating: 0, count: size + 1)))
  }
  if size > 1 {
    try expectError(.count, "an array that does not divide among the ranks") {
      _ = try world.allToAll([Int](repeating: 1, count: size + 1))
    }
  }
  try expectError(.count, "a nonblocking exchange of unequal buffers") {
    _ = try world.startAllToAll(
      MessageBuffer<Float>(count: size), into: MessageBuffer<Float>(count: size + 1)
    ).wait()
  }
  try expectError(.rank, "a message to a rank beyond the last") { try world.send(1, to: size) }
  try expectError(.rank, "a message from rank -2") {
    _ = try world.receive(Int.self, from: -2)
  }
  try expectError(.tag, "a negative tag") { try world.send(1, to: 0, tag: -1) }
  try expectError(.tag, "a tag beyond a C int") { try world.send(1, to: 0, tag: 1 << 40) }
  try expectError(.root, "a root beyond a C int") { _ = try world.broadcast(1, root: 1 << 40) }
  try expectError(.argument, "a negative color") { _ = try world.split(color: -4) }
  try expectError(.argument, "a color beyond a C int") { _ = try world.split(color: 1 << 40) }
  try checkHugeCount(world)
}

/// More elements than a C int counts: the pages are never touched, so they cost only addresses.
private func checkHugeCount(_ world: Communicator) throws {
  let count = Int(Int32.max) + 1
  let huge = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: count)
  defer { huge.deallocate() }
  let error = try expectError(.count, "a broadcast of 2^31 elements") {
    var span = huge.mutableSpan
    try world.broadcast(&span, root: 0)
  }
  try expect(error.message.contains("2147483648"), "\(error)")
  try expectError(.count, "a message of 2^31 elements") {
    try world.send(huge.span, to: 0)
  }
}

private func checkDerived(_ world: Communicator) throws {
  let derived = [try world.duplicate(), try world.splitByNode(), try world.split(color: 0)]
  for communicator in derived {
    guard let communicator else { continue }
    try expectError(.root, "an invalid root in a derived communicator") {
      _ = try communicator.broadcast(1, root: communicator.size)
    }
  }
}
