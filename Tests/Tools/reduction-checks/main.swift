import Cluster

// Checks of the gradient reduction that need a real MPI job: `mpirun -np 3 reduction-checks sums
// shared`.

Job.run { group in
  let arguments = CommandLine.arguments.dropFirst()
  let sharesMemory = arguments.last == "shared"
  switch arguments.first {
  case "sums": try checkSums(group, sharesMemory: sharesMemory)
  case "refused": try checkRefusedMemory(group)
  case "throw": try throwBetweenBuckets(group, sharesMemory: sharesMemory)
  default:
    throw Unexpected(description: "usage: reduction-checks sums|throw|refused messages|shared")
  }
}
