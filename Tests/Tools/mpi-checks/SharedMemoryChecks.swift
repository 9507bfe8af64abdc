import Glibc
import MessagePassing

func checkSharedMemory(_ mpi: borrowing MPIEnvironment) throws {
  let node = try mpi.world.splitByNode()
  for count in [0, 1, 7, 100_003] { try checkTurns(node, count: count) }
  for count in [-1, .max] {
    try expectError(.count, "a shared buffer of \(count)") {
      _ = try SharedBuffer<Float>(count: count, in: node)
    }
  }
}

/// A block of more than 2 GiB, whose ends meet what the others write there.
func checkLargeSharedMemory(_ mpi: borrowing MPIEnvironment) throws {
  let count = Int(Int32.max) / 8 + 1_000
  let buffer = try SharedBuffer<Int>(count: count, in: mpi.world)
  buffer.withMutableSpan { $0[count - 1 - mpi.world.rank] = mpi.world.rank + 1 }
  buffer.synchronize()
  try mpi.world.barrier()
  buffer.synchronize()
  for rank in 0..<mpi.world.size {
    try expectEqual(buffer.withSpan { $0[count - 1 - rank] }, rank + 1, "what rank \(rank) wrote")
  }
}

/// Memory that one rank cannot have is an error of all; what is freed is free, and no file is left.
func checkSharedMemoryLimits(_ mpi: borrowing MPIEnvironment) throws {
  let node = try mpi.world.splitByNode()
  let files = openFiles()
  for _ in 0..<3 { try checkTurns(node, count: 100_003) }
  try expectEqual(openFiles(), files, "the open files after shared buffers are gone")

  var limit = rlimit()
  getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  let usual = limit.rlim_cur
  if node.rank == node.size - 1 { limit.rlim_cur = 1 << 16 }
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  let error = try expectError(.noMemory, "a shared buffer beyond a limit") {
    _ = try SharedBuffer<Float>(count: 1 << 16, in: node)
  }
  try expect(
    error.message.hasPrefix("262208 bytes of memory that \(node.size) ranks share")
      && error.message.contains("rank \(node.size - 1) failed in")
      && error.message.hasSuffix("(ulimit -f is 65536 bytes): File too large"), "\(error)")
  try expectEqual(openFiles(), files, "the open files after an error")
  limit.rlim_cur = usual
  setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  try checkTurns(node, count: 1 << 16)
}

/// The files that this process has open, or maps, and that have no name.
private func openFiles() -> Int {
  var count = 0
  for descriptor in 0..<1_000 where fcntl(Int32(descriptor), F_GETFD) >= 0 { count += 1 }
  var line = [CChar](repeating: 0, count: 4_096)
  guard let maps = fopen("/proc/self/maps", "r") else { return -1 }
  defer { fclose(maps) }
  while fgets(&line, Int32(line.count), maps) != nil {
    if strstr(line, "/memfd:") != nil { count += 1 }
  }
  return count
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
    buffer.synchronize()
    try node.barrier()
    buffer.synchronize()
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
