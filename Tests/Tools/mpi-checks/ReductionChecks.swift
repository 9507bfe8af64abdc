import MessagePassing

func checkReductions(_ mpi: borrowing MPIEnvironment) throws {
  for count in [0, 1, 7, 50_000] {
    try checkSums(mpi.world, count: count)
    for root in 0..<mpi.world.size { try checkRootedSums(mpi.world, count: count, root: root) }
  }
  try checkOperations(mpi.world)
}

/// Whole numbers, whose sums are exact in any order.
private func terms(_ rank: Int, _ count: Int) -> [Double] {
  (0..<count).map { Double((rank + 1) * ($0 % 1000 + 1)) }
}

private func sums(_ size: Int, _ count: Int) -> [Double] {
  let ranks = Double(size * (size + 1) / 2)
  return (0..<count).map { ranks * Double($0 % 1000 + 1) }
}

private func checkSums(_ world: Communicator, count: Int) throws {
  let (rank, size) = (world.rank, world.size)

  var inPlace = terms(rank, count)
  try world.allReduce(&inPlace, .sum)
  try expectEqual(inPlace, sums(size, count), "allReduce of \(count) in place")

  var result = [Double](repeating: -1, count: count)
  var resultSpan = result.mutableSpan
  try world.allReduce(terms(rank, count).span, into: &resultSpan, .sum)
  try expectEqual(result, sums(size, count), "allReduce of \(count)")

  var block = [Double](repeating: -1, count: count)
  var blockSpan = block.mutableSpan
  try world.reduceScatter(terms(rank, count * size).span, into: &blockSpan, .sum)
  let expected = Array(sums(size, count * size)[rank * count..<(rank + 1) * count])
  try expectEqual(block, expected, "reduceScatter in blocks of \(count)")

  let layout = try BlockLayout.even(count, parts: size)
  var piece = [Double](repeating: -1, count: layout.counts[rank])
  var pieceSpan = piece.mutableSpan
  try world.reduceScatter(terms(rank, count).span, into: &pieceSpan, .sum, layout: layout)
  try expectEqual(
    piece, Array(sums(size, count)[layout.range(of: rank)]), "reduceScatter of \(count) by layout")
}

private func checkRootedSums(_ world: Communicator, count: Int, root: Int) throws {
  let (rank, size) = (world.rank, world.size)
  let isRoot = rank == root

  var inPlace = terms(rank, count)
  var inPlaceSpan = inPlace.mutableSpan
  try world.reduce(&inPlaceSpan, .sum, root: root)
  try expectEqual(
    inPlace, isRoot ? sums(size, count) : terms(rank, count), "reduce of \(count) in place")

  var result = [Double](repeating: -1, count: isRoot ? count : 0)
  var resultSpan = result.mutableSpan
  try world.reduce(terms(rank, count).span, into: &resultSpan, .sum, root: root)
  try expectEqual(result, isRoot ? sums(size, count) : [], "reduce of \(count)")

  try expectEqual(
    world.reduce(rank + 1, .sum, root: root), isRoot ? size * (size + 1) / 2 : nil,
    "reduce of one value to \(root)")
}

private func checkOperations(_ world: Communicator) throws {
  let (rank, size) = (world.rank, world.size)
  let values = (0..<size).map { $0 + 2 }
  let own = values[rank]
  try expectEqual(world.allReduce(own, .product), values.reduce(1, *), "product")
  try expectEqual(world.allReduce(own, .min), 2, "min")
  try expectEqual(world.allReduce(own, .max), size + 1, "max")
  try expectEqual(world.allReduce(own, .bitwiseAnd), values.reduce(-1, &), "bitwiseAnd")
  try expectEqual(world.allReduce(own, .bitwiseOr), values.reduce(0, |), "bitwiseOr")
  try expectEqual(world.allReduce(own, .bitwiseXor), values.reduce(0, ^), "bitwiseXor")
  try expectEqual(world.allReduce(Float(own), .max), Float(size + 1), "max of Float")
  try expectEqual(world.allReduce(rank == 0, .logicalAnd), size == 1, "logicalAnd")
  try expectEqual(world.allReduce(rank == 0, .logicalOr), true, "logicalOr")
  try expectEqual(world.allReduce(true, .logicalXor), size % 2 == 1, "logicalXor")
  try expectEqual(world.allReduce(rank, .logicalOr), size > 1 ? 1 : 0, "logicalOr of Int")
}
