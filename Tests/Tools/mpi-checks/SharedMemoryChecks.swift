import MessagePassing

func checkSharedMemory(_ mpi: borrowing MPIEnvironment) throws {
  let node = try mpi.world.splitByNode()
  for count in [0, 1, 7, 100_003] { try checkTurns(node, count: count) }
  for count in [-1, .max, Int(Int32.max) / 4 + 1] {
    try expectError(.count, "a shared buffer of \(count)") {
      _ = try SharedBuffer<Float>(count: count, in: node)
    }
  }
}

/// In turn each rank adds to what the ones before it left there, the first to nothing.
private func checkTurns(_ node: Communicator, count: Int) throws {
  let buffer = try SharedBuffer<Float>(count: count, in: node)
  let other = try SharedBuffer<UInt16>(count: count, in: node)
  try expectEqual(buffer.count, count, "the count of a shared buffer")
  for turn in 0..<node.size {
    if turn == node.rank {
      buffer.withMutableSpan {
        for index in $0.indices {
          $0[index] = (turn == 0 ? 0 : $0[index]) + Float(index % 251 + turn)
        }
      }
      other.withMutableSpan {
        for index in $0.indices { $0[index] = (turn == 0 ? 0 : $0[index]) + 1 }
      }
    }
    try buffer.synchronize()
    try node.barrier()
    try buffer.synchronize()
    let terms = turn + 1
    let differs = buffer.withSpan { span in
      span.indices.first { span[$0] != Float($0 % 251 * terms + terms * turn / 2) }
    }
    try expectEqual(differs, nil, "where turn \(turn) with \(count) elements differs")
    let counts = other.withSpan { span in span.indices.filter { span[$0] != UInt16(terms) } }
    try expectEqual(counts, [], "where another buffer of turn \(turn) differs")
    try node.barrier()
  }
}
