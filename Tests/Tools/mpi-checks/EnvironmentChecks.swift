import Glibc
import MessagePassing

func checkEnvironment(_ mpi: borrowing MPIEnvironment) throws {
  try expect(MPIEnvironment.isInitialized, "isInitialized")
  try expect(!MPIEnvironment.isFinalized, "not isFinalized")
  try expect(mpi.threading >= .funneled, "a threading level of at least funneled")
  try expect(!mpi.processorName().isEmpty, "a processor name")
  try expect(!MPIEnvironment.libraryVersion.isEmpty, "a library version")
  try expect(!MPIEnvironment.libraryName.isEmpty, "a library name")
  for (words, name) in [
    ("Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4", "Open MPI v4.1.4"),
    ("MPICH Version:\t4.0.2\nMPICH Release date:\tThu Apr  7\n", "MPICH 4.0.2"),
    ("Intel(R) MPI Library 2021.6 for Linux* OS\n", "Intel(R) MPI Library 2021.6 for Linux* OS"),
  ] {
    try expect(MPIEnvironment.libraryName(from: words) == name, "the name of \(words)")
  }
  func mpich(_ version: String, _ device: String) -> String {
    "MPICH Version:      \(version)\nMPICH Release date: Thu Apr  7\nMPICH Device:       \(device)\n"
  }
  for words in [mpich("4.0.2", "ch4:ucx"), mpich("3.4", "ch4:ucx"), mpich("4.1rc1", "ch4:ucx")] {
    try expect(Departure.isNeeded(words), "a departure from \(words)")
  }
  for words in [
    mpich("4.2.0", "ch4:ucx"), mpich("4.0.2", "ch4:ofi"), mpich("5.0", "ch4:ucx"),
    "MPICH Version: x\n", "Open MPI v4.1.4, package: Debian OpenMPI, ident: 4.1.4", "",
  ] {
    try expect(!Departure.isNeeded(words), "no departure from \(words)")
  }
  try expect(MPIEnvironment.standardVersion >= (3, 1), "MPI 3.1 or later")
  try expect((0..<mpi.world.size).contains(mpi.world.rank), "a rank within the size")
  try expectEqual(mpi.selfCommunicator.size, 1, "the size of the self communicator")
  try expectEqual(mpi.selfCommunicator.rank, 0, "the rank in the self communicator")
  if let expected = CommandLine.arguments.dropFirst(2).first.flatMap({ Int($0) }) {
    try expectEqual(mpi.world.size, expected, "the size of the world")
  }
  try expectError(.other, "a second initialization") {
    let second = try MPIEnvironment()
    try second.finalize()
  }
}

/// MPI before, during and after, with the strongest threading level.
func checkLifetime() throws {
  try expect(!MPIEnvironment.isInitialized, "not isInitialized before")
  let mpi = try MPIEnvironment(threading: .multiple)
  try expectEqual(mpi.threading, .multiple, "the threading level")
  let world = mpi.world
  let copy = try world.duplicate()
  try mpi.finalize()
  try expect(MPIEnvironment.isFinalized, "isFinalized after")
  let late = try expectError(.other, "a barrier after finalizing") { try world.barrier() }
  try expectEqual(late.function, "MPI_Barrier", "the function in the error")
  try expectError(.other, "initializing again") {
    let second = try MPIEnvironment()
    try second.finalize()
  }
  // The duplicate goes away after MPI did, which must not call MPI.
  try expectEqual(copy.size, world.size, "the size of a duplicate")
}

struct Trouble: Error {}

/// The last rank throws while the others wait for it.
func throwOnLastRank(_ mpi: borrowing MPIEnvironment) throws {
  if mpi.world.rank == mpi.world.size - 1 { throw Trouble() }
  try mpi.world.barrier()
}

/// The last rank aborts with the code 7 while the others wait for it.
func abortOnLastRank(_ mpi: borrowing MPIEnvironment) throws {
  print("a line that must not be lost")
  if mpi.world.rank == mpi.world.size - 1 { MPIEnvironment.abort(code: 7) }
  try mpi.world.barrier()
}

/// The last rank drops the environment, reports its error and exits with status 0.
func leaveWithoutFinalizing() throws {
  do {
    let mpi = try MPIEnvironment()
    try throwOnLastRank(mpi)
    try mpi.finalize()
  } catch is Trouble {
    print("caught the trouble")
    exit(0)
  }
}

/// All ranks but the last wait for ever.
func hang(_ mpi: borrowing MPIEnvironment) throws {
  if mpi.world.rank == mpi.world.size - 1 { sleep(1000) }
  try mpi.world.barrier()
}
