import MessagePassing

func checkVariableCollectives(_ mpi: borrowing MPIEnvironment) throws {
  try checkLayouts()
  let size = mpi.world.size
  // Rank 0 has nothing, and the others ever more.
  try checkGathers(mpi.world, BlockLayout(counts: (0..<size).map { 3 * $0 }))
  try checkGathers(mpi.world, BlockLayout.even(2 * size + 1, parts: size))
  try checkGathers(mpi.world, BlockLayout(counts: (0..<size).map { _ in 0 }))
  try checkExchange(mpi.world, scale: 1)
  try checkExchange(mpi.world, scale: 5000)
}

private func checkLayouts() throws {
  let layout = try BlockLayout.even(10, parts: 4)
  try expectEqual(layout.counts, [3, 3, 2, 2], "the counts of an even layout")
  try expectEqual(layout.offsets, [0, 3, 6, 8], "the offsets of an even layout")
  try expectEqual(layout.totalCount, 10, "the total of an even layout")
  try expectEqual(layout.range(of: 2), 6..<8, "the range of block 2")
  try expectEqual(layout, try BlockLayout(counts: [3, 3, 2, 2]), "an equal layout")
  try expectError(.count, "a negative count") { _ = try BlockLayout(counts: [1, -1]) }
  try expectError(.count, "too many elements") {
    _ = try BlockLayout(counts: [Int(Int32.max), 1])
  }
  try expectError(.count, "a count beyond Int") { _ = try BlockLayout(counts: [Int.max, 1]) }
  try expectError(.count, "no parts") { _ = try BlockLayout.even(3, parts: 0) }
}

private func checkGathers(_ world: Communicator, _ layout: BlockLayout) throws {
  let rank = world.rank
  let everything = (0..<layout.totalCount).map(Int32.init)
  let own = Array(everything[layout.range(of: rank)])

  var all = [Int32](repeating: -1, count: layout.totalCount)
  var allSpan = all.mutableSpan
  try world.allGather(own.span, into: &allSpan, layout: layout)
  try expectEqual(all, everything, "allGather by \(layout.counts)")

  var inPlace = [Int32](repeating: -1, count: layout.totalCount)
  inPlace.replaceSubrange(layout.range(of: rank), with: own)
  var inPlaceSpan = inPlace.mutableSpan
  try world.allGather(inPlace: &inPlaceSpan, layout: layout)
  try expectEqual(inPlace, everything, "allGather by \(layout.counts) in place")

  for root in 0..<world.size {
    let isRoot = rank == root
    var gathered = [Int32](repeating: -1, count: isRoot ? layout.totalCount : 0)
    var gatheredSpan = gathered.mutableSpan
    try world.gather(own.span, into: &gatheredSpan, layout: layout, root: root)
    try expectEqual(gathered, isRoot ? everything : [], "gather by \(layout.counts) to \(root)")

    var part = [Int32](repeating: -1, count: own.count)
    var partSpan = part.mutableSpan
    try world.scatter(
      (isRoot ? everything : []).span, into: &partSpan, layout: layout, root: root)
    try expectEqual(part, own, "scatter by \(layout.counts) from \(root)")
  }
}

/// Rank r sends (r + 2 s) * scale elements to rank s.
private func checkExchange(_ world: Communicator, scale: Int) throws {
  let (rank, size) = (world.rank, world.size)
  func message(from sender: Int, to receiver: Int) -> [Int] {
    (0..<(sender + 2 * receiver) * scale).map { 1_000_000 * sender + 100_000 * receiver + $0 }
  }
  let outgoing = (0..<size).map { message(from: rank, to: $0) }
  let incoming = (0..<size).map { message(from: $0, to: rank) }
  let sent = try BlockLayout(counts: outgoing.map(\.count))
  let received = try BlockLayout(counts: incoming.map(\.count))
  var result = [Int](repeating: -1, count: received.totalCount)
  var span = result.mutableSpan
  try world.allToAll(
    Array(outgoing.joined()).span, layout: sent, into: &span, layout: received)
  try expectEqual(result, Array(incoming.joined()), "allToAll by layouts, scale \(scale)")
}
