import MessagePassing

// Checks of MessagePassing that need a real MPI job: `mpirun -np 3 mpi-checks collectives`.
// A check returns if every expectation holds on its rank, and the job then exits with 0.

let checks: [String: (borrowing MPIEnvironment) throws -> Void] = [
  "environment": checkEnvironment,
  "communicators": checkCommunicators,
  "collectives": checkCollectives,
  "reductions": checkReductions,
  "variable-collectives": checkVariableCollectives,
  "conveniences": checkConveniences,
  "point-to-point": checkPointToPoint,
  "nonblocking": checkNonblocking,
  "shared-memory": checkSharedMemory,
  "shared-memory-limits": checkSharedMemoryLimits,
  "large-shared-memory": checkLargeSharedMemory,
  "wait-strategy": checkWaitStrategy,
  "errors": checkErrors,
  "agreement": checkAgreement,
  // These end the job in an unusual way, which the test that starts them expects.
  "throw": throwOnLastRank,
  "abort": abortOnLastRank,
  "abandon-requests": abandonRequests,
  "drop-request": dropPendingRequest,
  "hang": hang,
]

let name = CommandLine.arguments.dropFirst().first ?? ""
if name == "leave" {
  try leaveWithoutFinalizing()
} else if name == "lifetime" {
  try checkLifetime()
} else if let check = checks[name] {
  try MPIEnvironment.run(check)
} else {
  print("usage: mpi-checks CHECK, where CHECK is one of \(checks.keys.sorted())")
  MPIEnvironment.abort(code: 64)
}
