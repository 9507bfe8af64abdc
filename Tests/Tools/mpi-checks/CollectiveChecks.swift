import MessagePassing

// Values are 100 * rank + index or the like, so that a wrong source or a wrong place shows.

func checkCollectives(_ mpi: borrowing MPIEnvironment) throws {
  // Nothing, one element, a few, and enough for another protocol than the eager one.
  for count in [0, 1, 5, 40_000] {
    for root in 0..<mpi.world.size {
      try checkRooted(mpi.world, count: count, root: root)
    }
    try checkUnrooted(mpi.world, count: count)
  }
  try checkTypes(mpi.world)
}

private func block(_ rank: Int, _ count: Int) -> [Float] {
  (0..<count).map { Float(100_000 * rank + $0) }
}

private func checkRooted(_ world: Communicator, count: Int, root: Int) throws {
  let (rank, size) = (world.rank, world.size)
  let isRoot = rank == root
  let everything = (0..<size).flatMap { block($0, count) }

  var copy = isRoot ? block(root, count) : [Float](repeating: -1, count: count)
  var copySpan = copy.mutableSpan
  try world.broadcast(&copySpan, root: root)
  try expectEqual(copy, block(root, count), "broadcast of \(count) from \(root)")

  var gathered = [Float](repeating: -1, count: isRoot ? size * count : 0)
  var gatheredSpan = gathered.mutableSpan
  try world.gather(block(rank, count).span, into: &gatheredSpan, root: root)
  try expectEqual(gathered, isRoot ? everything : [], "gather of \(count) to \(root)")

  var part = [Float](repeating: -1, count: count)
  var partSpan = part.mutableSpan
  try world.scatter((isRoot ? everything : []).span, into: &partSpan, root: root)
  try expectEqual(part, block(rank, count), "scatter of \(count) from \(root)")
}

private func checkUnrooted(_ world: Communicator, count: Int) throws {
  let (rank, size) = (world.rank, world.size)
  let everything = (0..<size).flatMap { block($0, count) }

  var all = [Float](repeating: -1, count: size * count)
  var allSpan = all.mutableSpan
  try world.allGather(block(rank, count).span, into: &allSpan)
  try expectEqual(all, everything, "allGather of \(count)")

  var inPlace = [Float](repeating: -1, count: size * count)
  inPlace.replaceSubrange(rank * count..<(rank + 1) * count, with: block(rank, count))
  var inPlaceSpan = inPlace.mutableSpan
  try world.allGather(inPlace: &inPlaceSpan)
  try expectEqual(inPlace, everything, "allGather of \(count) in place")

  // Rank r sends block 10 r + s to rank s.
  let outgoing = (0..<size).flatMap { block(10 * rank + $0, count) }
  let incoming = (0..<size).flatMap { block(10 * $0 + rank, count) }
  var received = [Float](repeating: -1, count: size * count)
  var receivedSpan = received.mutableSpan
  try world.allToAll(outgoing.span, into: &receivedSpan)
  try expectEqual(received, incoming, "allToAll of \(count)")

  var exchanged = outgoing
  var exchangedSpan = exchanged.mutableSpan
  try world.allToAll(inPlace: &exchangedSpan)
  try expectEqual(exchanged, incoming, "allToAll of \(count) in place")
  try world.barrier()
}

private func checkTypes(_ world: Communicator) throws {
  func check<Element: MPIDatatype & Numeric>(_: Element.Type) throws {
    let expected = (0..<world.size).compactMap { Element(exactly: $0 + 1) }
    let own = expected[world.rank]
    try expectEqual(world.allGather(own), expected, "allGather of \(Element.self)")
    let sum = expected.reduce(0, +)
    try expectEqual(world.allReduce(own, .sum), sum, "sum of \(Element.self)")
  }
  try check(Float.self)
  try check(Double.self)
  try check(Int8.self)
  try check(UInt8.self)
  try check(Int16.self)
  try check(UInt16.self)
  try check(Int32.self)
  try check(UInt32.self)
  try check(Int64.self)
  try check(UInt64.self)
  try check(Int.self)
  try check(UInt.self)
  try expectEqual(
    world.allGather(world.rank == 0), (0..<world.size).map { $0 == 0 }, "allGather of Bool")
}
