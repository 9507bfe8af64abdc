import MessagePassing

/// With `checksAgreement`, whatever differs among the ranks is an error on each of them.
func checkAgreement(_ mpi: borrowing MPIEnvironment) throws {
  let world = mpi.world
  world.checksAgreement = true
  let (rank, size) = (world.rank, world.size)
  try expect(world.duplicate().checksAgreement, "a duplicate that checks agreement as its parent")
  try expectEqual(world.allReduce(1, .sum), size, "a sum that all agree on")
  // A rank by itself agrees with all.
  guard size > 1 else { return }
  let isLast = rank == size - 1

  let counts = try expectError(.count, "different counts") {
    var array = [Float](repeating: 1, count: isLast ? 5 : 3)
    try world.allReduce(&array, .sum)
  }
  try expect(counts.message.contains("from 3 to 5"), "\(counts)")
  try expectError(.root, "different roots") {
    _ = try world.broadcast(1, root: isLast ? 0 : 1)
  }
  try expectError(.operation, "different operations") {
    _ = try world.allReduce(1, isLast ? .sum : .max)
  }
  try expectError(.type, "different element types") {
    _ = isLast ? try Int(world.allReduce(Int32(1), .sum)) : try world.allReduce(1, .sum)
  }
  try expectError(.other, "different collectives") {
    if isLast { try world.barrier() } else { _ = try world.allGather(1) }
  }
  try expectError(.count, "different layouts") {
    let last = try BlockLayout(counts: (0..<size).map { $0 == 0 ? 2 : 1 })
    let layout = isLast ? last : try BlockLayout.even(size, parts: size)
    var array = [Int](repeating: 0, count: layout.totalCount)
    var span = array.mutableSpan
    try world.allGather(inPlace: &span, layout: layout)
  }
  // One rank's own mistake is the error of that rank, and the others hear of it.
  try expectError(isLast ? .count : .other, "a span of the wrong length on one rank") {
    var array = [Int](repeating: 0, count: isLast ? size + 1 : size)
    var span = array.mutableSpan
    try world.allGather([1].span, into: &span)
  }
  try expectError(rank == 0 ? .count : .other, "an exchange that one rank expects otherwise") {
    let sent = try BlockLayout(counts: .init(repeating: 1, count: size))
    let expected = try BlockLayout(counts: (0..<size).map { rank == 0 && $0 == 1 ? 2 : 1 })
    var array = [Int](repeating: 0, count: expected.totalCount)
    var span = array.mutableSpan
    try world.allToAll(
      [Int](repeating: 1, count: size).span, layout: sent, into: &span, layout: expected)
  }
  try expectEqual(world.allReduce(1, .sum), size, "a sum after all the disagreements")
}
