import Cluster

// Checks of the gradient reduction that need a real MPI job: `mpirun -np 3 reduction-checks sums
// shared`.

Job.run { group in
  let arguments = CommandLine.arguments.dropFirst()
  let hosts = arguments.last.flatMap(VirtualHosts.init) ?? .shared
  switch arguments.first {
  case "sums": try checkSums(group, hosts)
  case "native": try checkNativeSums(group, hosts)
  case "refused": try checkRefusedMemory(group, hosts)
  case "lacking": try runOutOfMemory(group, hosts)
  case "throw": try throwBetweenBuckets(group, hosts)
  default:
    throw Unexpected(
      description: "usage: reduction-checks sums|native|throw|refused|lacking "
        + VirtualHosts.allCases.map(\.rawValue).joined(separator: "|"))
  }
}
